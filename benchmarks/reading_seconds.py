"""Seconds to read a photo: 12-megapixel pages of each kind, decoded from a JPEG, and photos of sudokus.

The pages are those of benchmarks/pages.py, enlarged as a camera would have taken them. Everything is read by the model
that `digits read` takes, which is loaded beforehand; one page of each kind is read before the first is timed.

    python benchmarks/reading_seconds.py SUDOKUS [--each N] [--photos N] [--json FILE|-]
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from common import conditions, parser, report, say, seconds_of, summary
from digit_recognizer import Recognizer, load_dataset
from digit_recognizer.reading import PAGE_MODEL, read_grid, read_page
from pages import enlarged
from trials.drawn_pages import drawn_page
from trials.page_kinds import KINDS

MEGAPIXELS = 12
QUALITY = 92  # of JPEG, as phones have it
SEED = 900


def timed(work: Callable[[str], object], photos: list[Path]) -> dict[str, Any]:
    """Seconds to read each of the photos but the first, which is read to warm up."""
    work(str(photos[0]))
    return summary([seconds_of(lambda photo=photo: work(str(photo))) for photo in photos[1:]])  # type: ignore[misc]


def pages(folder: Path, kind: str, count: int) -> list[Path]:
    """So many photos of pages of a kind, written to a folder, and one to warm up."""
    validation = load_dataset("mnist").split("validation")
    images, labels = validation.take(np.arange(len(validation))), validation.labels.tolist()
    made = []
    for number in range(count + 1):
        made.append(folder / f"{kind}{number}.jpg")
        picture = drawn_page(kind, images, labels, SEED + number).picture
        Image.fromarray(enlarged(picture, MEGAPIXELS)).convert("RGB").save(made[-1], quality=QUALITY)
    return made


def spread(folder: Path, count: int) -> list[Path]:
    """So many photos evenly through a folder, and one to warm up."""
    photos = sorted(folder.glob("*.jpg"), key=lambda path: (len(path.name), path.name))
    return [photos[number] for number in np.linspace(0, len(photos) - 1, count + 1).astype(int)]


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("sudokus", type=Path, metavar="SUDOKUS", help="the folder of the folders mixed and v2")
    arguments.add_argument("--each", type=int, default=4, metavar="N", help="pages of a kind")
    arguments.add_argument("--photos", type=int, default=30, metavar="N", help="of each set of sudokus")
    options = arguments.parse_args()
    found: dict[str, Any] = {"model": PAGE_MODEL, "megapixels": MEGAPIXELS, **conditions(), "pages": {}, "grids": {}}
    recognizer = Recognizer.load(PAGE_MODEL)
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            photos = pages(Path(folder), kind, options.each)
            found["pages"][kind] = timed(lambda photo: read_page(photo, recognizer), photos)
            for photo in photos:
                photo.unlink()
            say(f"{kind}: {found['pages'][kind]}")
    for name in ("mixed", "v2"):
        photos = spread(options.sudokus / name, options.photos)
        found["grids"][name] = timed(lambda photo: read_grid(photo, recognizer, (9, 9)), photos)
        say(f"{name}: {found['grids'][name]}")
    report(found, options.json)


if __name__ == "__main__":
    main()
