"""The rules inside an outline, counted: as many as are drawn, whatever the distances between them.

The outline is straightened, the page's bend taken out, and then each level rule is a row of pixels that is dark all
along. A row of digits can be dark nearly all along, too, but only a rule is dark where it meets the rules across it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2
from digit_recognizer.reading.bend import POWERS, Bend, find_bend
from digit_recognizer.reading.frame import Darkness, Quad

Floats = NDArray[np.float64]
Inked = NDArray[np.bool_]

AROUND = 1 / 8  # of a side: margin in which rules may go on
THICKEST = 1 / 50  # of a side: what is thicker and dark is filled, no rule
DARK = 0.12  # darkness that counts as full: a hairline then weighs as much as a bold rule or a digit
FAINTEST = 0.03  # contrast of a rule
COMMON = 0.35  # quantile of a row's darkness that tells a rule: digits leave more paper between
SPREADS = 4.0  # standard deviations of what rows have that are no rule
GAPS = (1, 3, 5, 11)  # pixels of paper between the dots or dashes of a rule, about
CLOSED = 0.15  # of a cell: gaps in rules, at most; digits leave as much
WHOLE = 0.8  # of its sides is dark: a grid's rules are not broken
BROKEN = "its rules are broken"
STRONG = 0.88  # of a line is dark: it may be a rule
OPEN = 0.35  # of a cell: so far rules go on where the cells beyond have no outer rule
THIN = 0.25  # of a cell: a rule
MOST = 400  # lines
ZONE = 0.12  # of a cell: beside a rule across
MET = 0.75  # of the rules across a rule are met by it
DOUBLE = 0.2  # of the usual distance: nearer rules are one double rule
SEEN = 0.4  # of a side of a cell is dark: the side is ruled


@dataclass(frozen=True)
class Flat:
    """An outline straightened, its rules of one direction lying level and unbent."""

    dark: Darkness  # (H, W), thin ink alone, 0..1 of DARK
    bend: Bend
    top: int  # pixels of margin above, and
    left: int  # beside
    height: int  # of the outline
    width: int

    @property
    def corners(self) -> Quad:
        """Of the outline."""
        right, bottom = self.left + self.width, self.top + self.height
        return np.array([[self.left, self.top], [right, self.top], [right, bottom], [self.left, bottom]], np.float32)


@dataclass(frozen=True)
class Line:
    """A level rule, or what looks like one."""

    row: float  # pixels down, of the straightened outline
    ink: Inked  # (W,): where it is dark
    thick: float  # pixels


@dataclass(frozen=True)
class Lattice:
    """The rules of a grid."""

    flats: tuple[Flat, Flat]
    lines: tuple[list[Line], list[Line]]  # level, upright
    nodes: Floats  # (R + 1, C + 1, 2): where they cross, across and down, in pixels of the straightened outline
    doubts: tuple[str, ...]  # why it may have another shape
    quad: Quad

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.nodes.shape[0] - 1, self.nodes.shape[1] - 1

    @property
    def photo(self) -> Floats:
        """The nodes in pixels of the picture."""
        flat = self.flats[0]
        back = cv2.getPerspectiveTransform(flat.corners, self.quad)
        return np.asarray(cv2.perspectiveTransform(self.nodes.reshape(-1, 1, 2), back), np.float64).reshape(
            self.nodes.shape
        )


def flatten(dark: Darkness, quad: Quad) -> tuple[Flat, Flat]:
    """The outline straightened, for its level rules and, axes exchanged, for its upright ones."""
    sides = np.linalg.norm(quad - np.roll(quad, -1, axis=0), axis=1)
    width, height = max(16, round(max(sides[0], sides[2]))), max(16, round(max(sides[1], sides[3])))
    left, top = round(AROUND * width) + 4, round(AROUND * height) + 4
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) + np.float32([left, top])
    homography = cv2.getPerspectiveTransform(quad, corners)
    size = (width + 2 * left, height + 2 * top)
    flat = np.asarray(cv2.warpPerspective(dark, homography, size, flags=cv2.INTER_LINEAR), np.float32)
    level, upright = thin_ink(flat, height), thin_ink(np.ascontiguousarray(flat.T), width)
    straight = np.zeros(len(POWERS))
    return (
        Flat(level, Bend(straight, left, top, width, height), top, left, height, width),
        Flat(upright, Bend(straight, top, left, height, width), left, top, width, height),
    )


def thin_ink(flat: Darkness, height: int) -> Darkness:
    """What is dark and thin from above to below, 0..1 of DARK; height: of the outline."""
    side = max(9, round(THICKEST * height)) | 1
    thin = cv2.morphologyEx(flat, cv2.MORPH_TOPHAT, np.ones((side, 1), np.uint8))
    return np.asarray(np.minimum(thin, DARK) / DARK, np.float32)


def unbent(flat: Flat) -> Flat:
    """The same with the page's bend taken out."""
    bend = find_bend(flat.dark, flat.top, flat.left, flat.height, flat.width)
    return replace(flat, dark=bend.taken_out(flat.dark), bend=bend)


def candidates(flat: Flat, size: int) -> list[Line]:
    """The rows that are darker than those beside nearly all along, gaps of so many pixels closed."""
    joined = cv2.morphologyEx(flat.dark, cv2.MORPH_CLOSE, np.ones((1, size), np.uint8))
    soft = cv2.dilate(joined, np.ones((3, 1), np.uint8))
    inside = slice(flat.left, flat.left + flat.width)
    profile = np.quantile(soft[:, inside], COMMON, axis=1)
    sharp = joined[:, inside].mean(1)
    noise = float(np.quantile(profile, 0.2))
    least = noise + FAINTEST / DARK
    taken = np.zeros(len(profile), bool)
    found = []
    for row in np.lexsort((-sharp, -profile)).tolist():
        if profile[row] < least:
            break
        if taken[row]:
            continue
        first, last = hill(profile - noise, row)
        taken[max(0, first - 1) : last + 2] = True
        along = soft[row].astype(np.float64)
        level = float(np.median(along[inside]))
        found.append(Line(float(row), along >= noise + 0.5 * (level - noise), max(1.0, last - first - 1.0)))
    return sorted(found, key=lambda line: line.row)


def hill(profile: Floats, top: int) -> tuple[int, int]:
    """The first and last place of a hill around its top: where it has fallen by half, or rises again."""
    ends = []
    for step in (-1, 1):
        at = lowest = top
        while 0 <= at + step < len(profile) and profile[at + step] >= 0.5 * profile[top]:
            at += step
            if profile[at] < profile[lowest]:
                lowest = at
            elif profile[at] > 1.3 * profile[lowest]:
                at = lowest
                break
        ends.append(at)
    return ends[0], ends[1]


def find_lattice(dark: Darkness, quad: Quad, gaps: tuple[int, ...] = GAPS) -> Lattice | None:
    """The rules in an outline; None where there are none that cross."""
    straight = flatten(dark, quad)
    bent = unbent(straight[0]), unbent(straight[1])
    best: Lattice | None = None
    for size in gaps:
        for flats in (straight, bent):
            found = counted(flats, quad, size)
            if found and not found.doubts:
                return found
            best = best or found
    return best


def counted(flats: tuple[Flat, Flat], quad: Quad, size: int) -> Lattice | None:
    """The rules in an outline straightened, gaps of so many pixels closed."""
    found = candidates(flats[0], size), candidates(flats[1], size)
    if min(len(each) for each in found) < 2 or max(len(each) for each in found) > MOST:
        return None
    lines = crossing(flats, found)
    if lines is None:
        return None
    lines = merged(lines[0]), merged(lines[1])
    if max(map(len, lines)) < 3 or not thin(lines):
        return None
    return assessed(flats, lines, quad, doubts_of(lines, found, size))


def doubts_of(lines: tuple[list[Line], list[Line]], found: tuple[list[Line], list[Line]], size: int) -> list[str]:
    """Whether gaps were closed as wide as those around digits, and lines left out that are as dark as rules."""
    doubts = []
    pitch = min(float(np.median(np.diff([line.row for line in each]))) for each in lines)
    if size > 1 and (size > CLOSED * pitch or min(map(len, lines)) < 3):
        doubts.append(BROKEN)
    strong = 0
    for each, across, all_lines in zip(lines, lines[::-1], found, strict=True):
        first, last = round(across[0].row), round(across[-1].row)
        strong += sum(
            line.ink[first:last].mean() >= STRONG
            and each[0].row < line.row < each[-1].row
            and min(abs(line.row - other.row) - other.thick / 2 for other in each) > DOUBLE * pitch
            for line in all_lines
        )
    return [*doubts, f"{strong} lines that look like rules do not meet the others"] if strong else doubts


def thin(lines: tuple[list[Line], list[Line]]) -> bool:
    """Whether the lines are far thinner than what lies between them; those of text are not."""
    return all(
        np.median([line.thick for line in each]) <= THIN * np.median(np.diff([line.row for line in each]))
        for each in lines
    )


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
    places = [other.row for other in others]
    steps = np.diff(places)
    before, after = np.append(steps[:1], steps), np.append(steps, steps[-1:])
    found = np.empty((*nodes.shape, 2), bool)
    for number, line in enumerate(lines):
        sums = np.concatenate([[0], np.cumsum(line.ink)])
        for side, (sign, pitch) in enumerate(((-1, before), (1, after))):
            near = nodes[number] + 0.5 + sign * (np.array([other.thick for other in others]) / 2 + 0.5)
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


def crossing(flats: tuple[Flat, Flat], found: tuple[list[Line], list[Line]]) -> tuple[list[Line], list[Line]] | None:
    """The lines that cross most of the others; None where there are none.

    The line that crosses the fewest is left out, again and again: a row of digits does not reach the rules across it,
    and no rule reaches the edge of the paper.
    """
    rows, columns = (np.array([line.row for line in each]) for each in found)
    nodes = crossings(flats, rows, columns)
    both = np.stack(
        [met(found[0], found[1], nodes[:, :, 0]), met(found[1], found[0], nodes[:, :, 1].T).transpose(1, 0, 2)], 2
    )
    kept = np.ones(len(rows), bool), np.ones(len(columns), bool)
    while min(kept[0].sum(), kept[1].sum()) >= 2:
        shares = [np.where(keep, share, 2) for keep, share in zip(kept, scores(both, kept), strict=True)]
        direction = int(shares[1].min() < shares[0].min())
        if shares[direction].min() >= MET:
            return tuple([line for line, keep in zip(each, keeps) if keep] for each, keeps in zip(found, kept))
        kept[direction][shares[direction].argmin()] = False
    return None


def merged(lines: list[Line]) -> list[Line]:
    """The lines, those that are far nearer to each other than others as one."""
    steps = np.diff([line.row for line in lines])
    usual = float(np.quantile(steps, 0.75)) if len(steps) else 0.0
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


def assessed(flats: tuple[Flat, Flat], lines: tuple[list[Line], list[Line]], quad: Quad, doubts: list[str]) -> Lattice:
    """The grid of these lines, and what is doubtful about it."""
    nodes = crossings(flats, *(np.array([line.row for line in each]) for each in lines))
    ruled = np.concatenate([sides(lines[0], nodes[:, :, 0]).ravel(), sides(lines[1], nodes[:, :, 1].T).ravel()])
    missing = int((ruled < SEEN).sum())
    if np.mean(ruled) < WHOLE and BROKEN not in doubts:
        doubts = [*doubts, BROKEN]
    doubts = [*doubts, f"{missing} of {len(ruled)} sides of cells show no rule"] if missing else doubts
    ends = [open_ends(lines[0], nodes[:, :, 0]), open_ends(lines[1], nodes[:, :, 1].T)]
    sidenames = (("left", "right"), ("upper", "lower"))
    more: list[list[float]] = [[], []]
    for direction, names in enumerate(sidenames):
        for name, end in zip(names, ends[direction], strict=True):
            if end is not None:
                more[1 - direction].append(end)
                doubts.append(f"its {name} side has no rule")
    if doubts:
        added = [
            sorted([*each, *(Line(row, each[0].ink, 1.0) for row in rows)], key=lambda line: line.row)
            for each, rows in zip(lines, more, strict=True)
        ]
        nodes = crossings(flats, *(np.array([line.row for line in each]) for each in added))
    return Lattice(flats, lines, nodes, tuple(doubts), quad)


def sides(lines: list[Line], nodes: Floats) -> Floats:
    """How much of each line is dark from one crossing to the next, (K, M - 1)."""
    made = np.empty((nodes.shape[0], nodes.shape[1] - 1))
    for number, line in enumerate(lines):
        ends = np.clip(np.rint(nodes[number]), 0, len(line.ink) - 1).astype(int)
        made[number] = [line.ink[a : max(b, a + 1)].mean() for a, b in zip(ends[:-1], ends[1:], strict=True)]
    return made


def open_ends(lines: list[Line], nodes: Floats) -> list[float | None]:
    """Where the lines end that go on beyond their first and their last crossing for a good part of a cell, or None."""
    made: list[float | None] = []
    for end, sign in ((0, -1), (-1, 1)):
        pitch = float(np.median(np.abs(nodes[:, end] - nodes[:, end - sign])))
        runs = [
            run(line.ink[::sign], start)
            for line, start in zip(
                lines, nodes[:, end] if sign > 0 else len(lines[0].ink) - 1 - nodes[:, end], strict=True
            )
        ]
        far = float(np.median(runs))
        rest = float(np.median(len(lines[0].ink) - 1 - nodes[:, end] if sign > 0 else nodes[:, end]))
        made.append(float(np.median(nodes[:, end])) + sign * far if far >= min(OPEN * pitch, rest - 2) else None)
    return made


def run(ink: Inked, start: float) -> int:
    """How far a line goes on from a place, gaps of three pixels skipped."""
    rest = np.flatnonzero(ink[round(start) :])
    if not len(rest) or rest[0] > 5:
        return 0
    gaps = np.flatnonzero(np.diff(rest) > 4)
    return int(rest[gaps[0]] if len(gaps) else rest[-1])
