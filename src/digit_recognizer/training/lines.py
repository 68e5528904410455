"""What a line reader learns from: strings made anew for each step, the loss of CTC, and strings to score it on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import ctc_loss

from digit_recognizer.data import Split
from digit_recognizer.images import Preprocess
from digit_recognizer.images.strings import HEIGHT, draw_strings, plain
from digit_recognizer.models.ctc import collapsed
from digit_recognizer.training.batches import Batch, Batches
from digit_recognizer.training.recipe import LineRecipe

# A line's height and the height that its ink is brought to; levels as everywhere.
LINE_FORM = Preprocess(size=HEIGHT, box=22)
VALIDATION_STRINGS, VALIDATION_LENGTH, VALIDATION_OVERLAP = 1000, 5, 0.1
VALIDATION_BATCH = 100
SAMPLE, SAMPLE_LENGTH = 64, 4


class TrainingStrings:
    """Strings of training digits: all of a batch have one length, drawn anew; a step's depend on its number alone."""

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
            lines = draw_strings(self.images, picks, self.recipe.style, (seed, epoch, step, 1))
            inputs = torch.from_numpy(LINE_FORM.normalise(lines))
            yield inputs.to(self.device), torch.from_numpy(self.labels[picks]).to(self.device)


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
            lines = draw_strings(self.images, rows, plain(VALIDATION_OVERLAP), (seed, epoch, start))
            inputs = torch.from_numpy(LINE_FORM.normalise(lines))
            yield inputs.to(self.device), torch.from_numpy(self.labels[rows]).to(self.device)


def string_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """The negative log probability of strings (n, L) by logits (n, T, K + 1), mean per digit, nats (Graves et al. 2006)."""
    n, columns, classes = logits.shape
    log_probabilities = logits.log_softmax(2).transpose(0, 1)
    lengths = torch.full((n,), columns), torch.full((n,), labels.shape[1])
    return ctc_loss(log_probabilities, labels, *lengths, blank=classes - 1, zero_infinity=True)


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
    return draw_strings(split.take(np.arange(len(split))), picks, plain(VALIDATION_OVERLAP), (0,))
