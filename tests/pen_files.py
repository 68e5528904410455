"""Small files of pen strokes in UNIPEN's form, drawn by hand: three writers, one of them of a contributor held back."""

from __future__ import annotations

from pathlib import Path

import numpy as np

_STROKES = {  # x to the right, y up, a digit about 10 high
    "0": [[(0, 5), (2, 10), (5, 5), (2, 0), (0, 5)]],
    "1": [[(0, 10), (0, 0)]],
    "2": [[(0, 8), (3, 10), (5, 7), (0, 0), (5, 0)]],
    "3": [[(0, 10), (5, 10), (2, 6), (5, 3), (0, 0)]],
    "4": [[(2, 10), (0, 4), (5, 4)], [(4, 8), (4, 0)]],
    "5": [[(5, 10), (0, 10), (0, 6), (5, 4), (0, 0)]],
    "6": [[(4, 10), (0, 4), (3, 0), (5, 3), (1, 4)]],
    "7": [[(0, 10), (5, 10), (2, 0)]],
    "8": [[(2, 5), (5, 8), (2, 10), (0, 8), (5, 2), (2, 0), (0, 2), (2, 5)]],
    "9": [[(5, 8), (2, 10), (0, 7), (5, 7), (4, 0)]],
    ".": [[(0, 0)]],
    ",": [[(1, 1), (0, -2)]],
    "-": [[(0, 5), (3, 5)]],
    "/": [[(0, 0), (5, 10)]],
    ":": [[(0, 2)], [(0, 6)]],
    "+": [[(0, 5), (4, 5)], [(2, 7), (2, 3)]],
    "%": [[(0, 9), (1, 8)], [(0, 0), (5, 10)], [(4, 1), (5, 0)]],
    "(": [[(2, 11), (0, 5), (2, -1)]],
    ")": [[(0, 11), (2, 5), (0, -1)]],
}
_WORDS = {
    "num": [[(0, 0), (2, 5), (4, 0), (5, 5), (6, 0), (8, 5), (9, 0)]],
    "in": [[(0, 0), (0, 5)], [(2, 0), (2, 5), (4, 5), (4, 0)]],
}
_LETTERS = {
    "a": [[(4, 5), (0, 5), (0, 0), (4, 0)], [(4, 6), (4, 0)]],
    "o": [[(0, 2), (2, 5), (4, 2), (2, 0), (0, 2)]],
}
WRITERS = {"ann": "abc", "bob": "abc", "cid": "val"}  # and their contributors


def write_pen_files(folder: Path, scale: float = 20.0) -> Path:
    """Write unipen-numbers.npz, unipen-words.npz and unipen-letters.npz below folder/unipen; the folder."""
    target = folder / "unipen"
    target.mkdir(parents=True, exist_ok=True)
    for name, characters in (("numbers", _STROKES), ("words", _WORDS), ("letters", _LETTERS)):
        strokes = [(label, writer, each) for writer in WRITERS for label, each in characters.items()]
        points = [np.array(stroke) for _, _, each in strokes for stroke in each]
        np.savez(
            target / f"unipen-{name}.npz",
            points=np.rint(np.concatenate(points) * scale).astype(np.int32),
            stroke_lengths=np.array([len(stroke) for stroke in points]),
            strokes=np.array([len(each) for _, _, each in strokes]),
            labels=np.array([label for label, _, _ in strokes]),
            writers=np.array([writer for _, writer, _ in strokes]),
            contributors=np.array([WRITERS[writer] for _, writer, _ in strokes]),
        )
    return folder
