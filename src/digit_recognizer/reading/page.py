"""A photo of a page -> the numbers that stand on it, each digit with its box and probability."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from digit_recognizer.decoding import read_apart
from digit_recognizer.images import Picture
from digit_recognizer.images.given import source_name
from digit_recognizer.images.large import times_smaller
from digit_recognizer.models.line_reader import shipped_reader
from digit_recognizer.reading.digits import check_reads
from digit_recognizer.reading.frame import Grey
from digit_recognizer.reading.line import Box
from digit_recognizer.reading.numbers import Number, read_numbers
from digit_recognizer.reading.regions import find_regions
from digit_recognizer.reading.turning import upright
from digit_recognizer.recognizer import Recognizer

_SMALLEST = 8  # pixels of a side: nothing can be read on a smaller picture
PAGE_MODEL = "mixed"  # shipped: it knows print too, so that it takes fewer letters for digits


@dataclass(frozen=True)
class Page:
    """What stands on a page."""

    source: str
    numbers: tuple[Number, ...]  # in reading order
    turned: int  # degrees, clockwise, that the digits stand turned in the photo: 0, 90, 180 or 270
    size: tuple[int, int]  # width and height of the photo in pixels
    surely_so: bool = True  # another way up reads much less clearly; otherwise no digit is "ok"


def read_page(picture: Picture, recognizer: Recognizer, source: str | None = None) -> Page:
    """The numbers on a page; none where there are none.

    picture: as for `read_picture`. source: what to call one that is not a file.
    Boxes are in pixels of the photo as its EXIF orientation turns it, also where it is so large that it is decoded
    smaller. A page that
    lies turned by 90, 180 or 270 degrees is read upright, and says it.
    Raises ImageError for what is no picture, ModelFileError for a model whose classes are not digits.
    """
    check_reads(recognizer.model)
    source = source_name(picture, source or "the picture", recognizer.keep_ids)
    grey = read_apart(picture, keep_ids=recognizer.keep_ids, source=source)
    return scaled(numbers_on(grey, recognizer, source), times_smaller(picture))


def numbers_on(grey: Grey, recognizer: Recognizer, source: str) -> Page:
    """`read_page` of a photo (H, W) uint8 that is decoded already, in whose pixels the places are."""
    size = grey.shape[1], grey.shape[0]
    if min(size) < _SMALLEST:
        return Page(source, (), 0, size)
    reader = shipped_reader()
    regions = upright(find_regions(grey), reader)
    read = read_numbers(regions, recognizer, reader)
    numbers = tuple(_in_photo(number, regions.quarters, size) for number in read)
    return Page(source, numbers, 90 * regions.quarters, size, regions.sure)


def scaled(page: Page, by: float) -> Page:
    """A page's places in a photo so many times as large."""
    if by == 1:
        return page

    def box(given: Box) -> Box:
        left, top, width, height = (round(by * length) for length in given)
        return left, top, width, height

    numbers = tuple(placed(each, box) for each in page.numbers)
    return replace(page, numbers=numbers, size=(round(by * page.size[0]), round(by * page.size[1])))


def placed(number: Number, box: Callable[[Box], Box]) -> Number:
    """A number with other boxes."""
    digits = tuple(replace(each, box=box(each.box)) for each in number.digits)
    characters = tuple(replace(each, box=box(each.box)) for each in number.characters)
    return replace(number, box=box(number.box), digits=digits, characters=characters)


def _in_photo(number: Number, quarter: int, size: tuple[int, int]) -> Number:
    """A number of the upright page, turned back by `quarter` quarters, in the photo (width, height)."""
    return placed(number, lambda box: box_in_photo(box, quarter, size))


def box_in_photo(box: Box, quarter: int, size: tuple[int, int]) -> Box:
    """A box of the upright page, turned back by `quarter` quarters, in the photo (width, height)."""
    left, top, wide, high = box
    width, height = size
    if quarter == 1:
        left, top, wide, high = width - top - high, left, high, wide
    elif quarter == 2:
        left, top = width - left - wide, height - top - high
    elif quarter == 3:
        left, top, wide, high = top, height - left - wide, high, wide
    return max(0, left), max(0, top), wide, high
