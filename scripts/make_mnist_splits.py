"""Choose MNIST's validation and calibration images by writer: 5,000 each, no writer in two parts.

The writer ids are QMNIST's (column 2; column 1 is the NIST partition). MNIST mixes Census employees (SD-3, partitions
0 to 3; 30,950 images) and students (SD-1, partition 4; 29,050), so each part takes 2,500 images of either kind.

    python scripts/make_mnist_splits.py QMNIST_TRAIN_LABELS.gz
"""

from __future__ import annotations

import argparse
import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TARGET = Path(__file__).parent.parent / "src/digit_recognizer/data/mnist"
PER_KIND = 2_500
STUDENTS = 4


def read_labels(path: Path) -> NDArray[np.int32]:
    """QMNIST's labels of MNIST's training images: (60000, 8) int32."""
    return np.frombuffer(gzip.decompress(path.read_bytes()), ">i4", offset=12).reshape(-1, 8).astype(np.int32)


def choose_writers(counts: dict[int, int], total: int, rng: np.random.Generator) -> list[int]:
    """Writers, in random order, whose images number exactly `total` (subset sum by dynamic programming)."""
    reached: dict[int, list[int]] = {0: []}
    for writer in rng.permutation(sorted(counts)).tolist():
        for size, chosen in list(reached.items()):
            grown = size + counts[writer]
            if grown <= total and grown not in reached:
                reached[grown] = [*chosen, writer]
        if total in reached:
            return reached[total]
    raise ValueError(f"no set of writers has exactly {total} images")


def choose(labels: NDArray[np.int32], seed: int = 0) -> dict[str, NDArray[np.int64]]:
    """The indices of each held-out part, ascending."""
    rng = np.random.default_rng(seed)
    writer, student = labels[:, 2], labels[:, 1] == STUDENTS
    taken: set[int] = set()
    parts: dict[str, NDArray[np.int64]] = {}
    for part in ("validation", "calibration"):
        chosen: list[int] = []
        for kind in (False, True):
            ids, sizes = np.unique(writer[student == kind], return_counts=True)
            free = {int(i): int(n) for i, n in zip(ids, sizes, strict=True) if int(i) not in taken}
            chosen += choose_writers(free, PER_KIND, rng)
            taken.update(chosen)
        parts[part] = np.flatnonzero(np.isin(writer, chosen))
    return parts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("labels", type=Path, help="qmnist-train-labels-idx2-int.gz")
    parts = choose(read_labels(parser.parse_args().labels))
    for part, indices in parts.items():
        (TARGET / f"{part}.txt").write_text("".join(f"{index}\n" for index in indices), "ascii")
        print(f"{part}: {len(indices)} images")


if __name__ == "__main__":
    main()
