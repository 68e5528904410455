"""What was read, drawn onto the photo that it was read from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from digit_recognizer.reading.page import Page

COLOURS = {"ok": (0, 130, 60), "unsure": (220, 90, 0)}
NUMBER = (40, 90, 200)


def annotated_page(photo: NDArray[np.uint8], page: Page) -> Image.Image:
    """A copy of the photo (H, W) uint8 in colour, with a box around each number and digit and what was read above."""
    drawn = Image.fromarray(photo).convert("RGB")
    pen = ImageDraw.Draw(drawn)
    for number in page.numbers:
        left, top, wide, high = number.box
        size = max(10.0, high / 3)
        thick = max(1, round(size / 12))
        around = 3 * thick
        pen.rectangle((left - around, top - around, left + wide + around, top + high + around), None, NUMBER)
        for digit in number.digits:
            x, y, width, height = digit.box
            colour = COLOURS[digit.status]
            pen.rectangle((x, y, x + width, y + height), None, colour, thick)
            pen.text((x, top - 3 * thick), str(digit.label), colour, ImageFont.load_default(size), anchor="lb")
    return drawn
