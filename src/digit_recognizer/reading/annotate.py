"""What was read, drawn onto the photo that it was read from."""

from __future__ import annotations

import math

from PIL import Image, ImageDraw, ImageFont

from digit_recognizer.reading.frame import Grey
from digit_recognizer.reading.grid import Grid

COLOURS = {"ok": (0, 130, 60), "unsure": (220, 90, 0), "empty": (140, 140, 140)}


def annotated(photo: Grey, grid: Grid) -> Image.Image:
    """A copy of the photo (H, W) uint8 in colour, with each cell's outline and, in its corner, what was read there."""
    drawn = Image.fromarray(photo).convert("RGB")
    pen = ImageDraw.Draw(drawn)
    for cell in grid.cells:
        side = min(math.dist(cell.box[0], cell.box[1]), math.dist(cell.box[0], cell.box[3]))
        pen.polygon(cell.box, outline=COLOURS[cell.status], width=max(1, round(side / 25)))
        if cell.text is not None:
            middle = (sum(x for x, _ in cell.box) / 4, sum(y for _, y in cell.box) / 4)
            corner = (0.72 * cell.box[0][0] + 0.28 * middle[0], 0.72 * cell.box[0][1] + 0.28 * middle[1])
            font = ImageFont.load_default(max(8, side / 3))
            pen.text(corner, cell.text, fill=COLOURS[cell.status], font=font, anchor="mm")
    return drawn
