"""Printed digits, drawn at each load from the fonts that are installed, split by font family; MNIST joined to them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from digit_recognizer.data.idx_sets import load_idx_set
from digit_recognizer.data.idx_specs import MNIST
from digit_recognizer.data.spec import SPLITS, ArraySplit, Dataset, DatasetSpec, Split, in_memory
from digit_recognizer.images import Preprocess
from digit_recognizer.synthetic.fonts import FONTS_FOLDER

PRINTED = DatasetSpec(
    name="printed",
    title="printed digits as phones photograph them; no font family is in two splits",
    task="multi-class",
    classes=tuple("0123456789"),
    channels=1,
    size=28,
    licence="MIT; each font has a free licence of its own",
    source="Debian's font packages, named in synthetic/printed_fonts.py",
    counts={"train": 60_000, "validation": 5_000, "calibration": 5_000, "test": 10_000},
)

_PHOTOGRAPHED = 15_000  # training digits of MNIST that are in the mixed set as photos show them, besides

MIXED = DatasetSpec(
    name="mixed",
    title="MNIST and printed digits, split by split; some of MNIST's training digits as phones photograph them, too",
    task="multi-class",
    classes=PRINTED.classes,
    channels=1,
    size=28,
    licence=f"MNIST: {MNIST.licence}; printed: {PRINTED.licence}",
    source=f"{MNIST.source}; {PRINTED.source}",
    counts={
        split: MNIST.counts[split] + PRINTED.counts[split] + (_PHOTOGRAPHED if split == "train" else 0)
        for split in SPLITS
    },
)

JOINED = {MIXED.name: (MNIST.name, PRINTED.name)}  # a set -> the sets that it is joined of


def load_printed(preprocess: Preprocess, folder: Path = FONTS_FOLDER) -> Dataset:
    """Printed digits as arrays in memory, the same at each load with the same fonts; drawing takes a minute or two.

    Raises DataError naming the font packages that are absent.
    """
    from digit_recognizer.synthetic.printed import printed_digits
    from digit_recognizer.synthetic.printed_fonts import find_families

    families = find_families(folder)
    return Dataset(
        PRINTED,
        {
            split: ArraySplit(*printed_digits(families[split], PRINTED.counts[split], seed, preprocess))
            for seed, split in enumerate(SPLITS)
        },
    )


def load_mixed(data_dir: Path | None, preprocess: Preprocess, folder: Path = FONTS_FOLDER) -> Dataset:
    """MNIST and printed digits joined, split by split. Raises DataError as load_printed and load_idx_set do."""
    mnist = load_idx_set(MNIST, data_dir)
    train = mnist.split("train").joined(in_photos(mnist.split("train"), preprocess))
    return joined(load_printed(preprocess, folder), Dataset(MNIST, {**mnist.splits, "train": train}))


def joined(printed: Dataset, mnist: Dataset) -> Dataset:
    """Both sets' splits as one each, shuffled in a fixed order: the first images of a split are of both kinds."""
    whole = {split: mnist.split(split).joined(printed.split(split)) for split in SPLITS}
    order = {split: np.random.default_rng(0).permutation(len(part)) for split, part in whole.items()}
    return Dataset(MIXED, {split: part.chosen(order[split]) for split, part in whole.items()})


def in_photos(split: Split, preprocess: Preprocess) -> ArraySplit:
    """Some of a split's digits as photos show them: small, blurred, on grey paper."""
    from digit_recognizer.synthetic.printed import written_digits

    chosen = np.sort(np.random.default_rng(0).permutation(len(split))[:_PHOTOGRAPHED])
    some = in_memory(split.chosen(chosen))
    return replace(some, images=written_digits(some.images, len(SPLITS), preprocess))
