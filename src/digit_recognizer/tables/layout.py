"""Where the pixels of a text table stand: by the names of its columns, or by its width where it has no names."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter

from digit_recognizer.images.shapes import LEAST, side_of
from digit_recognizer.tables.columns import called, plain

FEWEST = LEAST**2  # pixels of a picture
IDS = ("id", "imageid", "image_id", "index", "idx", "row_id", "", "unnamed:_0")
_PACKED = (
    "pixels",
    "pixel",
    "image",
    "img",
    "data",
)  # one column that holds all pixels of a picture, with blanks between
_PLACE = re.compile(r"(.*?)[-_. ]?(\d+)")
_GRID = re.compile(r"(.*?)[-_. ]?(\d+)[-_. x](\d+)", re.IGNORECASE)
_LABEL = re.compile(r"\+?\d{1,3}(\.0*)?")


@dataclass(frozen=True)
class Layout:
    """Where each thing stands in a row."""

    width: int  # columns
    pixels: tuple[int, ...]  # columns in the order of the pixels, row after row of the picture
    side: int
    channels: int
    names: tuple[str, ...] = ()  # of the other columns that count: label, id, patient...
    places: tuple[int, ...] = ()  # these columns
    header: bool = True
    id_name: str = "ImageId"
    packed: int | None = None  # the one column that holds all pixels
    notes: tuple[str, ...] = ()

    def cells(self, row: list[str]) -> Sequence[str]:
        """The pixels of a row."""
        if self.packed is not None:
            return _words(row[self.packed]) if self.packed < len(row) else ()
        return self._pick(row) if len(row) == self.width else ()

    @cached_property
    def _pick(self) -> Callable[[list[str]], Sequence[str]]:
        """What takes the pixels out of a row; in most tables they stand beside each other, in order."""
        first = self.pixels[0]
        beside = self.pixels == tuple(range(first, first + len(self.pixels)))
        return itemgetter(slice(first, first + len(self.pixels))) if beside else itemgetter(*self.pixels)

    def others(self, row: list[str]) -> list[str]:
        """What the row says of the picture, by `names`."""
        return [row[place].strip() for place in self.places]


def find_layout(rows: list[list[str]]) -> Layout | None:
    """Where the pixels stand in a table of which these are the first rows; None for a table of other things.

    Raises ValueError, saying what was found, for columns of pixels that make no picture.
    """
    if not rows:
        return None
    first = [cell.strip() for cell in rows[0]]
    numeric = [_is_number(cell) for cell in first]
    counted = _is_counted(first)
    mangled = _is_mangled(first, rows[1:])
    if sum(not each for each in numeric) <= 1 and not counted and first.count("") == 0:
        return _without_names(rows[1:] if mangled else rows, range(len(first)), header=mangled)
    groups = _groups(first)
    if not groups:
        return _packed(first, rows[1:])
    prefix, members = max(groups.items(), key=lambda group: len(group[1]))
    if len(members) < FEWEST:
        return _packed(first, rows[1:])
    if len({*members.values()}) < len([name for name in first if _key(name)[0] == prefix and _key(name)[1]]):
        raise ValueError(f"two of its columns of pixels have one name ({prefix or 'numbers'})")
    ordered = tuple(place for _, place in sorted(members.items()))
    if prefix == "" and _shape(len(ordered)) is None:  # numbers for names: the label may be one of them
        return _without_names(rows[1:], sorted(ordered), header=True, width=len(first))
    return _named(first, ordered, members)


def _is_counted(first: list[str]) -> bool:
    """Whether a first line numbers the columns, as pandas does, beside at most one name: "label", "0", "1"..."""
    numbers = [cell for cell in first if cell.isdecimal()]
    counts = [[str(start + place) for place in range(len(numbers))] for start in (0, 1)]
    return len(numbers) >= len(first) - 1 and len(numbers) > 1 and numbers in counts


def _is_mangled(first: list[str], rows: list[list[str]]) -> bool:
    """Whether a first line is what pandas makes of a row of numbers that it takes for names: 0, 0.1, 0.2..."""
    return any("." in cell for cell in first) and bool(rows) and not any("." in cell for row in rows for cell in row)


def _named(first: list[str], ordered: tuple[int, ...], members: dict[tuple[int, ...], int]) -> Layout | None:
    """The layout of columns with names."""
    shape = _shape(len(ordered))
    if shape is None or not _complete(members):
        ends = f"{first[ordered[0]]} to {first[ordered[-1]]}"
        raise ValueError(
            f"its {len(ordered)} columns {ends} are not the pixels of a square picture; 784 are 28 x 28 pixels"
        )
    rest = [place for place in range(len(first)) if place not in set(ordered)]
    known = called([first[place] for place in rest])
    known.pop("file", None)
    found = {ours: first.index(theirs) for ours, theirs in known.items()}
    spare = [place for place in rest if place not in found.values()]
    idents = [place for place in spare if plain(first[place]) in IDS]
    named = [place for place in idents if first[place]]
    if named:
        found["id"] = named[0]
    spare = [place for place in spare if place not in idents]
    notes: tuple[str, ...] = ()
    if "label" not in found and len(spare) == 1:
        found["label"] = spare.pop()
        notes = (f"the column {first[found['label']]!r} was used as the labels",)
    found |= {plain(first[place]): place for place in spare}
    return Layout(
        len(first),
        ordered,
        *shape,
        tuple(found),
        tuple(found.values()),
        id_name=first[found["id"]] if "id" in found else "ImageId",
        notes=notes,
    )


def _complete(members: dict[tuple[int, ...], int]) -> bool:
    """Whether the columns' numbers leave no gap; or their rows and columns of the picture are all there."""
    axes = [sorted({*axis}) for axis in zip(*members, strict=True)]
    return all(axis[-1] - axis[0] == len(axis) - 1 for axis in axes) and math.prod(map(len, axes)) == len(members)


def _without_names(rows: list[list[str]], columns: Sequence[int], *, header: bool, width: int = 0) -> Layout | None:
    """The layout of columns without names: all pixels, or a label before or after them."""
    count, width = len(columns), width or len(columns)
    shape = _shape(count)
    if shape and count >= FEWEST:
        return Layout(width, tuple(columns), *shape, header=header)
    shape = _shape(count - 1)
    if shape is None or count <= FEWEST:
        return None
    label = columns[0] if _label_is_first(rows, columns) else columns[-1]
    pixels = tuple(place for place in columns if place != label)
    where = "first" if label == columns[0] else "last"
    notes = (f"it has no names of columns; the {where} of its {count} columns was used as the labels",)
    return Layout(width, pixels, *shape, ("label",), (label,), header=header, notes=notes)


def _label_is_first(rows: list[list[str]], columns: Sequence[int]) -> bool:
    """Whether the labels stand before the pixels: corners of pictures hardly vary. Raises ValueError where unclear."""
    ends = []
    for place in (columns[0], columns[-1]):
        words = [row[place].strip() for row in rows[:500] if place < len(row)]
        like = all(_LABEL.fullmatch(word) or not _is_number(word) for word in words)
        ends.append((like, like and len({*words}) > 1, like and {*words} != {"0"}))
    first, last = ends
    for a, b in zip(first, last, strict=True):
        if a != b:
            return a
    if first[0] and not first[1]:
        return True  # neither varies: the usual place
    raise ValueError(
        f"its {len(columns)} columns have no names, and both the first and the last could be the labels;"
        " name them in a first line: label,pixel0,pixel1..."
    )


def _packed(first: list[str], rows: list[list[str]]) -> Layout | None:
    """The layout of a table with all pixels of a picture in one column, as FER2013 has them."""
    for place, name in enumerate(first):
        if plain(name) in _PACKED and rows and place < len(rows[0]):
            words = _words(rows[0][place])
            shape = _shape(len(words)) if all(map(_is_number, words)) else None
            if shape:
                rest = [other for other in first if other != name]
                known = called([each for each in rest if plain(each) not in _PACKED])
                known.pop("file", None)
                spare = [each for each in rest if each not in known.values() and plain(each) not in IDS]
                if "label" not in known and len(spare) == 1:
                    known["label"] = spare[0]
                found = {ours: first.index(theirs) for ours, theirs in known.items()}
                pixels = tuple(range(len(words)))
                return Layout(len(first), pixels, *shape, tuple(found), tuple(found.values()), packed=place)
    return None


def _words(cell: str) -> list[str]:
    """The numbers in one cell: with blanks, commas or brackets around them."""
    return cell.strip("[]() ").replace(",", " ").split()


def _shape(count: int) -> tuple[int, int] | None:
    """Side and channels of a square picture of so many values."""
    if side := side_of(count):
        return side, 1
    if count % 3 == 0 and (side := side_of(count // 3)):
        return side, 3
    return None


def _key(name: str) -> tuple[str, tuple[int, ...]]:
    """What a column's name begins with, and its number, or its row and column in the picture."""
    low = name.strip().lower()
    if grid := _GRID.fullmatch(low):
        return f"{grid[1]}#", (int(grid[2]), int(grid[3]))
    if place := _PLACE.fullmatch(low):
        return place[1], (int(place[2]),)
    return low, ()


def _groups(names: list[str]) -> dict[str, dict[tuple[int, ...], int]]:
    """The columns with numbers in their names: beginning -> number -> column."""
    groups: dict[str, dict[tuple[int, ...], int]] = {}
    for column, name in enumerate(names):
        prefix, number = _key(name)
        if number:
            groups.setdefault(prefix, {})[number] = column
    return groups


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True
