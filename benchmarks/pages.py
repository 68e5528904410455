"""How well `digits read` reads pages: numbers wholly right, digits found, false digits, by kind of page.

The seconds are told with --megapixels alone.

The pages are drawn from MNIST validation digits (trials/drawn_pages.py), none of which is a test digit.

    python benchmarks/pages.py [--model NAME] [--kinds NAME ...] [--each N] [--seed N] [--megapixels N] [--json FILE|-]
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from common import conditions, parser, report, say
from digit_recognizer import Recognizer, load_dataset
from digit_recognizer.reading import PAGE_MODEL, Page, read_page
from digit_recognizer.statistics.intervals import wilson
from trials.drawn_pages import HEIGHT, KINDS, WIDTH, Box, DrawnPage, drawn_page

SAME_PLACE = 0.5  # intersection over union of a number's boxes


@dataclass
class Tally:
    """What came of pages of one kind."""

    numbers: int = 0
    right: int = 0
    digits: int = 0
    found: int = 0
    sure: int = 0  # of these with status "ok"
    false: int = 0  # digits read where none stands
    wrong_and_ok: int = 0  # digits read wrongly or where none stands, with status "ok"
    turned: int = 0  # pages read another way up than they stand
    seconds: float = 0.0


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    wide = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    high = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    both = max(0, wide) * max(0, high)
    return both / (one[2] * one[3] + other[2] * other[3] - both)


def around(boxes: tuple[Box, ...]) -> Box:
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    return left, top, max(b[0] + b[2] for b in boxes) - left, max(b[1] + b[3] for b in boxes) - top


def compare(drawn: DrawnPage, page: Page, turned: int, tally: Tally) -> None:
    """Add one page's figures."""
    for number in drawn.numbers:
        place = around(number.boxes)
        tally.right += any(each.text == number.text and overlap(each.box, place) >= SAME_PLACE for each in page.numbers)
    actual = [(int(text), box) for each in drawn.numbers for text, box in zip(each.text, each.boxes, strict=True)]
    read = [digit for number in page.numbers for digit in number.digits]
    boxes = [[overlap(digit.box, box) for _, box in actual] for digit in read]
    for digit, row in zip(read, boxes, strict=True):
        best = int(np.argmax(row)) if row else -1
        nothing = best < 0 or row[best] < SAME_PLACE / 2
        tally.false += nothing
        tally.wrong_and_ok += digit.status == "ok" and (nothing or actual[best][0] != digit.label)
    for number, (label, _) in enumerate(actual):
        here = [
            digit for digit, row in zip(read, boxes, strict=True) if digit.label == label and row[number] >= SAME_PLACE
        ]
        tally.found += bool(here)
        tally.sure += any(digit.status == "ok" for digit in here)
    tally.numbers += len(drawn.numbers)
    tally.digits += len(actual)
    tally.turned += page.turned != turned


def enlarged(picture: np.ndarray[Any, Any], megapixels: float) -> np.ndarray[Any, Any]:
    """The page as a camera of so many megapixels gives it."""
    factor = (megapixels * 1e6 / picture.size) ** 0.5
    return cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)


def measure(model: str, kinds: list[str], each: int, seed: int, megapixels: float | None) -> dict[str, Any]:
    """The figures by kind."""
    validation = load_dataset("mnist").split("validation")
    images, labels = validation.take(np.arange(len(validation))), validation.labels.tolist()
    recognizer = Recognizer.load(model)
    found: dict[str, Any] = {}
    for kind in kinds:
        tally = Tally()
        for number in range(each):
            drawn = drawn_page(kind, images, labels, seed + number)
            picture = enlarged(drawn.picture, megapixels) if megapixels else drawn.picture
            began = time.perf_counter()
            page = read_page(picture, recognizer)
            tally.seconds += time.perf_counter() - began
            compare(drawn, scaled(page, WIDTH * HEIGHT / picture.size), -90 * KINDS[kind].quarters % 360, tally)
        found[kind] = figures(tally, each) | ({"seconds_a_page": tally.seconds / each} if megapixels else {})
        say(f"{kind}: {found[kind]}")
    return found


def scaled(page: Page, area: float) -> Page:
    """The page's boxes in a picture of so many times the pixels."""

    def smaller(box: Box) -> Box:
        left, top, wide, high = (round(length * area**0.5) for length in box)
        return left, top, wide, high

    numbers = [
        replace(n, box=smaller(n.box), digits=tuple(replace(d, box=smaller(d.box)) for d in n.digits))
        for n in page.numbers
    ]
    return replace(page, numbers=tuple(numbers))


def figures(tally: Tally, pages: int) -> dict[str, Any]:
    """Shares with n and 95 % intervals."""
    interval = wilson(tally.right, tally.numbers)
    return {
        "pages": pages,
        "numbers": tally.numbers,
        "numbers_right": tally.right / tally.numbers,
        "numbers_right_interval": [interval.low, interval.high],
        "digits": tally.digits,
        "digits_found": tally.found / tally.digits,
        "digits_sure": tally.sure / tally.digits,
        "false_digits_a_page": tally.false / pages,
        "wrong_and_ok_a_page": tally.wrong_and_ok / pages,
        "pages_read_another_way_up": tally.turned,
    }


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("--model", default=PAGE_MODEL)
    arguments.add_argument("--kinds", nargs="+", metavar="NAME", choices=KINDS, default=list(KINDS))
    arguments.add_argument("--each", type=int, default=10, metavar="N", help="pages of a kind")
    arguments.add_argument("--seed", type=int, default=0, help="of the first page; the others follow")
    arguments.add_argument("--megapixels", type=float, help="enlarge the pages so far, for the seconds")
    options = arguments.parse_args()
    before = conditions()
    found = measure(options.model, options.kinds, options.each, options.seed, options.megapixels)
    report({"model": options.model, "seed": options.seed, **before, "pages": found}, options.json)


if __name__ == "__main__":
    main()
