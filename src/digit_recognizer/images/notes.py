"""Many notes of one kind, told in one line: the first few of them and how many there are."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from digit_recognizer.errors import DigitRecognizerWarning

_TOLD = 3  # of many


@contextmanager
def gathered() -> Iterator[list[str]]:
    """Our own warnings of a block, gathered instead of shown; those of others are theirs."""
    told: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DigitRecognizerWarning)
        try:
            yield told
        finally:
            told += [str(each.message) for each in caught if issubclass(each.category, DigitRecognizerWarning)]
    for each in caught:
        if not issubclass(each.category, DigitRecognizerWarning):
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)


def tell(told: Sequence[str], introduction: str = "") -> None:
    """One warning of many notes. introduction: what they are, ending on a colon and a space."""
    if told:
        more = f" And {len(told) - _TOLD:,} more." if len(told) > _TOLD else ""
        warnings.warn(introduction + " ".join(told[:_TOLD]) + more, DigitRecognizerWarning, stacklevel=2)
