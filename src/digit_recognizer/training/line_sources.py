"""Whose writing a line reader learns from: UNIPEN's pen strokes, MNIST's digits, fonts; and whose it is scored on."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from digit_recognizer.data import Dataset, Split
from digit_recognizer.data.cache import default_data_dir
from digit_recognizer.errors import DataError
from digit_recognizer.synthetic.lines import Shares, Sources
from digit_recognizer.synthetic.printed_fonts import find_families
from digit_recognizer.synthetic.shapes import Fonts, Hands, Masks, Words
from digit_recognizer.synthetic.strokes import load_characters, scales_of

FOLDER = "unipen"  # in the folder of data sets
_NUMBERS, _WORDS, _LETTERS = "unipen-numbers.npz", "unipen-words.npz", "unipen-letters.npz"
_SHORTEST_WORD = 3  # letters: a 1 with a flag and a 0 look like one or two letters


def training_sources(dataset: Dataset, learn: Split, shares: Shares) -> Sources:
    """Who writes the lines that are learned from; learn: pictures (N, 28, 28) of digits.

    Raises DataError where strokes or fonts are absent.
    """
    fonts = Fonts(find_families()["train"]) if shares.printed else None
    return _sources(dataset, learn, held_back=False, fonts=fonts, shares=shares)


def held_out_sources(dataset: Dataset, split: Split) -> Sources:
    """Who writes lines that are never learned from: UNIPEN's contributors that are held back, digits held out."""
    return _sources(dataset, split, held_back=True, fonts=None, shares=Shares(printed=0.0))


def _sources(dataset: Dataset, split: Split, *, held_back: bool, fonts: Fonts | None, shares: Shares) -> Sources:
    folder = Path(dataset.place.get("data_dir") or default_data_dir()) / FOLDER
    scales = scales_of(_found(folder / _NUMBERS))
    hands = Hands(load_characters(folder / _NUMBERS, held_back=held_back, scales=scales))
    words = load_characters(_found(folder / _WORDS), held_back=False, scales=scales)
    words = words.chosen([len(label) >= _SHORTEST_WORD for label in words.labels.tolist()])
    letters = Words(load_characters(_found(folder / _LETTERS), held_back=held_back, scales=scales))
    digits = Masks(split.take(np.arange(len(split))), split.labels, hands)
    return Sources(hands, digits, Words(words), fonts, shares, letters=letters)


def _found(path: Path) -> Path:
    if not path.is_file():
        raise DataError(
            f"{path}: is absent. A line reader learns from the pen strokes of UNIPEN (train_r01_v07, CC BY 4.0, doi"
            " 10.5281/zenodo.1195803), in the form that synthetic/strokes.py names. Put it there, or name its folder's"
            " parent as the folder of data sets.",
            see=("data_dir",),
        )
    return path
