"""The part of `digits read` that reads the numbers on photos of pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from digit_recognizer.cli.predict_inputs import number_cell, plain_cell
from digit_recognizer.cli.reading import Told, doubt_in_words
from digit_recognizer.cli.remedies import with_remedy
from digit_recognizer.errors import ImageError
from digit_recognizer.files import printable

if TYPE_CHECKING:
    from digit_recognizer.reading import Number, Page
    from digit_recognizer.recognizer import Recognizer

COLUMNS = ("source", "number", "place", "label", "probability", "status", "left", "top", "width", "height", "text")
_NO_DIGITS = "holds no digits that can be read. Take the photo nearer, in more light, or name another model."


def read_pages(photos: Sequence[str], recognizer: Recognizer) -> Iterator[Told]:
    """What is told of the numbers on each photo."""
    from digit_recognizer.decoding import read_apart
    from digit_recognizer.images import shown_name
    from digit_recognizer.images.large import times_smaller
    from digit_recognizer.reading.draw import annotated_page
    from digit_recognizer.reading.page import numbers_on, scaled
    from digit_recognizer.schemas.readings import page_object

    model = recognizer.model.header.name
    for photo in photos:
        shown = shown_name(photo, recognizer.keep_ids)
        try:
            grey = read_apart(photo, keep_ids=recognizer.keep_ids, source=shown)
            seen = numbers_on(grey, recognizer, shown)
        except ImageError as error:
            yield Told(page_object(shown, None, model, str(error)), error=with_remedy(error))
            continue
        page = scaled(seen, times_smaller(photo))
        words = [printable(f"{shown}: {_in_words(number)}") for number in page.numbers]
        made, drawn = page_object(shown, page, model), partial(annotated_page, grey, seen)
        yield Told(made, _rows(page), words, [*_notes(page)], empty=not page.numbers, drawn=drawn)


def _in_words(number: Number) -> str:
    """What a person is told: the number, and why it is not sure."""
    if number.status == "ok":
        return number.text
    return doubt_in_words(number.text, number.probability, number.reason or "the page may lie turned")


def _notes(page: Page) -> Iterator[str]:
    if page.turned:
        yield f"{page.source}: is turned by {page.turned} degrees, and was read that way."
    if not page.surely_so:
        yield f"{page.source}: may be turned, so nothing on it is ok. Turn it upright."
    if not page.numbers:
        yield f"{page.source}: {_NO_DIGITS}"


def _rows(page: Page) -> list[tuple[object, ...]]:
    """The lines of --csv, numbers and places counted from 1."""
    source = plain_cell(page.source)
    return [
        (source, count, place, digit.label, digit.probability, digit.status, *digit.box, number_cell(number.text))
        for count, number in enumerate(page.numbers, 1)
        for place, digit in enumerate(number.digits, 1)
    ]
