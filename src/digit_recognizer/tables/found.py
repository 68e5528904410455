"""What a table of pictures holds, whatever its format: a picture a row, and what is known of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.errors import DataError, ImageError
from digit_recognizer.images import open_picture
from digit_recognizer.images.arrays import InBatch, Refused
from digit_recognizer.images.given import in_batch
from digit_recognizer.images.shapes import COLOURS, side_of

WHOLE = "all"  # the part of a table that tells of no splits


@dataclass(frozen=True)
class PictureTable:
    """The pictures of a table in its order.

    pictures: each as `read_picture` takes it. labels: the words or numbers that name the classes, "" where a row has
    none. ids: what the rows are called, in the column `id_name`. columns: what else is known of each row.
    classes: their names in order, where the file tells them. notes: what was decided in reading.
    """

    pictures: Sequence[Any] = field(repr=False)
    labels: tuple[str, ...] | None = field(default=None, repr=False)
    ids: tuple[str, ...] | None = field(default=None, repr=False)
    id_name: str = "ImageId"
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    classes: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.pictures)

    def chosen(self, rows: Sequence[int]) -> PictureTable:
        """The rows at these places, without what says of which split they are."""
        columns = {name: words for name, words in self.columns.items() if name != "split"}
        return replace(
            self,
            pictures=Chosen(self.pictures, rows),
            labels=None if self.labels is None else tuple(self.labels[row] for row in rows),
            ids=None if self.ids is None else tuple(self.ids[row] for row in rows),
            columns={name: tuple(words[row] for row in rows) for name, words in columns.items()},
        )


@dataclass(frozen=True)
class Chosen(Sequence[Any]):
    """Some pictures of others, each opened when it is asked for."""

    pictures: Sequence[Any] = field(repr=False)
    rows: Sequence[int] = field(repr=False)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self.pictures[row] for row in self.rows[place]]
        return self.pictures[self.rows[place]]


@dataclass(frozen=True)
class Encoded(Sequence[Any]):
    """Pictures as their files' bytes, opened when they are asked for; what cannot be opened is Refused."""

    contents: Sequence[Any] = field(repr=False)

    def __len__(self) -> int:
        return len(self.contents)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        content = self.contents[place]
        if not isinstance(content, bytes):
            return content
        try:
            return open_picture(content, "picture")
        except ImageError as error:
            return Refused(str(error).removeprefix("picture: "))


@dataclass(frozen=True)
class _Joined(Sequence[Any]):
    """The pictures of several tables, one after the other."""

    parts: Sequence[Sequence[Any]] = field(repr=False)

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        part, row = self.find(place)
        return self.parts[part][row]

    def find(self, place: int) -> tuple[int, int]:
        """The part in which a picture stands, and its place there."""
        for part, pictures in enumerate(self.parts):
            if place < len(pictures):
                return part, place
            place -= len(pictures)
        raise IndexError(place)


def content_of(pictures: Sequence[Any], row: int) -> bytes:
    """What a picture is, whatever a network makes of it: the bytes of its file, or its numbers."""
    if isinstance(pictures, Chosen):
        return content_of(pictures.pictures, pictures.rows[row])
    if isinstance(pictures, _Joined):
        part, place = pictures.find(row)
        return content_of(pictures.parts[part], place)
    found = pictures.contents[row] if isinstance(pictures, Encoded) else pictures[row]
    if isinstance(found, InBatch):
        return np.ascontiguousarray(found.array).tobytes()
    return found if isinstance(found, bytes) else b""


def joined(tables: Sequence[PictureTable]) -> PictureTable:
    """Several tables of one set, as one. What not all of them say of their rows is left out."""
    if len(tables) == 1:
        return tables[0]
    labels = [each.labels for each in tables]
    known = set.intersection(*(set(each.columns) for each in tables))
    return PictureTable(
        _Joined([each.pictures for each in tables]),
        None if None in labels else tuple(word for some in labels for word in some or ()),
        columns={name: tuple(word for each in tables for word in each.columns[name]) for name in known},
        classes=tables[0].classes,
        notes=tuple(dict.fromkeys(note for each in tables for note in each.notes)),
    )


Parts = dict[str, PictureTable]  # by split, or WHOLE


def of_arrays(name: str, images: NDArray[Any], labels: NDArray[Any] | None, *, turned: bool = False) -> PictureTable:
    """Arrays as a table. images: (N, ...) or (..., N); labels: (N,), (N, 1), (1, N) or one-hot (N, K).

    turned: the pictures lie transposed. Raises DataError, with the name.
    """
    words = None if labels is None else as_words(name, labels)
    batch = _as_batch(name, images, None if words is None else len(words))
    upright = batch.swapaxes(1, 2) if turned else batch
    return PictureTable(in_batch(list(upright), upright), words)


def _as_batch(name: str, images: NDArray[Any], count: int | None) -> NDArray[Any]:
    """Images as (N, H, W), (N, H, W, 3) or (N, H, W, 4). count: of the labels, which says which axis counts them."""
    if images.dtype.kind not in "buif" or not images.size:
        raise DataError(f"{name}: is {images.dtype} of shape {images.shape}, which is not pictures.")
    if count is not None and images.shape[0] != count and images.shape[-1] == count:
        images = np.moveaxis(images, -1, 0)  # as MATLAB has them
    if count is not None and images.shape[0] != count:
        raise DataError(f"{name}: has shape {images.shape} and {count:,} labels. Give one label for each picture.")
    shape = images.shape
    if images.ndim == 2 and (flat := _flat(images)) is not None:
        return flat
    if images.ndim == 4 and shape[1] == 1:
        return _squared(images[:, 0])
    if images.ndim == 4 and shape[-1] == 1:
        return _squared(images[..., 0])
    if images.ndim == 3 or (images.ndim == 4 and shape[-1] in COLOURS):
        return _squared(images)
    if images.ndim == 4 and shape[1] in COLOURS:
        return images.transpose(0, 2, 3, 1)
    raise DataError(
        f"{name}: has shape {shape}. N pictures have the shape (N, 784), (N, H, W), (N, 1, H, W), (N, 3, H, W),"
        " (N, H, W, 1) or (N, H, W, 3)."
    )


def _squared(images: NDArray[Any]) -> NDArray[Any]:
    """Pictures of one row, (N, 1, 784), as squares; others as they are."""
    side = side_of(images.shape[2]) if images.ndim == 3 and images.shape[1] == 1 else None
    return images if side is None else images.reshape(-1, side, side)


def _flat(images: NDArray[Any]) -> NDArray[Any] | None:
    """Rows of pixels as squares, in colour where they are three times a square; None where they are neither."""
    values = images.shape[1]
    if side := side_of(values):
        return images.reshape(-1, side, side)
    if values % 3 == 0 and (side := side_of(values // 3)):
        return coloured(images, side)
    return None


def coloured(rows: NDArray[Any], side: int) -> NDArray[Any]:
    """Rows of 3 x side x side values as (N, side, side, 3): one channel after the other, or pixel after pixel.

    Neighbouring pixels are alike, so the layout with the smaller steps between them is the one that was meant.
    """
    some = rows[:200].astype(np.float64)
    beside = np.abs(np.diff(some.reshape(len(some), side, side, 3), axis=2)).mean()
    planar = np.abs(np.diff(some.reshape(len(some), 3, side, side), axis=3)).mean()
    if planar < beside:
        return rows.reshape(-1, 3, side, side).transpose(0, 2, 3, 1)
    return rows.reshape(-1, side, side, 3)


def as_words(name: str, labels: NDArray[Any]) -> tuple[str, ...]:
    """Labels of any accepted shape and type as words, one a picture; whole numbers without a decimal point."""
    values = labels.reshape(-1) if labels.ndim < 2 or 1 in labels.shape else labels
    if values.ndim == 2 and values.dtype.kind in "buif" and (values.sum(1) == 1).all() and (values.max(1) == 1).all():
        values = values.argmax(1)  # one-hot
    if values.ndim != 1 or values.dtype.kind not in "buifUS":
        raise DataError(f"{name}: is {labels.dtype} of shape {labels.shape}, which is not one label per picture.")
    if values.dtype.kind == "f":
        if not (values == np.rint(values)).all():
            raise DataError(f"{name}: holds labels that are not whole numbers.")
        values = values.astype(np.int64)
    if values.dtype.kind == "b":
        values = values.astype(np.int64)
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8", "replace")
    return tuple(map(str, values.tolist()))
