"""What speaks against the shape in which a grid's rules were counted."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from digit_recognizer.reading.rule_lines import Floats, Inked, Line, Lines

DOUBLE = 0.2  # of the usual distance: nearer rules are one double rule
SEEN = 0.4  # of a side of a cell is dark: the side is ruled
UNSEEN = 0.03  # of all sides: with fewer that show no rule, cells may be joined, but the shape is clear
WHOLE = 0.8  # of all sides is dark: the rules are not broken
_CLOSED = 0.15  # of a cell: gaps in rules, at most; digits leave as much
_STRONG = 0.88  # of a line is dark: it may be a rule
_FAINT = 0.4  # and of one that lies where even steps want a rule
_UNEVEN = 0.2  # of a cell: by so much even steps may differ in a photo
_MOSTLY = 0.6  # of the steps are one cell
FEW = 4  # cells
_SLIM = 0.12  # of a cell: a rule of so small a grid
OPEN = 0.35  # of a cell: so far rules go on where the cells beyond have no outer rule
_GAP = 4  # pixels: a rule ends where more are light


def sides(lines: list[Line], nodes: Floats) -> Floats:
    """How much of each line is dark from one crossing to the next, (K, M - 1); nodes: (K, M), along the lines."""
    made = np.empty((nodes.shape[0], nodes.shape[1] - 1))
    for number, line in enumerate(lines):
        ends = np.clip(np.rint(nodes[number]), 0, len(line.ink) - 1).astype(int).tolist()
        made[number] = [line.ink[a : max(b, a + 1)].mean() for a, b in pairwise(ends)]
    return made


def all_sides(lines: Lines, nodes: Floats) -> Floats:
    """How much of each side of each cell is dark; nodes: (R + 1, C + 1, 2)."""
    return np.concatenate([sides(lines[0], nodes[:, :, 0]).ravel(), sides(lines[1], nodes[:, :, 1].T).ravel()])


def broken(lines: Lines, ruled: Floats, size: int) -> list[str]:
    """Whether the rules have gaps, or gaps were closed (of `size` pixels) as wide as those around digits."""
    pitch = min(float(np.median(np.diff([line.row for line in each]))) for each in lines)
    closed = size > 1 and (size > _CLOSED * pitch or min(map(len, lines)) < 3)
    return ["its ruled lines are broken"] if closed or ruled.mean() < WHOLE else []


def strokes(lines: Lines, ruled: Floats) -> list[str]:
    """Whether so few lines may be the strokes of a large digit."""
    if (len(lines[0]) - 1) * (len(lines[1]) - 1) > FEW:
        return []
    thick = max(
        np.median([line.thick for line in each]) / np.median(np.diff([line.row for line in each])) for each in lines
    )
    return ["its few lines may be strokes"] if thick > _SLIM or ruled.min() < _STRONG else []


def left_out(lines: Lines, found: Lines) -> list[str]:
    """Whether lines among the rules were left out that are as dark as rules, or lie where even steps want one."""
    strong = 0
    for each, across, others in zip(lines, lines[::-1], found, strict=True):
        rows = np.array([line.row for line in each])
        pitch = float(np.median(np.diff(rows)))
        along = slice(round(across[0].row), round(across[-1].row))
        wanted = lacking(rows, pitch)
        for line in others:
            away = min(abs(line.row - rule.row) - rule.thick / 2 for rule in each)
            if away <= DOUBLE * pitch or not each[0].row < line.row < each[-1].row:
                continue
            in_step = any(abs(line.row - place) < _UNEVEN * pitch for place in wanted)
            strong += line.ink[along].mean() >= (_FAINT if in_step else _STRONG)
    return [f"lines that look like ruled lines ({strong}) do not meet the others"] if strong else []


def lacking(rows: Floats, pitch: float) -> list[float]:
    """Where a rule lacks if all are evenly spaced, which most of them are."""
    steps = np.diff(rows) / pitch
    even = np.abs(steps - np.rint(steps)) < _UNEVEN
    if len(steps) < 4 or not even.all() or (np.rint(steps) == 1).mean() < _MOSTLY:
        return []
    return [
        start + pitch * (number + 1) * step / round(step)
        for start, step in zip(rows[:-1].tolist(), steps.tolist(), strict=True)
        for number in range(round(step) - 1)
    ]


def open_sides(lines: Lines, nodes: Floats) -> dict[str, float]:
    """The sides of a grid beyond which its rules go on, and how far down or across they end there."""
    found = {}
    for each, along, names in (
        (lines[0], nodes[:, :, 0], ("left", "right")),
        (lines[1], nodes[:, :, 1].T, ("upper", "lower")),
    ):
        for sign, name in zip((-1, 1), names, strict=True):
            first, second = (along[:, 0], along[:, 1]) if sign < 0 else (along[:, -1], along[:, -2])
            starts = first if sign > 0 else len(each[0].ink) - 1 - first
            runs = [run(line.ink[::sign], start) for line, start in zip(each, starts.tolist(), strict=True)]
            room = len(each[0].ink) - 1 - float(np.median(starts))
            far = max(float(np.median(runs)), min(runs[0], runs[-1]))  # a title over all columns leaves only two
            if far >= min(OPEN * float(np.median(np.abs(first - second))), room - 2):
                found[name] = float(np.median(first)) + sign * far
    return found


def run(ink: Inked, start: float) -> float:
    """How far a line goes on from a place, small gaps skipped."""
    rest = np.flatnonzero(ink[round(start) :])
    if not len(rest) or rest[0] > _GAP:
        return 0.0
    gaps = np.flatnonzero(np.diff(rest) > _GAP)
    return float(rest[gaps[0]] if len(gaps) else rest[-1])
