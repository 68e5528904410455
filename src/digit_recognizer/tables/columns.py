"""What the columns of a table are called, and what people call them instead."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "calibration": "calibration",
    "test": "test",
    "testing": "test",
}
# Our name -> theirs, the first that counts most: where several of the others stand in one table, none is guessed.
NAMES: dict[str, tuple[str, ...]] = {
    "file": (
        *("file", "filename", "file_name", "filepath", "file_path", "image", "image_name", "image_file", "image_path"),
        *("imagepath", "img", "img_name", "img_path", "path", "picture"),
    ),
    "label": ("label", "labels", "class", "classes", "class_name", "classname", "target", "category", "y"),
    "patient": ("patient", "patient_id", "patientid", "subject", "subject_id", "subjectid"),
    "split": ("split", "subset", "partition", "usage", "set"),
}


_NUMBER = re.compile(r"[+-]?\d{1,9}([.,]\d*)?(e[+-]?\d{1,2})?", re.IGNORECASE)


def plain_labels(words: Sequence[str]) -> tuple[str, ...]:
    """Labels without what says only how they were stored: "5" for "5.0", where all of them are whole numbers."""
    whole: dict[str, str] = {}
    for word in {*words} - {""}:
        number = float(word.replace(",", ".")) if _NUMBER.fullmatch(word) else 0.5
        if not number.is_integer():
            return tuple(words)
        whole[word] = str(int(number))
    return tuple(words) if all(map(str.isdecimal, whole)) else tuple(whole.get(word, word) for word in words)


def plain(name: str) -> str:
    """A column's name in small letters, with one kind of joint."""
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def called(names: Sequence[str], rows: Sequence[Mapping[str, str]] = ()) -> dict[str, str]:
    """Our names of columns -> what they are called in a table. Raises ValueError where two columns could be one.

    rows: by the table's own names; a column is taken for the splits only where it holds nothing but their names.
    """
    found: dict[str, str] = {}
    for ours, others in NAMES.items():
        known = {plain(name): name for name in names}
        fit = [known[other] for other in others if other in known]
        if fit and plain(fit[0]) != ours and ours == "split":
            fit = [name for name in fit if all(row[name].lower() in SPLIT_NAMES for row in rows)]
        if len(fit) > 1 and plain(fit[0]) != ours:
            raise ValueError(
                f"its columns {fit[0]!r} and {fit[1]!r} could both be the {ours}; rename the right one to {ours!r}"
            )
        if fit:
            found[ours] = fit[0]
    return found
