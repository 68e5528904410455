"""Lines that cross each other as rules do.

A row of digits can be dark nearly all along, too, but only a rule is dark where it meets the rules across it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.reading.rule_lines import Flat, Floats, Inked, Line, Lines

_ZONE = 0.12  # of a cell: beside a rule across
MET = 0.75  # of that zone is dark where a rule meets one across; and of the rules across are met


def rows_of(lines: list[Line]) -> Floats:
    """Where lines lie."""
    return np.array([line.row for line in lines])


def crossings(flats: tuple[Flat, Flat], rows: Floats, columns: Floats) -> Floats:
    """Where level and upright rules cross, (R, C, 2) across and down in the straightened outline."""
    x, y = np.meshgrid(columns, rows)
    for _ in range(3):
        y = rows[:, None] + flats[0].bend.offsets(x, rows)
        x = columns + flats[1].bend.offsets(y.T, columns).T
    return np.stack([x, y], axis=2)


def met(lines: list[Line], others: list[Line], nodes: Floats) -> NDArray[np.bool_]:
    """Whether each line is dark just before and just after each of those across it, (K, M, 2).

    nodes: (K, M), where along the line they cross.
    """
    steps, thick = np.diff(rows_of(others)), np.array([other.thick for other in others])
    before, after = np.append(steps[:1], steps), np.append(steps, steps[-1:])
    found = np.empty((*nodes.shape, 2), bool)
    for number, line in enumerate(lines):
        sums = np.concatenate([[0], np.cumsum(line.ink)])
        for side, (sign, pitch) in enumerate(((-1, before), (1, after))):
            near = nodes[number] + 0.5 + sign * (thick / 2 + 0.5)
            far = near + sign * np.maximum(2, _ZONE * pitch)
            low, high = np.rint(np.minimum(near, far)), np.rint(np.maximum(near, far))
            low, high = (np.clip(each, 0, len(line.ink)).astype(int) for each in (low, high))
            found[number, :, side] = sums[high] - sums[low] >= MET * np.maximum(high - low, 1)
    return found


def scores(both: NDArray[np.bool_], kept: tuple[Inked, Inked]) -> tuple[Floats, Floats]:
    """How well the kept lines across each line cross it, 0..1, (K,) and (M,).

    both: (K, M, 2, 2): dark before and after the crossing, of the level and of the upright line. Of the two lines that
    which goes on less counts; the outermost lines need not be crossed, but reached.
    """
    shares = both.mean(3)
    for line, keep in enumerate(kept):
        first, last = (int(np.flatnonzero(keep)[end]) for end in (0, -1))
        across = np.moveaxis(shares[:, :, 1 - line], line, 0)  # a view
        ends = np.moveaxis(both[:, :, 1 - line], line, 0)
        across[: first + 1], across[last:] = ends[: first + 1, ..., 1], ends[last:, ..., 0]
    cross = shares.min(2)
    return cross[:, kept[1]].mean(1), cross[kept[0]].mean(0)


def crossing(flats: tuple[Flat, Flat], found: Lines) -> Lines | None:
    """The lines that cross most of the others; None where there are none.

    The line that crosses the fewest is left out, again and again: a row of digits does not reach the rules across it,
    and no rule reaches the edge of the paper.
    """
    nodes = crossings(flats, rows_of(found[0]), rows_of(found[1]))
    level = met(found[0], found[1], nodes[:, :, 0])
    upright = met(found[1], found[0], nodes[:, :, 1].T).transpose(1, 0, 2)
    both = np.stack([level, upright], axis=2)
    kept = np.ones(len(found[0]), bool), np.ones(len(found[1]), bool)
    while min(kept[0].sum(), kept[1].sum()) >= 2:
        shares = [np.where(keep, share, 2) for keep, share in zip(kept, scores(both, kept), strict=True)]
        direction = int(shares[1].min() < shares[0].min())
        if shares[direction].min() >= MET:
            level_kept, upright_kept = (np.flatnonzero(keep).tolist() for keep in kept)
            return [found[0][number] for number in level_kept], [found[1][number] for number in upright_kept]
        kept[direction][shares[direction].argmin()] = False
    return None
