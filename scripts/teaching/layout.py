"""What stands where on a page: numbers and other writing in rows, in columns, in boxes, each at its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from digit_recognizer.synthetic.lines import Sources
from digit_recognizer.synthetic.shapes import Floats
from digit_recognizer.synthetic.written import (
    Mark,
    Written,
    drawn_style,
)
from teaching.hand import Box, Hand, Item, Layout
from teaching.printed_words import PrintedWords

_KINDS = {"rows": 0.29, "table": 0.21, "squares": 0.18, "boxes": 0.08, "lone": 0.19, "text": 0.03, "nothing": 0.02}
# Of a digit's height: the most between the digits of a number, without boxes around them, and the least between two
# numbers in a line. What lies between them would teach nothing.
_WIDEST_GAP, _APART = 0.45, 0.75
_ASIDE = 0.4  # of a digit's height: between a cell's sides and its number
_SINGLE = 0.4  # share of what stands alone that is one digit
_MOST = 90  # things on a part of a page: more of small writing would take long and teach no more


def laid_out(sources: Sources, words: PrintedWords, side: int, unit: float, draw: Generator) -> Layout:
    """The writing on a square part of a page. side: its pixels; unit: pixels of a digit's height."""
    source = sources.somebody(draw)
    wordy = float(draw.choice([0.0, 0.25, 0.7], p=[0.5, 0.35, 0.15]))
    style = drawn_style(draw, tight=bool(draw.random() < 0.15))
    style = replace(style, gap=min(style.gap, _WIDEST_GAP))
    ones = float(draw.choice([0.05, 0.6], p=[0.6, 0.4]))
    hand = Hand(sources, words, source, style, unit, wordy, ones, draw)
    kinds: dict[str, Callable[[Hand, int], Layout]] = {
        "rows": _rows,
        "table": _table,
        "squares": _squares,
        "boxes": _boxes,
        "lone": _lone,
        "text": _text,
        "nothing": lambda hand, _: Layout((), hand.unit, (), ()),
    }
    return kinds[str(draw.choice(list(_KINDS), p=list(_KINDS.values())))](hand, side)


def _feet(hand: Hand, side: int, closest: float, widest: float) -> list[float]:
    step = hand.unit * float(np.exp(hand.draw.uniform(np.log(closest), np.log(widest))))
    return np.arange(hand.draw.uniform(0, step), side + hand.unit, max(step, 8.0)).tolist()


def _rows(hand: Hand, side: int) -> Layout:
    """Lines of writing, things apart by more than the characters of a number are."""
    draw, items = hand.draw, list[Item]()
    feet = _feet(hand, side, 1.35, 3.5)
    apart = max(_APART, hand.style.gap + 0.45) * draw.uniform(1.0, 3.0)
    for foot in feet:
        if draw.random() < 0.12:
            continue
        at = float(draw.uniform(-1, 2)) * hand.unit if draw.random() < 0.7 else float(draw.uniform(0, side))
        while at < side and len(items) < _MOST:
            written, number = hand.token()
            items.append(hand.item(written, at, foot + hand.style.rise * at, number=number))
            at = _right(items[-1]) + hand.unit * apart * float(np.exp(draw.uniform(0, 0.8)))
            if draw.random() < 0.1:
                break
    return Layout(tuple(items), hand.unit, tuple(feet), ())


def _right(item: Item) -> float:
    edge = float(item.written.boxes[:, 2].max()) if len(item.written.boxes) else 0.0
    return edge * item.unit + float(item.origin[0])


def _table(hand: Hand, side: int) -> Layout:
    """Rows and columns; some cells are empty."""
    draw, items, cells = hand.draw, list[Item](), list[Box]()
    step = hand.unit * float(draw.uniform(1.3, 2.4))
    tops = np.arange(draw.uniform(-step, 0), side, max(step, 8.0)).tolist()
    edges = [float(draw.uniform(-4, 0)) * hand.unit]
    while edges[-1] < side:
        edges.append(edges[-1] + hand.unit * float(draw.uniform(2.0, 7.0)))
    wordy = draw.random(len(edges)) < 0.15  # columns of words
    for top in tops:
        foot = top + (step + hand.unit) / 2
        for column, (left, right) in enumerate(pairwise(edges)):
            cells.append((left, top, right, top + step))
            if draw.random() < 0.15 or len(items) > _MOST:
                continue
            written, number = (hand.word(), False) if wordy[column] else hand.token()
            size = float(np.ptp(written.boxes[:, [0, 2]])) if len(written.boxes) else 0.0
            free = right - left - size * hand.unit
            if free > 2 * _ASIDE * hand.unit:
                move = float(draw.uniform(_ASIDE * hand.unit, free - _ASIDE * hand.unit))
                items.append(hand.item(written, left + move, foot + float(draw.normal(0, 0.06)) * step, number=number))
    return Layout(tuple(items), hand.unit, tuple(tops), tuple(cells))


def _squares(hand: Hand, side: int) -> Layout:
    """Single digits in rows and columns, each a number."""
    draw, items, cells = hand.draw, list[Item](), list[Box]()
    pitch = hand.unit * np.exp(draw.uniform(np.log([1.5, 1.25]), np.log(2.5)))
    filled = float(draw.choice([1.0, draw.uniform(0.2, 1)]))
    for top in np.arange(draw.uniform(-pitch[1], 0), side, max(8.0, pitch[1])).tolist():
        for left in np.arange(draw.uniform(-pitch[0], 0), side, max(8.0, pitch[0])).tolist():
            cells.append((left, top, left + pitch[0], top + pitch[1]))
            if draw.random() > filled or len(items) > _MOST:
                continue
            written = hand.digit()
            wide = float(np.ptp(written.boxes[:, [0, 2]])) * hand.unit
            x = left + (pitch[0] - wide) / 2 + draw.normal(0, 0.05) * hand.unit
            foot = top + (pitch[1] + hand.unit) / 2 + draw.normal(0, 0.05) * hand.unit
            items.append(hand.item(written, x, foot, number=True))
    return Layout(tuple(items), hand.unit, (), tuple(cells))


def _boxes(hand: Hand, side: int) -> Layout:
    """Numbers in forms, a box for each digit."""
    draw, items, cells = hand.draw, list[Item](), list[Box]()
    wide = hand.unit * float(draw.uniform(1.0, 1.5))
    high = hand.unit * float(draw.uniform(1.15, 1.7))
    for foot in _feet(hand, side, 2.0, 4.0):
        at = float(draw.uniform(-2, 3)) * hand.unit
        while at < side:
            count = int(draw.integers(1, 8))
            digits = [hand.digit() for _ in range(count)]
            items.append(hand.item(_in_boxes(digits, wide / hand.unit), at, foot, number=True))
            top = foot - (high + hand.unit) / 2
            cells += [(at + wide * (each - 0.15), top, at + wide * (each + 0.85), top + high) for each in range(count)]
            at += wide * count + hand.unit * float(draw.uniform(0.8, 4))
    return Layout(tuple(items), hand.unit, (), tuple(cells), boxed=True)


def _in_boxes(digits: list[Written], pitch: float) -> Written:
    """Digits side by side, one in each box."""
    marks, boxes = list[Mark](), list[Floats]()
    for place, digit in enumerate(digits):
        left, _, right, _ = digit.boxes[0].tolist()
        move = place * pitch + (0.7 * pitch - (right - left)) / 2 - left
        for mark in digit.marks:
            there = mark.place.copy()
            there[0, 2] += move
            marks.append(Mark(mark.shape, there, mark.pressed, mark.thicker))
        boxes.append(digit.boxes[0] + np.array([move, 0, move, 0], np.float32))
    return Written("".join(digit.text for digit in digits), tuple(marks), np.stack(boxes))


def _lone(hand: Hand, side: int) -> Layout:
    """A few numbers anywhere."""
    draw, items = hand.draw, list[Item]()
    for _ in range(int(draw.integers(1, 5))):
        written, number = (hand.digit(), True) if draw.random() < _SINGLE else hand.token()
        place = draw.uniform(0.1, 0.8, 2) * side
        made = hand.item(written, float(place[0]), float(place[1]) + hand.unit, number=number)
        if not any(_meets(made, other) for other in items):
            items.append(made)
    return Layout(tuple(items), hand.unit, (), ())


def _meets(one: Item, other: Item) -> bool:
    first, second = one.corners(), other.corners()
    if first is None or second is None:
        return False
    margin = 0.6 * one.unit
    return bool((first.min(0) - margin < second.max(0)).all() and (second.min(0) - margin < first.max(0)).all())


def _text(hand: Hand, side: int) -> Layout:
    """Words alone, as in a letter or a book."""
    hand.wordy = float(hand.draw.choice([1.0, 0.93]))
    return _rows(hand, side)
