"""What a model of medical images says of pictures that are of something else (Wilson's intervals).

The pictures of a run's own split (validation, never test: those are to be answered), then other sets' and made ones:
MNIST's digits, the other medical sets that lie in --data-dir, photos (--photos FOLDER), noise, textures, scribbles, and
the run's own pictures upside down and with black and white changed. All as `digits predict` answers them.

    python benchmarks/modality.py RUN [--data-dir FOLDER] [--photos FOLDER] [--json FILE|-]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from common import parser, report, say
from digit_recognizer import Recognizer, load_dataset
from digit_recognizer.data.medmnist_table import TABLE
from digit_recognizer.errors import DigitRecognizerError
from digit_recognizer.models import load_model
from digit_recognizer.statistics import wilson
from digit_recognizer.training.run_folder import data_of_run
from trials.ood_pictures import made_ood_pictures

EACH = 500  # pictures of a kind, at most
MADE = ("noise", "textures", "scribbles")
UNLIKE = "unfamiliar"


def first(images: np.ndarray) -> list[np.ndarray]:  # type: ignore[type-arg]
    """The first EACH images of an array."""
    return list(images[:EACH])


def kinds(run: Path, data_dir: Path | None, photos: Path | None) -> dict[str, Sequence[Any]]:
    """Pictures by what they are of."""
    own = data_of_run(run).load().split("validation")
    ours = own.take(np.arange(min(EACH, len(own))))
    found: dict[str, Sequence[Any]] = {
        "own, validation": list(ours),
        "own, upside down": list(ours[:, ::-1]),
        "own, black for white": list(255 - ours),
        "MNIST's digits": first(load_dataset("mnist").split("calibration").take(np.arange(EACH))),
    }
    for name in (row.name for row in TABLE):
        if name != data_of_run(run).name:
            try:
                other = load_dataset(name, data_dir).split("validation")
            except DigitRecognizerError:
                continue  # it lies elsewhere
            found[name] = first(other.take(np.arange(min(EACH, len(other)))))
    if photos:
        found["photos"] = [str(each) for each in sorted(photos.glob("*.jpg"))[:EACH]]
    return found | {kind: list(made_ood_pictures(kind, EACH, 0)) for kind in MADE}


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("run", type=Path, help="a run folder of a medical set")
    arguments.add_argument("--data-dir", type=Path, metavar="FOLDER", help="where MedMNIST's files lie")
    arguments.add_argument("--photos", type=Path, metavar="FOLDER", help="of photos (.jpg); left out unless given")
    options = arguments.parse_args()
    recognizer = Recognizer(load_model(options.run))
    found: dict[str, Any] = {}
    for kind, pictures in kinds(options.run, options.data_dir, options.photos).items():
        told = Counter(each.status for each in recognizer.predict(pictures))
        refused = told[UNLIKE]
        interval = wilson(refused, len(pictures)).to_dict()
        found[kind] = {"n": len(pictures), "statuses": dict(told), "refused": refused, "interval": interval}
        say(f"{kind}: {dict(told)}")
    source = recognizer.model.header.calibration["source"] if recognizer.model.header.calibration else None
    report({"model": recognizer.model.header.data["name"], "calibrated_on": source, "pictures": found}, options.json)


if __name__ == "__main__":
    main()
