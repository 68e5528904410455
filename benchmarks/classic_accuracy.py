"""The published run repeated: the classic recipe on all 60,000 images, five seeds, the test images scored once a seed.

python benchmarks/classic_accuracy.py [--seeds 5] [--json FILE|-]
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from common import parser, report, say
from digit_recognizer import evaluate, load_dataset, train
from digit_recognizer.statistics import over_seeds


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("--seeds", type=int, default=5)
    options = arguments.parse_args()
    dataset = load_dataset("mnist")
    correct: list[int] = []
    for seed in range(options.seeds):
        with tempfile.TemporaryDirectory() as place:
            train("classic", dataset, train_on="all", seed=seed, out=Path(place) / "run", device="cpu")
            evaluation = evaluate(Path(place) / "run", dataset, "test")
        correct.append(evaluation.correct)
        say(f"seed {seed}: {evaluation.correct} of {evaluation.n}")
    result = over_seeds([count / 10_000 for count in correct]).to_dict() | {"correct_by_seed": correct, "n": 10_000}
    report(result, options.json)


if __name__ == "__main__":
    main()
