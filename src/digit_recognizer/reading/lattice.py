"""The rules inside an outline, counted: as many as are drawn, whatever the distances between them.

Each level rule is a row of pixels that is dark all along. A row of digits can be dark nearly all along, too, but only
a rule is dark where it meets the rules across it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2
from digit_recognizer.reading.frame import Darkness, Quad
from digit_recognizer.reading.lattice_doubts import (
    DOUBLE,
    SEEN,
    UNSEEN,
    all_sides,
    broken,
    left_out,
    open_sides,
    strokes,
)
from digit_recognizer.reading.rule_lines import Flat, Floats, Inked, Line, candidates, flatten, unbent

Lines = tuple[list[Line], list[Line]]  # level, upright

GAPS = (1, 3, 5, 11)  # pixels of paper between the dots or dashes of a rule, about
MOST = 400  # lines of one direction that are looked at
ZONE = 0.12  # of a cell: beside a rule across
MET = 0.75  # of that zone is dark where a rule meets one across; and of the rules across are met
FILLS = 0.4  # of a cell: so near to the outermost rules is the outline of a grid
THIN = 0.25  # of a cell: a rule


@dataclass(frozen=True)
class Lattice:
    """The rules of a grid."""

    flats: tuple[Flat, Flat]
    nodes: Floats  # (R + 1, C + 1, 2): where they cross, across and down, in pixels of the straightened outline
    doubts: tuple[str, ...]  # why it may have another shape
    unseen: int  # sides of cells that show no rule
    quad: Quad

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.nodes.shape[0] - 1, self.nodes.shape[1] - 1

    @property
    def doubtful(self) -> tuple[int, int]:
        """The less, the better."""
        return len(self.doubts), self.unseen

    @property
    def fills(self) -> bool:
        """Whether its outermost rules lie where the outline does, or nearly."""
        ends = self.flats[0].corners[[0, 2]]  # upper left, lower right
        outermost = (
            np.array([np.median(self.nodes[:, 0, 0]), np.median(self.nodes[0, :, 1])]),
            np.array([np.median(self.nodes[:, -1, 0]), np.median(self.nodes[-1, :, 1])]),
        )
        steps = [np.median(np.diff(self.nodes[:, :, axis], axis=1 - axis)) for axis in (0, 1)]
        return bool((np.abs(np.array(outermost) - ends) <= FILLS * np.array(steps)).all())

    @property
    def photo(self) -> Floats:
        """The nodes in pixels of the picture."""
        flat = self.flats[0]
        back = cv2.getPerspectiveTransform(flat.corners, self.quad)
        return np.asarray(cv2.perspectiveTransform(self.nodes.reshape(-1, 1, 2), back), np.float64).reshape(
            self.nodes.shape
        )


def find_lattice(dark: Darkness, quad: Quad, gaps: tuple[int, ...] = GAPS) -> Lattice | None:
    """The rules in an outline; None where there are none that cross."""
    straight = flatten(dark, quad)
    bent = unbent(straight[0]), unbent(straight[1])
    best: Lattice | None = None
    for size in gaps:
        for flats in (straight, bent):
            found = counted(flats, quad, size)
            if found and not found.doubts and not found.unseen:
                return found
            if found and (best is None or found.doubtful < best.doubtful):
                best = found
    return best


def counted(flats: tuple[Flat, Flat], quad: Quad, size: int) -> Lattice | None:
    """The rules in an outline straightened, gaps of so many pixels closed."""
    found = candidates(flats[0], size), candidates(flats[1], size)
    if min(map(len, found)) < 2 or max(map(len, found)) > MOST:
        return None
    lines = crossing(flats, found)
    if lines is None:
        return None
    lines = merged(lines[0]), merged(lines[1])
    if max(map(len, lines)) < 3 or not thin(lines):
        return None
    nodes = crossings(flats, *map(rows_of, lines))
    ruled = all_sides(lines, nodes)
    unseen = int((ruled < SEEN).sum())
    doubts = [*broken(lines, ruled, size), *strokes(lines, ruled), *left_out(lines, found)]
    if unseen > UNSEEN * len(ruled):
        doubts.append(f"{unseen} of {len(ruled)} sides of cells show no rule")
    ends = open_sides(lines, nodes)
    if ends:
        doubts.append(f"no rule on its {', '.join(ends)} side")
        nodes = crossings(
            flats, *(np.sort([*rows_of(each), *more]) for each, more in zip(lines, added(ends), strict=True))
        )
    return Lattice(flats, nodes, tuple(doubts), unseen, quad)


def added(ends: dict[str, float]) -> tuple[list[float], list[float]]:
    """Where the level and the upright rules would lie that close a grid's open sides."""
    return [ends[name] for name in ("upper", "lower") if name in ends], [
        ends[name] for name in ("left", "right") if name in ends
    ]


def rows_of(lines: list[Line]) -> Floats:
    """Where lines lie."""
    return np.array([line.row for line in lines])


def thin(lines: Lines) -> bool:
    """Whether the lines are far thinner than what lies between them; those of text are not."""
    return all(np.median([line.thick for line in each]) <= THIN * np.median(np.diff(rows_of(each))) for each in lines)


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
            far = near + sign * np.maximum(2, ZONE * pitch)
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


def merged(lines: list[Line]) -> list[Line]:
    """The lines, those that are far nearer to each other than others as one."""
    steps = np.diff(rows_of(lines))
    usual = float(np.quantile(steps, 0.75))
    made: list[list[Line]] = [[lines[0]]]
    for step, line in zip(steps.tolist(), lines[1:], strict=True):
        if step < DOUBLE * usual and line.row - made[-1][0].row < 2 * DOUBLE * usual:
            made[-1].append(line)
        else:
            made.append([line])
    return [
        Line(
            float(np.mean([each.row for each in group])),
            np.any([each.ink for each in group], axis=0),
            group[-1].row - group[0].row + (group[0].thick + group[-1].thick) / 2,
        )
        for group in made
    ]
