"""The rules inside an outline, counted: as many as are drawn, whatever the distances between them.

Each level rule is a row of pixels that is dark all along (`rule_lines`) and meets the rules across it (`meeting`); what
speaks against their number is told by `lattice_doubts`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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
from digit_recognizer.reading.meeting import crossing, crossings, rows_of
from digit_recognizer.reading.rule_lines import Flat, Floats, Line, Lines, candidates, flatten, unbent

GAPS = (1, 3, 5, 11)  # pixels of paper between the dots or dashes of a rule, about
MOST = 400  # lines of one direction that are looked at
_FILLS = 0.4  # of a cell: so near to the outermost rules is the outline of a grid
_THIN = 0.25  # of a cell: a rule


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
        return bool((np.abs(np.array(outermost) - ends) <= _FILLS * np.array(steps)).all())

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
    lines = _merged(lines[0]), _merged(lines[1])
    if max(map(len, lines)) < 3 or not thin(lines):
        return None
    nodes = crossings(flats, *map(rows_of, lines))
    ruled = all_sides(lines, nodes)
    unseen = int((ruled < SEEN).sum())
    doubts = [*broken(lines, ruled, size), *strokes(lines, ruled), *left_out(lines, found)]
    if unseen > UNSEEN * len(ruled):
        doubts.append(f"{unseen} of {len(ruled)} sides of cells show no line")
    ends = open_sides(lines, nodes)
    if ends:
        doubts.append(f"no line on its {', '.join(ends)} side")
        nodes = crossings(
            flats, *(np.sort([*rows_of(each), *more]) for each, more in zip(lines, added(ends), strict=True))
        )
    return Lattice(flats, nodes, tuple(doubts), unseen, quad)


def added(ends: dict[str, float]) -> tuple[list[float], list[float]]:
    """Where the level and the upright rules would lie that close a grid's open sides."""
    return [ends[name] for name in ("upper", "lower") if name in ends], [
        ends[name] for name in ("left", "right") if name in ends
    ]


def thin(lines: Lines) -> bool:
    """Whether the lines are far thinner than what lies between them; those of text are not."""
    return all(np.median([line.thick for line in each]) <= _THIN * np.median(np.diff(rows_of(each))) for each in lines)


def _merged(lines: list[Line]) -> list[Line]:
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
