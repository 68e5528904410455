"""Pictures that cannot be read, left out of a set before anything learns from it: one bad file ends no training.

A split of pictures on disk is looked through when it is first asked for: each of its files is decoded once, as each
epoch decodes it. What cannot be read is left out with one warning, and named in a table (errors.csv of a run folder).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from digit_recognizer.data.pictures import FolderSplit, Prepare, by_workers
from digit_recognizer.data.spec import Dataset, Split
from digit_recognizer.errors import DataError, ImageError
from digit_recognizer.files import write_whole
from digit_recognizer.images import shown_name
from digit_recognizer.images.notes import gathered, tell

ERRORS = "errors.csv"
MOST = 1 / 2  # of a split: where more cannot be read, something else is wrong than some files
_AT_ONCE = 64
_FORMULA = ("=", "+", "-", "@")  # what makes a spreadsheet compute a cell


@dataclass(frozen=True)
class Seen:
    """What came of looking at one picture."""

    error: str | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Look:
    """Reads one file and keeps nothing of it; a plain object, so that workers can be sent it."""

    prepare: Prepare

    def __call__(self, path: str) -> Seen:
        error = None
        with gathered() as notes:
            try:
                self.prepare.read(path)
            except ImageError as complaint:
                error = str(complaint)
        return Seen(error, tuple(notes))


class ReadableSplits(Mapping[str, Split]):
    """The splits of a set, of pictures on disk those that can be read; each is looked through when first asked for."""

    def __init__(self, splits: Mapping[str, Split], classes: tuple[str, ...]) -> None:
        self.whole, self.ready = dict(splits), dict[str, Split]()
        self.classes = classes
        self.seen: dict[Path, Seen] = {}  # of all splits: one of an unsplit folder is the whole of it

    def __getitem__(self, name: str) -> Split:
        if name not in self.ready:
            split = self.whole[name]
            if isinstance(split, FolderSplit):
                kept = readable(split, name, self.seen)
                check_classes(name, split, kept, self.classes)
                split = kept
            self.ready[name] = split
        return self.ready[name]

    def __contains__(self, name: object) -> bool:
        return name in self.whole

    def __iter__(self) -> Iterator[str]:
        return iter(self.whole)

    def __len__(self) -> int:
        return len(self.whole)


def readable(split: FolderSplit, name: str, seen: dict[Path, Seen]) -> FolderSplit:
    """The pictures of a split that can be read; the others are warned of and stand in `left_out`.

    seen: what is known of files already, which grows. Raises DataError where too few are left to be the set.
    """
    new = tuple(dict.fromkeys(file for file in split.files if file not in seen))
    look = _Look(Prepare(split.preprocess, split.keep_ids))
    found = [each for batch in by_workers(new, look, _AT_ONCE, list) for each in batch] if new else []
    seen |= zip(new, found, strict=True)
    here = [seen[file] for file in split.files]
    errors = [(shown_name(split.files[i], split.keep_ids), each.error) for i, each in enumerate(here) if each.error]
    counted = f"{len(errors):,} of {len(here):,} pictures of the split {name!r}"
    if len(errors) > MOST * len(here):
        raise DataError(f"{counted} cannot be read, the first of them:\n{errors[0][1]}")
    tell(sorted({note for each in found for note in each.notes}), f"Of the split {name!r}: ")
    causes = [cause for _, cause in errors if cause]
    tell(causes, f"{counted} cannot be read and are left out: ")
    if not errors:
        return split
    kept = np.array([i for i, each in enumerate(here) if each.error is None], np.int64)
    return replace(split.chosen(kept), left_out=tuple((called, str(cause)) for called, cause in errors))


def check_classes(name: str, before: FolderSplit, after: FolderSplit, classes: tuple[str, ...]) -> None:
    """Raise DataError where of a class to learn no picture is left."""
    lost = {*np.unique(before.labels)} - {*np.unique(after.labels)} if before.labels.ndim == 1 else set()
    if name == "train" and lost:
        named = ", ".join(repr(classes[place]) for place in sorted(lost))
        raise DataError(f"No training picture of {named} can be read: {after.left_out[0][1]}")


def left_out(dataset: Dataset, names: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """The pictures of some splits that cannot be read: split, what each is called, and why."""
    splits = [(name, dataset.splits[name]) for name in names if name in dataset.splits]
    return [(name, *each) for name, split in splits if isinstance(split, FolderSplit) for each in split.left_out]


def write_errors(folder: Path | None, rows: list[tuple[str, str, str]]) -> None:
    """The table of what was left out, in a run folder where there is one; none where nothing was."""
    if folder and rows:
        lines = [",".join(map(cell, row)) for row in (("split", "file", "error"), *rows)]
        write_whole(folder / ERRORS, "".join(f"{line}\r\n" for line in lines).encode("utf-8", "backslashreplace"))


def cell(text: str) -> str:
    """A text as a cell of a CSV file, which no spreadsheet takes for a formula."""
    safe = f"'{text}" if text.startswith(_FORMULA) else text
    return '"' + safe.replace('"', '""').replace("\n", " ") + '"'
