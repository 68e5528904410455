"""Train the network that finds writing (teaching/ink.py) and write it into the package as images/ink.onnx.

python scripts/train_ink.py DATA [--pictures N]

DATA holds unipen/ (mnist is embedded). 208,000 pictures take 25 minutes of two AVX2 cores, and 3 GB.
"""

from __future__ import annotations

import argparse
import multiprocessing
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from digit_recognizer import load_dataset
from digit_recognizer.images.ink import network_file
from digit_recognizer.processes import cores
from digit_recognizer.synthetic.lines import Shares, Sources
from digit_recognizer.training.line_sources import training_sources
from networks import follow, rate, write_onnx
from teaching.ink import Ink
from teaching.singles import SIDE, UNKNOWN, single_picture

SEED, BATCH, RATE, AGAIN, DECAY = 21, 64, 2e-3, 1e-3, 1e-4  # AGAIN: the rate of a second training
FRESH = 10  # times its own number of parts: where the pictures of a second training begin
PART = 1600  # pictures that are rendered at once
OVERLAP = 0.2  # weight of Dice's loss beside cross-entropy: paper is most of a picture
SHARES = Shares(mnist=0.35, printed=0.12)
SHOWN = 0.1  # weight of the cross-entropy of what a picture shows
Part = tuple[NDArray[np.uint8], NDArray[np.int64]]  # (2, n, SIDE, SIDE), pictures and their ink; (n,), what they show

_sources: Sources


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="the folder that holds unipen")
    parser.add_argument("--pictures", type=int, default=208_000)
    parser.add_argument("--begin", type=Path, help="an earlier ink.onnx, to go on from")
    options = parser.parse_args()
    average = trained(options.data, options.pictures // PART, options.begin)
    sample, several = torch.zeros(2, 1, SIDE, SIDE), {0: torch.export.Dim("n")}
    write_onnx(average, network_file(), sample, ("ink", "shown"), several)
    print(f"{network_file()}: {network_file().stat().st_size:,} bytes")


def trained(data: Path, parts: int, begin: Path | None) -> Ink:
    """The average of the weights after all parts."""
    torch.manual_seed(SEED)
    network = (begun(begin) if begin else Ink()).to(memory_format=torch.channels_last)
    average = Ink().eval() if begin else Ink()
    average.load_state_dict(network.state_dict())
    top = AGAIN if begin else RATE
    optimizer = torch.optim.AdamW(network.parameters(), top, weight_decay=DECAY)
    first = FRESH * parts if begin else 0  # other pictures than the first training's
    seen = 0
    for number, (pictures, shown) in enumerate(rendered(data, range(first, first + parts)), 1):
        losses = []
        for start in range(0, PART, BATCH):
            optimizer.param_groups[0]["lr"] = top * rate(seen / (parts * PART))
            some = slice(start, start + BATCH)
            losses.append(step(network, optimizer, (pictures[:, some], shown[some])))
            follow(average, network, seen // BATCH)
            seen += BATCH
        print(f"part {number} of {parts}: losses {np.mean(losses, axis=0).round(4)}", flush=True)
    return average


def begun(path: Path) -> Ink:
    """A network with the weights of an ONNX file, in which batch norms are part of the filters: they stay so."""
    network = Ink()
    kept = {
        each.name.removeprefix("network.").removesuffix("_half"): numpy_helper.to_array(each)
        for each in onnx.load(path).graph.initializer
    }
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name in kept:
                parameter.copy_(torch.tensor(kept[name]))
        for name, module in network.named_modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eps = 0.0
                module.bias.copy_(torch.tensor(kept[name.removesuffix("1") + "0.weight_bias"]))
    return network.eval()


def step(network: Ink, optimizer: torch.optim.Optimizer, part: Part) -> tuple[float, float]:
    """One step; its cross-entropies, nats: of a pixel, and of what a picture shows."""
    pictures, ink = (torch.from_numpy(each).float()[:, None] for each in part[0])
    wanted = torch.from_numpy(part[1])
    logits, shown = network(pictures.contiguous(memory_format=torch.channels_last))
    loss = binary_cross_entropy_with_logits(logits, ink / 255)
    known = max(1, int((wanted != UNKNOWN).sum()))
    told = cross_entropy(shown, wanted, ignore_index=UNKNOWN, reduction="sum") / known
    (loss + OVERLAP * dice(logits.sigmoid(), ink / 255) + SHOWN * told).backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item(), told.item()


def dice(found: Tensor, ink: Tensor) -> Tensor:
    """1 minus the overlap of Dice, mean over the pictures; one without ink counts little."""
    some = 20.0  # pixels
    axes = (1, 2, 3)
    return (1 - (2 * (found * ink).sum(axes) + some) / (found.sum(axes) + ink.sum(axes) + some)).mean()


def rendered(data: Path, parts: range) -> list[Part]:
    """The pictures of each part, all rendered before anything is learned: a busy core would make each step wait."""
    with multiprocessing.get_context("spawn").Pool(cores(), prepare, (data,)) as pool:
        return pool.map(render, parts, chunksize=1)


def prepare(data: Path) -> None:
    """Load what pictures are made of, in the process that renders."""
    global _sources
    dataset = load_dataset("mnist", data)
    _sources = training_sources(dataset, dataset.split("train"), SHARES)


def render(part: int) -> Part:
    """The pictures of a part and their ink."""
    made = [single_picture(_sources, (SEED, part, place)) for place in range(PART)]
    pictures = np.stack([np.stack([each.image for each in made]), np.stack([each.ink for each in made])])
    return pictures, np.array([each.shown for each in made])


if __name__ == "__main__":
    main()
