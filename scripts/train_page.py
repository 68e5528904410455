"""Train the network that finds numbers on pages (teaching/page.py) and write it into the package as reading/page.onnx.

python scripts/train_page.py DATA [--parts N] [--work FOLDER] [--begin FILE]

DATA holds unipen/ (mnist is embedded). Parts of pages are rendered into the folder WORK first, and are kept there with
the newest weights, so that a training that was stopped renders nothing twice.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, max_pool2d

from digit_recognizer import load_dataset
from digit_recognizer.processes import cores
from digit_recognizer.reading.regions import network_file
from digit_recognizer.synthetic.lines import Shares, Sources
from digit_recognizer.synthetic.printed_fonts import find_families
from digit_recognizer.training.line_sources import training_sources
from networks import follow, rate, write_onnx
from teaching.page import BLOCK, CORE, INK, OUTPUT, TURN, WRITING, PageNumbers
from teaching.pages import page_part
from teaching.printed_words import PrintedWords

SEED, BATCH, RATE, AGAIN, DECAY = 22, 8, 2e-3, 1.5e-3, 1e-4  # AGAIN: of a second training
CHUNK = 400  # parts of pages that are rendered at once
SHARES = Shares(mnist=0.3, printed=0.2)
BESIDE = 3.0  # weight of what lies beside cores: there numbers part
TURNS = 0.3  # weight of the cross-entropy of how writing lies
Chunk = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.int64]]  # (n, S, S); (n, 4, S/2, S/2); (n,)

_sources: Sources
_words: PrintedWords


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="the folder that holds unipen")
    parser.add_argument("--parts", type=int, default=24_000, help="parts of pages that are learned from")
    parser.add_argument("--first", type=int, default=0, help="the first chunk, so that a second training sees others")
    parser.add_argument("--begin", type=Path, help="weights of an earlier training, to go on from")
    parser.add_argument("--work", type=Path, default=Path("page-training"), help="where parts and weights are kept")
    options = parser.parse_args()
    torch.manual_seed(SEED)
    options.work.mkdir(parents=True, exist_ok=True)
    chunks = range(options.first, options.first + options.parts // CHUNK)
    with multiprocessing.get_context("spawn").Pool(cores(), prepare, (options.data,)) as pool:
        files = pool.map(render, [(options.work, chunk) for chunk in chunks], chunksize=1)
    sides = {2: BLOCK * torch.export.Dim("h"), 3: BLOCK * torch.export.Dim("w")}
    sample = torch.zeros(1, 1, 5 * BLOCK, 7 * BLOCK)
    write_onnx(trained(files, options.begin, options.work), network_file(), sample, ("maps", "turns"), sides)
    print(f"{network_file()}: {network_file().stat().st_size:,} bytes")


def trained(files: Sequence[Path], begin: Path | None, work: Path) -> PageNumbers:
    """The average of the weights after all parts."""
    network = PageNumbers().to(memory_format=torch.channels_last)
    average = PageNumbers().eval()
    if begin:
        network.load_state_dict(load_file(begin))
    average.load_state_dict(network.state_dict())
    top = AGAIN if begin else RATE
    optimizer = torch.optim.AdamW(network.parameters(), top, weight_decay=DECAY)
    seen, began = 0, time.monotonic()
    for number, file in enumerate(files, 1):
        losses, chunk = [], loaded(file)
        for start in range(0, CHUNK, BATCH):
            optimizer.param_groups[0]["lr"] = top * rate(seen / (len(files) * CHUNK))
            losses.append(step(network, optimizer, tuple(each[start : start + BATCH] for each in chunk)))
            follow(average, network, seen // BATCH)
            seen += BATCH
        print(
            f"{number} of {len(files)}: losses {np.mean(losses, 0).round(4)}, {time.monotonic() - began:.0f} s",
            flush=True,
        )
        save_file(average.state_dict(), work / "page.safetensors")
    return average


def loaded(file: Path) -> Chunk:
    with np.load(file, allow_pickle=False) as held:
        return held["a"], held["b"], held["c"]


def step(network: PageNumbers, optimizer: torch.optim.Optimizer, chunk: Any) -> tuple[float, ...]:
    """One step; its losses: of the three maps, and of how the writing lies."""
    pictures, given, turned = (torch.from_numpy(each) for each in chunk)
    maps, turns = network(pictures.float()[:, None].contiguous(memory_format=torch.channels_last))
    wanted, beside = given[:, :3].float() / 255, given[:, 3].float() / 255
    each = binary_cross_entropy_with_logits(maps, wanted, reduction="none")
    weights = 1 + (BESIDE - 1) * beside
    losses = [(each[:, CORE] * weights).mean(), each[:, INK].mean(), (each[:, WRITING] * weights).mean()]
    overlap = dice(maps[:, CORE].sigmoid(), wanted[:, CORE]) + 0.5 * dice(maps[:, INK].sigmoid(), wanted[:, INK])
    there = max_pool2d(wanted[:, [CORE, WRITING]].amax(1, keepdim=True), TURN // OUTPUT)[:, 0] > 0.5
    lie = turned[:, None, None].expand_as(there)[there]
    told = cross_entropy(turns.permute(0, 2, 3, 1)[there], lie) if len(lie) else turns.sum() * 0
    (2 * losses[0] + losses[1] + losses[2] + 0.3 * overlap + TURNS * told).backward()
    optimizer.step()
    optimizer.zero_grad()
    return *(loss.item() for loss in losses), overlap.item(), told.item()


def dice(found: Tensor, wanted: Tensor) -> Tensor:
    """1 minus the overlap of Dice over a batch."""
    return 1 - (2 * (found * wanted).sum() + 50) / (found.sum() + wanted.sum() + 50)


def prepare(data: Path) -> None:
    """Load what pages are made of, in the process that renders."""
    global _sources, _words
    dataset = load_dataset("mnist", data)
    _sources = training_sources(dataset, dataset.split("train"), SHARES)
    _words = PrintedWords([file for family in find_families()["train"] for file in family], words_of(_sources))


def words_of(sources: Sources) -> list[str]:
    return sorted(set(sources.words.characters.labels.tolist()))


def render(task: tuple[Path, int]) -> Path:
    """The file of a chunk of parts, rendered where it is not there yet."""
    work, chunk = task
    file = work / f"pages_{chunk:03}.npz"
    if not file.is_file():
        made = [page_part(_sources, _words, (SEED, chunk, place)) for place in range(CHUNK)]
        maps = np.stack([np.concatenate([each.maps, each.beside[None]]) for each in made])
        images, turned = np.stack([each.image for each in made]), np.array([each.turned for each in made])
        with (unfinished := file.with_suffix(".part")).open("wb") as stream:
            np.savez(stream, a=images, b=maps, c=turned)
        unfinished.rename(file)
    return file


if __name__ == "__main__":
    main()
