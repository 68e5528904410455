"""Pages of files, which are pictures with names of their own: `scan.tif[2]` is the second."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

from digit_recognizer.errors import ImageError, MissingExtraError, ReaderMissingError, require_extra

MAX_PAGES = 1000
_PAGE = re.compile(r"(.+)\[([1-9][0-9]{0,3})\]", re.DOTALL)

Check = Callable[[tuple[int, int], str], None]  # raises for too many pixels (width, height) of a picture so named


def split_page(name: str) -> tuple[str, int | None]:
    """The file of a page's name and the page, counted from 1; None where no page is named.

    A file that is called so itself is that file.
    """
    found = _PAGE.fullmatch(name)
    if found is None or os.path.exists(name):  # noqa: PTH110 - never raises, whatever the name
        return name, None
    return found[1], int(found[2])


def page_name(name: str, page: int | None) -> str:
    """What a page of a file is called; page: None for the file itself."""
    return name if page is None else f"{name}[{page}]"


def several(name: str, kind: str, parts: str = "pages") -> ImageError:
    at_once = f"; without a page number the first {MAX_PAGES:,} are read"
    return ImageError(f"{name}: is a {kind} of several {parts}. Name one of them: {name}[1] is the first{at_once}.")


def needs(feature: str, kind: str, name: str) -> None:
    """Raise ReaderMissingError, with the install line, where what reads this kind is absent. feature: of FEATURES."""
    try:
        require_extra(feature, "reading it")
    except MissingExtraError as error:
        raise ReaderMissingError(name, kind, str(error)) from error
