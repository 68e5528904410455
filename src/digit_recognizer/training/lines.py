"""What a line reader learns from: strings made anew for each step, the loss of CTC, and strings to score it on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import ctc_loss, nll_loss, pad

from digit_recognizer.data import Split
from digit_recognizer.images import Preprocess
from digit_recognizer.images.strings import HEIGHT, draw_strings, plain
from digit_recognizer.models.ctc import collapsed
from digit_recognizer.models.line_reader import PIXELS
from digit_recognizer.training.batches import Batch, Batches
from digit_recognizer.training.recipe import LineRecipe

# A line's height and the height that its ink is brought to; levels as everywhere.
LINE_FORM = Preprocess(size=HEIGHT, box=22)
VALIDATION_STRINGS, VALIDATION_LENGTH, VALIDATION_OVERLAP = 1000, 5, 0.1
VALIDATION_BATCH = 100
SAMPLE, SAMPLE_LENGTH = 64, 4
ANY = -100  # a column that may say what it will


class TrainingStrings:
    """Strings of training digits: all of a batch have one length, drawn anew; a step's depend on its number alone.

    The labels are (n, 2, length): the digits, and the column of logits in the middle of each one's box.
    """

    resumes_inside_epochs = True

    def __init__(self, split: Split, recipe: LineRecipe, device: torch.device) -> None:
        self.images, self.labels = split.take(np.arange(len(split))), split.labels
        self.recipe, self.device = recipe, device

    def __len__(self) -> int:
        """Strings an epoch."""
        return self.recipe.learning.images or 0

    def epoch(self, seed: int, epoch: int, first_step: int = 0) -> Iterator[Batch]:
        size = self.recipe.learning.batch_size
        for step in range(first_step, -(-len(self) // size)):
            count = min(size, len(self) - step * size)
            draw = np.random.default_rng((seed, epoch, step))
            picks = draw.integers(0, len(self.labels), (count, draw.integers(1, self.recipe.longest + 1)))
            lines, boxes = draw_strings(self.images, picks, self.recipe.style, (seed, epoch, step, 1))
            middles = boxes.sum(2) // (2 * PIXELS)
            inputs = torch.from_numpy(LINE_FORM.normalise(lines))
            labels = torch.from_numpy(np.stack([self.labels[picks], middles], axis=1))
            yield inputs.to(self.device), labels.to(self.device)


class ValidationStrings:
    """The same strings of held-out digits at each call: five digits, their boxes overlapping by a tenth."""

    resumes_inside_epochs = False

    def __init__(self, split: Split, device: torch.device) -> None:
        self.images, self.labels = split.take(np.arange(len(split))), split.labels
        self.device = device

    def __len__(self) -> int:
        return VALIDATION_STRINGS

    def epoch(self, seed: int, epoch: int, first_step: int = 0) -> Iterator[Batch]:
        picks = np.random.default_rng(seed).integers(0, len(self.labels), (len(self), VALIDATION_LENGTH))
        for start in range(first_step * VALIDATION_BATCH, len(self), VALIDATION_BATCH):
            rows = picks[start : start + VALIDATION_BATCH]
            lines, _ = draw_strings(self.images, rows, plain(VALIDATION_OVERLAP), (seed, epoch, start))
            inputs = torch.from_numpy(LINE_FORM.normalise(lines))
            yield inputs.to(self.device), torch.from_numpy(self.labels[rows]).to(self.device)


def string_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """How badly logits (n, T, K + 1) say strings and places (n, 2, L), nats per digit.

    The loss of CTC (Graves et al. 2006) leaves it to the network where in its box a digit is told, and it takes long to
    settle that. These strings are made, so the places are known: the cross-entropy of the columns is added.
    """
    digits, middles = labels[:, 0], labels[:, 1]
    log_probabilities = logits.log_softmax(2)
    n, columns, classes = logits.shape
    lengths = torch.full((n,), columns), torch.full((n,), digits.shape[1])
    alignments = ctc_loss(log_probabilities.transpose(0, 1), digits, *lengths, blank=classes - 1, zero_infinity=True)
    told = column_targets(digits, middles, columns, classes - 1)
    placed = nll_loss(log_probabilities.flatten(0, 1), told.flatten(), ignore_index=ANY, reduction="sum")
    return alignments + placed / digits.numel()


def column_targets(digits: Tensor, middles: Tensor, columns: int, blank: int) -> Tensor:
    """What each column (n, T) should say: a digit in the middle of its box, ANY beside it, the blank elsewhere.

    ANY, too, for digits so near to each other that no blank fits between their middles.
    """
    close = middles.diff(dim=1) < 2
    crowded = pad(close, (1, 0)) | pad(close, (0, 1))
    targets = torch.full((len(digits), columns), blank, device=digits.device)
    for beside in (-1, 1):
        targets.scatter_(1, (middles + beside).clamp(0, columns - 1), ANY)
    return targets.scatter_(1, middles, digits.masked_fill(crowded, ANY))


def share_right(network: nn.Module, strings: Batches) -> float:
    """The share of strings that are read wholly right, by the most probable class of each column."""
    network.eval()
    correct = 0
    with torch.inference_mode():
        for inputs, labels in strings.epoch(0, 0):
            read = network(inputs).argmax(2).cpu().numpy()
            blank = network.get_parameter("logits.bias").shape[0] // 2 - 1
            wanted = labels.cpu().tolist()
            correct += sum(collapsed(row, blank) == tuple(string) for row, string in zip(read, wanted, strict=True))
    return correct / len(strings)


def sample_lines(split: Split) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Lines on which the two forms of the model file must agree."""
    picks = np.arange(SAMPLE * SAMPLE_LENGTH).reshape(SAMPLE, SAMPLE_LENGTH) % len(split)
    return draw_strings(split.take(np.arange(len(split))), picks, plain(VALIDATION_OVERLAP), (0,))[0]
