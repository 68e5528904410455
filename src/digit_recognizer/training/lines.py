"""Training data of a line reader (new rendered lines at each step), the CTC loss, and validation lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import ctc_loss

from digit_recognizer.images.lines import as_inputs, scaled_line
from digit_recognizer.models.ctc import collapsed
from digit_recognizer.models.line_reader import CLASSES
from digit_recognizer.synthetic.lines import Sources, line_picture
from digit_recognizer.synthetic.pictures import Picture
from digit_recognizer.synthetic.shapes import CHARACTERS
from digit_recognizer.synthetic.written import LETTERS, STRUCK
from digit_recognizer.training.any_recipe import LineRecipe
from digit_recognizer.training.batches import Batch, Batches

VALIDATION_LINES, _VALIDATION_BATCH = 1000, 50
_SAMPLE = 8  # lines on which the two forms of the model file must agree
_POOL = 8  # batches that are rendered together and sorted by width, so that little of a batch is padding
_NONE = -1  # fills the labels of shorter texts
_LABELS = {name: place for place, name in enumerate((*CHARACTERS, STRUCK, LETTERS))}
_BLANK = len(CLASSES)


class TrainingLines:
    """Lines rendered anew: those of a step depend on the sources, the seed, the epoch and the step's number alone."""

    resumes_inside_epochs = True

    def __init__(self, sources: Sources, recipe: LineRecipe, device: torch.device) -> None:
        self.sources, self.recipe, self.device = sources, recipe, device

    def __len__(self) -> int:
        """Lines an epoch."""
        return self.recipe.learning.images or 0

    def epoch(self, seed: int, epoch: int, first_step: int = 0) -> Iterator[Batch]:
        """Batches of inputs (n, 1, 48, W) float32 and labels (n, L) int64, -1 after the end of a text."""
        size = self.recipe.learning.batch_size
        for pool in range(first_step // _POOL, -(-len(self) // (size * _POOL))):
            start = pool * size * _POOL
            places = range(start, min(start + size * _POOL, len(self)))
            lines = [_narrow(self.sources, (seed, epoch, place), self.recipe.widest) for place in places]
            lines.sort(key=lambda line: line.image.shape[1])
            batches = [lines[at : at + size] for at in range(0, len(lines), size)]
            order = np.random.default_rng((seed, epoch, start)).permutation(len(batches))
            for each in order[max(0, first_step - pool * _POOL) :]:
                yield _batch(batches[each], self.device)


class ValidationLines:
    """The same lines at each call: of UNIPEN's contributors that are held back, and of digits held out."""

    resumes_inside_epochs = False

    def __init__(self, sources: Sources, device: torch.device) -> None:
        self.lines = sorted(
            (line_picture(sources, (0, place)) for place in range(VALIDATION_LINES)),
            key=lambda line: line.image.shape[1],
        )
        self.device = device

    def __len__(self) -> int:
        return len(self.lines)

    def epoch(self, _seed: int, _epoch: int, first_step: int = 0) -> Iterator[Batch]:
        for start in range(first_step * _VALIDATION_BATCH, len(self), _VALIDATION_BATCH):
            yield _batch(self.lines[start : start + _VALIDATION_BATCH], self.device)


def _narrow(sources: Sources, seed: Sequence[int], widest: int) -> Picture:
    """The first line of a seed that is no wider than `widest` pixels."""
    attempt = 0
    while (line := line_picture(sources, (*seed, attempt))).image.shape[1] > widest:
        attempt += 1
    return line


def _batch(lines: Sequence[Picture], device: torch.device) -> Batch:
    inputs = as_inputs([scaled_line(line.image) for line in lines])
    labels = np.full((len(lines), max(1, *(len(line.text) for line in lines))), _NONE)
    for row, line in zip(labels, lines, strict=True):
        row[: len(line.text)] = [_LABELS[character] for character in line.text]
    return torch.from_numpy(inputs).to(device), torch.from_numpy(labels).to(device)


def line_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """The loss of CTC (Graves et al. 2006) of logits (n, T, K + 1) for texts (n, L), nats a line, mean.

    A text that needs more columns than there are counts nothing.
    """
    lengths = (labels != _NONE).sum(1)
    columns = torch.full((len(labels),), logits.shape[1])
    losses = ctc_loss(
        logits.float().log_softmax(2).transpose(0, 1),
        labels.clamp(min=0),
        columns,
        lengths,
        blank=_BLANK,
        reduction="none",
        zero_infinity=True,
    )
    return losses.mean()


def share_right(network: nn.Module, lines: Batches) -> float:
    """The share of lines that are read wholly right, by the most probable class of each column."""
    network.eval()
    correct = 0
    with torch.inference_mode():
        for inputs, labels in lines.epoch(0, 0):
            read: NDArray[np.int64] = network(inputs).argmax(2).cpu().numpy()
            wanted = [tuple(label for label in row if label != _NONE) for row in labels.tolist()]
            correct += sum(collapsed(row, _BLANK) == text for row, text in zip(read, wanted, strict=True))
    return correct / len(lines)


def sample_lines(sources: Sources) -> NDArray[np.float32]:
    """Inputs on which the two forms of the model file must agree."""
    pictures = [line_picture(sources, (0, place)).image for place in range(_SAMPLE)]
    return as_inputs([scaled_line(each) for each in pictures])
