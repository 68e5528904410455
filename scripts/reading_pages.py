"""Draw docs/pictures/reading-*.webp: pages as `digits read` reads them, well and badly, for docs/reading.md.

    python scripts/reading_pages.py

The pages are drawn from MNIST validation digits; green boxes are sure digits, orange ones are not.
"""

from __future__ import annotations

import sys

import numpy as np

from digit_recognizer import Recognizer, load_dataset
from digit_recognizer.reading import PAGE_MODEL, read_page
from digit_recognizer.reading.draw import annotated_page
from results import ROOT

sys.path.append(str(ROOT / "benchmarks"))
from trials.drawn_pages import drawn_page

KINDS = ("lined", "boxes", "everything", "words", "touching", "broken")
SEED = 40
HEIGHT, WIDTH = 420, 900  # of the part that is shown, pixels


def main() -> None:
    validation = load_dataset("mnist").split("validation")
    images, labels = validation.take(np.arange(len(validation))), validation.labels.tolist()
    recognizer = Recognizer.load(PAGE_MODEL)
    for kind in KINDS:
        photo = drawn_page(kind, images, labels, SEED).picture
        drawn = annotated_page(photo, read_page(photo, recognizer)).crop((0, 0, WIDTH, HEIGHT))
        target = ROOT / f"docs/pictures/reading-{kind}.webp"
        drawn.save(target, "WEBP", quality=60, method=6)
        print(f"{target.relative_to(ROOT)}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
