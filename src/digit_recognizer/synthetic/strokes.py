"""Characters as pen strokes, of one size by writer: what lines are written with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_HELD_BACK = ("uqb", "val")  # contributors of UNIPEN that measure, and are never learned from
DIGITS = tuple("0123456789")
Stroke = NDArray[np.float32]  # (n, 2): x to the right, y down


@dataclass(frozen=True)
class Characters:
    """Characters of people: a writer's digits are about 1 high; each stands on y = 0, its left at x = 0."""

    strokes: tuple[tuple[Stroke, ...], ...]  # (N,)
    labels: NDArray[np.str_]  # (N,) one character, or a word
    writers: NDArray[np.str_]  # (N,)
    contributors: NDArray[np.str_]  # (N,)

    def __len__(self) -> int:
        return len(self.labels)

    def chosen(self, kept: Sequence[bool]) -> Characters:
        """Some of them."""
        places = np.flatnonzero(np.asarray(kept, bool))
        return Characters(
            tuple(self.strokes[place] for place in places.tolist()),
            self.labels[places],
            self.writers[places],
            self.contributors[places],
        )


def load_characters(path: Path, *, held_back: bool, scales: Mapping[str, float] | None = None) -> Characters:
    """UNIPEN's characters from an npz file.

    It holds points (P, 2) int32, x to the right, y up, in the tablet's units; stroke_lengths, the points of each
    stroke; strokes, the strokes of each character; and labels, writers, contributors, a word each for each character.

    held_back: those of HELD_BACK alone, or all others alone. scales: `scales_of` the file of digits; a word is scaled
    by the height of its box where its writer left no digits.
    """
    with np.load(path, allow_pickle=False) as data:
        read = {name: data[name] for name in data.files}
    points = read["points"].astype(np.float32) * np.array([1, -1], np.float32)
    ends = np.cumsum(read["stroke_lengths"])[:-1]
    parts = np.split(points, ends)
    bounds = np.concatenate([[0], np.cumsum(read["strokes"])])
    scales = scales or scales_of(path)
    kept = np.flatnonzero(np.isin(read["contributors"], _HELD_BACK) == held_back)
    made, places = [], []
    for place in kept:
        strokes = parts[bounds[place] : bounds[place + 1]]
        key = str(read["writers"][place])
        whole = np.concatenate(strokes)
        low, high = whole.min(0), whole.max(0)
        scale = scales.get(key) or scales.get(str(read["contributors"][place])) or max(1.0, float(high[1] - low[1]))
        size = (high - low) / scale
        if size.max() > 4 * max(1, len(str(read["labels"][place]))):
            continue
        origin = np.array([low[0], high[1]], np.float32)
        made.append(tuple(np.asarray((stroke - origin) / scale, np.float32) for stroke in strokes))
        places.append(place)
    return Characters(tuple(made), *(read[name][places] for name in ("labels", "writers", "contributors")))


def scales_of(path: Path) -> dict[str, float]:
    """The height of a digit of each writer, and of each contributor, in the units of its tablet."""
    with np.load(path, allow_pickle=False) as data:
        read: dict[str, Any] = {name: data[name] for name in data.files}
    bounds = np.concatenate([[0], np.cumsum(read["stroke_lengths"])])
    firsts = np.concatenate([[0], np.cumsum(read["strokes"])])
    heights: dict[str, list[float]] = {}
    for place in np.flatnonzero(np.isin(read["labels"], DIGITS)):
        y = read["points"][bounds[firsts[place]] : bounds[firsts[place + 1]], 1]
        for key in (str(read["writers"][place]), str(read["contributors"][place])):
            heights.setdefault(key, []).append(float(np.ptp(y)))
    return {key: max(1.0, float(np.median(each))) for key, each in heights.items()}
