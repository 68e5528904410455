"""Where the most accurate model errs: per digit, per writer, on doubtful labels, and each mistake drawn.

python scripts/study_best.py SHARED_DATA

SHARED_DATA holds what the project may measure with but does not carry: qmnist-labels (the writer of each test image)
and mnist-label-errors (votes of five people on a hundred doubtful labels; another method's probabilities). Writes
benchmarks/results/study-best.json and docs/pictures/mistakes-best.png.
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer import evaluate, load_dataset
from digit_recognizer.data import Dataset
from digit_recognizer.evaluation import Evaluation
from digit_recognizer.report.figures import WRONG, image_grid, save_figure
from digit_recognizer.report.words import in_percent
from digit_recognizer.statistics import wilson
from results import ROOT, write

MAJORITY = 3  # of five voters
NAME = "best"


def read_writers(path: Path) -> NDArray[np.int32]:
    """The writer of each of the 10,000 test images, (10000,)."""
    table = np.frombuffer(gzip.decompress(path.read_bytes()), ">i4", offset=12).reshape(-1, 8)
    return np.asarray(table[:10_000, 2], np.int32)


def read_votes(path: Path) -> dict[int, dict[str, Any]]:
    """Test index -> the votes on a doubtful label (Northcutt, Athalye and Mueller 2021)."""
    return {entry["id"]: entry for entry in json.loads(path.read_text("utf-8"))}


def doubtful(votes: dict[int, dict[str, Any]]) -> list[int]:
    """Indices of the test images whose label has no majority behind it."""
    return sorted(index for index, entry in votes.items() if entry["mturk"]["given"] < MAJORITY)


def share(right: NDArray[np.bool_]) -> dict[str, Any]:
    """Counts, accuracy and interval of some images; right: (n,)."""
    correct, n = int(right.sum()), len(right)
    return {"n": n, "correct": correct, "accuracy": correct / n, "interval": wilson(correct, n).to_dict()}


def per_writer(right: NDArray[np.bool_], writers: NDArray[np.int32]) -> dict[str, Any]:
    """How the mistakes are spread over the people who wrote."""
    ids, inverse, counts = np.unique(writers, return_inverse=True, return_counts=True)
    wrong = np.bincount(inverse, ~right)
    shares = 1 - wrong / counts
    worst = np.argsort(shares, kind="stable")[:5]
    return {
        "writers": len(ids),
        "without_mistake": int((wrong == 0).sum()),
        "mean": float(shares.mean()),
        "lowest": [{"n": int(counts[i]), "wrong": int(wrong[i]), "accuracy": float(shares[i])} for i in worst],
    }


def agreement(evaluation: Evaluation, table: NDArray[np.float64]) -> dict[str, Any]:
    """How the predictions compare with another method's; table: its probabilities (10000, 10)."""
    theirs = table.argmax(1)
    ours_right, theirs_right = evaluation.predicted == evaluation.labels, theirs == evaluation.labels
    return {
        "n": evaluation.n,
        "same": int((evaluation.predicted == theirs).sum()),
        "their_correct": int(theirs_right.sum()),
        "only_ours_right": int((ours_right & ~theirs_right).sum()),
        "only_theirs_right": int((theirs_right & ~ours_right).sum()),
        "both_wrong": int((~ours_right & ~theirs_right).sum()),
    }


def voted(entry: dict[str, Any] | None) -> str:
    """What the voters said of a label, in one short line."""
    if entry is None:
        return "no votes"
    votes = entry["mturk"]
    line = f"votes {entry['given_original_label']}:{votes['given']} {entry['our_guessed_label']}:{votes['guessed']}"
    return f"{line} ?:{votes['neither']}" if votes["neither"] else line


def draw_mistakes(evaluation: Evaluation, dataset: Dataset, votes: dict[int, dict[str, Any]], path: Path) -> None:
    """Every mistake, the surest first, beside what people said of its label."""
    wrong = evaluation.worst_mistakes(evaluation.n)
    captions = [
        f"image {i}\nreads {evaluation.predicted[i]}, {in_percent(evaluation.probabilities[i].max())}\n"
        f"label {evaluation.labels[i]}\n{voted(votes.get(int(i)))}"
        for i in wrong
    ]
    title = f"All {len(wrong)} mistakes of {NAME} on the {evaluation.n:,} MNIST test images"
    save_figure(image_grid(dataset.split("test").take(wrong), captions, [WRONG] * len(wrong), 6, title), path)


def study(evaluation: Evaluation, shared: Path) -> dict[str, Any]:
    """All figures of the study."""
    votes = read_votes(shared / "mnist-label-errors/mnist_mturk.json")
    writers = read_writers(shared / "qmnist-labels/qmnist-test-labels-idx2-int.gz")
    table = np.load(shared / "mnist-label-errors/mnist_test_set_pyx.npy", allow_pickle=False)
    right = evaluation.predicted == evaluation.labels
    aside = np.ones(evaluation.n, bool)
    aside[doubtful(votes)] = False
    return {
        "model": NAME,
        "weights_sha256": evaluation.model.header.weights_sha256,
        "all": share(right),
        "per_class": [figures.to_dict() for figures in evaluation.per_class],
        "wrong_per_class": np.bincount(evaluation.labels[~right], minlength=10).tolist(),
        "doubtful": {"images": doubtful(votes), "wrong_among_them": int((~right & ~aside).sum())},
        "without_doubtful": share(right[aside]),
        "per_writer": per_writer(right, writers),
        "agreement": agreement(evaluation, table),
        "mistakes": [int(i) for i in np.flatnonzero(~right)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shared", type=Path, help="the folder with qmnist-labels and mnist-label-errors")
    shared = parser.parse_args().shared
    dataset = load_dataset("mnist")
    evaluation = evaluate(NAME, dataset, "test")
    write("study-best", study(evaluation, shared))
    votes = read_votes(shared / "mnist-label-errors/mnist_mturk.json")
    draw_mistakes(evaluation, dataset, votes, ROOT / "docs/pictures/mistakes-best.png")
    print(f"{evaluation.n - evaluation.correct} mistakes studied")


if __name__ == "__main__":
    main()
