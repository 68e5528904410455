"""What is on a picture besides the digit: dirt, rules of lined and squared paper, what lies beyond its edge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2

Ink = NDArray[np.uint8]
Mask = NDArray[np.bool_]

WORKING = 400  # pixels: side at which clutter is looked for
FAINT, STRONG = 64, 128  # of 255: ink, and ink that fainter ink around it belongs to
SOFT = 5  # pixels: the soft edges of a stroke and a pixel between
SPECK = 0.015  # of all ink: pieces with less are dirt
RULE = 1 / 16  # of the shorter side: what is thicker is no rule
LEAN = np.pi / 15  # from the picture's sides: rules lean no more
VOTES, ACROSS = 0.4, 0.75  # of the picture: a line that is seen so far is looked at; a rule is seen farther
DARKER = 1.4  # times as strong as the rule: that is a stroke on it
LINES = 100  # that are looked at
WHITE, BAR = 250, 0.75  # of 255: as white is a bar at a side, along so much of its length
ALONG = 0.5  # of one edge of the picture: what covers more of it is not on the paper
HUGGING = 0.04  # of the picture: what lies so near its edge as a whole is not the digit
MAIN = 0.5  # of all ink: where this much keeps off the edge, what touches it is not the digit
REMAINS = 0.05  # of all ink must remain, or else it was the digit that was taken for clutter


def without_clutter(ink: Ink) -> Ink:
    """Light ink on black, (H, W) uint8, without what can be told from a digit's strokes; the same shape."""
    factor = min(1.0, WORKING / max(ink.shape))
    size = (max(1, round(ink.shape[1] * factor)), max(1, round(ink.shape[0] * factor)))
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA).astype(np.float32) if factor < 1 else ink
    small = np.asarray(small * (255 / max(1.0, float(small.max()))), np.uint8)  # shrinking turns fine strokes grey
    kept = small
    for drop in (rules, beyond_the_paper, specks):
        left = np.where(drop(kept), 0, kept).astype(np.uint8)
        if np.count_nonzero(left >= STRONG) >= REMAINS * np.count_nonzero(kept >= STRONG):
            kept = left
    # What is fainter stays where it is the soft edge of a stroke, and goes with all else.
    strokes = cv2.dilate((kept >= FAINT).astype(np.uint8), np.ones((SOFT, SOFT), np.uint8))
    strokes[(small >= FAINT) & (kept < FAINT)] = 0
    stays = cv2.resize(strokes, ink.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    return np.where(stays, ink, 0).astype(np.uint8)


def rules(ink: Ink) -> Mask:
    """Thin straight lines from edge to edge, except where strokes cross them."""
    return lines_across(ink) | lines_across(np.ascontiguousarray(ink.T)).T


def lines_across(ink: Ink) -> Mask:
    """Lines from the left edge to the right one."""
    height, width = ink.shape
    thickest = max(2, round(min(height, width) * RULE))
    mask = (ink >= FAINT).astype(np.uint8)
    thin = mask - cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((thickest + 1, 1), np.uint8))
    upright = np.pi / 2
    found = cv2.HoughLines(
        thin, 1, np.pi / 360, max(1, round(VOTES * width)), min_theta=upright - LEAN, max_theta=upright + LEAN
    )
    rule, columns = np.zeros(ink.shape, bool), np.arange(width)
    for distance, angle in [] if found is None else found.reshape(-1, 2)[:LINES]:
        rows = (distance - columns * np.cos(angle)) / np.sin(angle)
        within = (rows > -0.5) & (rows < height - 0.5)
        at = np.rint(rows[within]).astype(int), columns[within]
        seen = mask[at] > 0
        if seen.sum() < ACROSS * width:
            continue
        beside = np.abs(np.arange(height)[:, None] - rows) <= thickest / 2 + 1
        rule |= beside & (thin > 0) & (ink <= DARKER * np.median(ink[at][seen]))
    return rule


def beyond_the_paper(ink: Ink) -> Mask:
    """Pieces that cover most of an edge of the picture, lie at it as a whole, or touch it while the digit does not."""
    count, pieces, boxes, _ = cv2.connectedComponentsWithStats((ink >= FAINT).astype(np.uint8), connectivity=8)
    height, width = ink.shape
    touching, outside = np.zeros(count, bool), np.zeros(count, bool)
    for edge in (pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1]):
        lengths = np.bincount(edge, minlength=count)
        outside |= lengths > ALONG * len(edge)
        touching |= lengths > 0
    left, top, wide, high, areas = boxes.T
    margin = HUGGING * min(height, width)
    outside |= (left + wide <= margin) | (top + high <= margin)
    outside |= (left >= width - margin) | (top >= height - margin)
    outside[0] = touching[0] = False
    on_paper = areas[1:][~outside[1:]].sum()
    if areas[1:][~(touching | outside)[1:]].sum() >= MAIN * on_paper:
        outside |= touching
    return np.asarray(outside[pieces])


def specks(ink: Ink) -> Mask:
    """Pieces that are small beside all ink, and those that are faint throughout."""
    count, pieces, boxes, _ = cv2.connectedComponentsWithStats((ink >= FAINT).astype(np.uint8), connectivity=8)
    areas = boxes[:, cv2.CC_STAT_AREA]
    certain = np.bincount(pieces[ink >= STRONG], minlength=count) > 0
    dirt = (areas < SPECK * areas[1:].sum()) | ~certain
    dirt[0] = False
    return np.asarray(dirt[pieces])


def without_bars(ink: Ink) -> Ink | None:
    """Light ink on black, (H, W) uint8, without even bars of white along two opposite sides, or one; None without bars.

    What a scanner saw beside a page. White along more sides than that is paper.
    """
    full = [(each >= WHITE).mean(0) >= BAR for each in (ink, ink.T)]
    barred = [bool(each[0] or each[-1]) and not each.all() for each in full]
    if barred[0] == barred[1]:
        return None
    bars, kept = full[barred.index(True)], ink.copy()
    upright = kept if barred[0] else kept.T
    upright[:, : int(bars.argmin())] = 0
    upright[:, len(bars) - int(bars[::-1].argmin()) :] = 0
    return kept
