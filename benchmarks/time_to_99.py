"""Seconds to 99 % of MNIST's test images on this CPU: the recipe `fast` beside PyTorch's own MNIST example.

The peer's time is that of the fewest epochs after which its seeds read 99 % on average, from the opening of the data
set on; its scoring is not counted. Ours is train("fast", "mnist"), from the loading of the data set to the trained
network, validation included, no files written. Both take turns in one process.

    python benchmarks/time_to_99.py [--seeds 20] [--peer-seeds 3] [--max-peer-epochs 14] [--peer-shuffle]
        [--json FILE|-]
"""

from __future__ import annotations

import statistics
import tempfile
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from common import parser, report, say, timed
from digit_recognizer import evaluate, load_dataset, train
from digit_recognizer.data import Dataset
from digit_recognizer.data.cache import default_data_dir
from digit_recognizer.models import Model
from digit_recognizer.models.locations import MODEL_NAME
from digit_recognizer.models.runtime import TorchRuntime
from digit_recognizer.statistics import over_seeds
from digit_recognizer.training import RECIPES, Trained
from limit import TRAINING, flops, gflop_per_second, of_limit
from mnist_example import Example, test_images

RECIPE = "fast"
TEST_IMAGES = 10_000
TARGET = 9_900  # of them
OURS_A_TURN = 2  # of our seeds after each epoch of one of the peer's


@dataclass(frozen=True)
class Run:
    """One seed of ours."""

    seconds: float
    validation_accuracy: float
    correct: int  # test images
    work: int  # floating-point operations of its training


def our_run(seed: int, dataset: Dataset) -> Run:
    """Train from nothing, timed; then score once."""
    trained, seconds = timed(lambda: train(RECIPE, "mnist", seed=seed, device="cpu"))
    share = trained.history[-1].validation_accuracy
    assert share is not None
    images = trained.header.data["n"] * RECIPES[RECIPE].epochs
    run = Run(seconds, share, test_score(trained, dataset), TRAINING * images * flops(trained.network, 28))
    say(f"ours, seed {seed}: {run.seconds:.2f} s, {run.correct} correct")
    return run


def test_score(trained: Trained, dataset: Dataset) -> int:
    """Test images read rightly, by the one function that scores them, which notes the look beside the model."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / MODEL_NAME
        model = Model(trained.header, TorchRuntime(trained.network), path, trained.header.weights_sha256)
        return evaluate(model, dataset, "test").correct


def measure(
    limit: float,
    seeds: int = 20,
    peer_seeds: int = 3,
    max_peer_epochs: int = 14,
    target: int = TARGET,
    images: int = 60_000,
    shuffle: bool = False,
) -> dict[str, Any]:
    """Both times; limit: the machine's GFLOP/s; target, images (the peer's): less for a trial; shuffle: the peer's."""
    dataset = load_dataset("mnist")
    test = test_images(default_data_dir())
    peers = [Example(seed, default_data_dir(), images, shuffle) for seed in range(1, peer_seeds + 1)]
    waiting = iter(range(seeds))
    ours: list[Run] = []
    for _ in range(max_peer_epochs):
        for peer in peers:
            peer.epoch()
            peer.score(*test)
            say(f"peer: {peer.seconds[-1]:.1f} s, {peer.correct[-1]} correct")
            ours += [our_run(seed, dataset) for seed in islice(waiting, OURS_A_TURN)]
        if reached(peers, target):
            break
    ours += [our_run(seed, dataset) for seed in waiting]
    return result(ours, peers, target, limit)


def reached(peers: list[Example], target: int) -> bool:
    """Whether the peer's seeds, on average, have read enough test images after their last epoch."""
    return statistics.fmean(peer.correct[-1] for peer in peers) >= target


def result(ours: list[Run], peers: list[Example], target: int, limit: float) -> dict[str, Any]:
    """The figures. The ratio is null unless both reached the target: times to different accuracies do not compare."""
    ours_s = statistics.median(run.seconds for run in ours)
    peer_s = statistics.median(peer.seconds[-1] for peer in peers)
    both = reached(peers, target) and statistics.fmean(run.correct for run in ours) >= target
    return {
        "ratio": peer_s / ours_s if both else None,
        "target": target,
        "ours_s": ours_s,
        "peer_s": peer_s,
        "ours_n": len(ours),
        "peer_n": len(peers),
        "peer_epochs": len(peers[0].correct),
        "peer_correct_by_epoch": [list(each) for each in zip(*(peer.correct for peer in peers), strict=True)],
        "peer_s_by_epoch": [list(each) for each in zip(*(peer.seconds for peer in peers), strict=True)],
        "ours_correct": [run.correct for run in ours],
        "ours": over_seeds([run.correct / TEST_IMAGES for run in ours]).to_dict(),
        "ours_validation": over_seeds([run.validation_accuracy for run in ours]).to_dict(),
        **of_limit(ours[0].work, ours_s, limit),
        "all_ours_s": [run.seconds for run in ours],
        "all_peer_s": [peer.seconds[-1] for peer in peers],
    }


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("--seeds", type=int, default=20)
    arguments.add_argument("--peer-seeds", type=int, default=3)
    arguments.add_argument("--max-peer-epochs", type=int, default=14)
    arguments.add_argument("--peer-shuffle", action="store_true", help="as the example does where it has a GPU")
    options = arguments.parse_args()
    counts = (options.seeds, options.peer_seeds, options.max_peer_epochs)
    report({"time_to_99": measure(gflop_per_second(), *counts, shuffle=options.peer_shuffle)}, options.json)


if __name__ == "__main__":
    main()
