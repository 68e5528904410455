"""Pictures on disk as a split of a data set: decoded and prepared by a DataLoader's workers as they are asked for."""

from __future__ import annotations

import ctypes
import hashlib
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.data.spec import Images, Labels, Split, joined_columns
from digit_recognizer.dicom.modality import modality_of
from digit_recognizer.errors import DataError, ImageError
from digit_recognizer.files import sha256_of
from digit_recognizer.images import Preprocess, read_picture, shown_name
from digit_recognizer.images.notes import gathered
from digit_recognizer.paging import split_page
from digit_recognizer.processes import cores

_SAMPLED = 200  # pictures, about, that tell in which form a set's are
SMALL = 512  # pictures that one process decodes sooner than workers start


@dataclass(frozen=True)
class Prepare:
    """Reads one file of a class folder as a network sees it; a plain object, so that workers can be sent it."""

    preprocess: Preprocess
    keep_ids: bool = False  # whether DICOM files are called by their own names

    def __call__(self, path: str) -> Images | str:
        """The prepared image, (H, W) or (H, W, 3) uint8, all zero where a digit has no ink; or what is wrong."""
        try:
            with gathered():  # what is to be told was told when the set was looked through (readable.py)
                fitted = self.preprocess.fit(self.read(path))
        except ImageError as error:
            return str(error)
        return np.zeros(self.preprocess.shape, np.uint8) if fitted is None else fitted

    def read(self, path: str) -> Images:
        """The picture as it is, (H, W) or (H, W, 3) uint8. Raises ImageError."""
        form, channels = self.preprocess.form, self.preprocess.channels
        return read_picture(path, channels=channels, keep_ids=self.keep_ids, form=form)


def sampled(files: Sequence[Path], preprocess: Preprocess, keep_ids: bool) -> Iterator[Images]:
    """Some of the pictures in files as they are, evenly chosen; those that cannot be read are passed over."""
    read = Prepare(preprocess, keep_ids).read
    for file in files[:: max(1, len(files) // _SAMPLED)]:
        with suppress(ImageError), gathered():
            yield read(str(file))


@dataclass(frozen=True)
class FolderSplit:
    """Pictures on disk, decoded and prepared by a DataLoader's workers as they are asked for.

    files: their names; that of a page ends on its number, `cine.dcm[2]`.
    """

    files: tuple[Path, ...] = field(repr=False)
    labels: Labels = field(repr=False)
    preprocess: Preprocess
    columns: Mapping[str, NDArray[np.str_]] = field(default_factory=dict, repr=False)
    keep_ids: bool = False  # whether DICOM files are called by their own names
    left_out: tuple[tuple[str, str], ...] = ()  # pictures that cannot be read: what each is called, and why

    def __len__(self) -> int:
        return len(self.files)

    def names(self) -> list[str]:
        """What each file is called in an output, (N,)."""
        return [shown_name(file, self.keep_ids) for file in self.files]

    @cached_property
    def sha256(self) -> str:
        digest = hashlib.sha256()
        for file, label in zip(self.files, self.labels, strict=True):
            digest.update(f"{content_hash(file)} {label.tolist()}\n".encode())
        return digest.hexdigest()

    def take(self, indices: NDArray[np.int64]) -> Images:
        if not len(indices):
            return np.zeros((0, *self.preprocess.shape), np.uint8)
        return np.concatenate([*self.chosen(indices).batches(256)])

    def chosen(self, indices: NDArray[np.int64]) -> FolderSplit:
        """The part of this split at `indices`."""
        columns = {name: words[indices] for name, words in self.columns.items()}
        return replace(self, files=tuple(self.files[i] for i in indices), labels=self.labels[indices], columns=columns)

    def joined(self, *others: Split) -> FolderSplit:
        parts = [self, *(other for other in others if isinstance(other, FolderSplit))]
        if len(parts) <= len(others):
            raise DataError(
                "Pictures on disk cannot be joined with images in memory. Load all splits of the set in the same way."
            )
        if any(part.preprocess != self.preprocess for part in parts):
            raise DataError(
                "Pictures that are prepared in different ways cannot be joined. Load them with one Preprocess."
            )
        return replace(
            self,
            files=tuple(file for part in parts for file in part.files),
            labels=np.concatenate([part.labels for part in parts]),
            columns=joined_columns(parts),
            keep_ids=all(part.keep_ids for part in parts),
            left_out=tuple(each for part in parts for each in part.left_out),
        )

    def batches(self, size: int, order: NDArray[np.int64] | None = None) -> Iterator[Images]:
        """Raises DataError, naming the file, where a picture cannot be read."""
        read = Prepare(self.preprocess, self.keep_ids)
        for images in by_workers(self.files, read, size, stack, order):
            if isinstance(images, str):
                raise DataError(f"{images}\nRepair or remove that file; nothing else was changed.")
            yield images


def by_workers(
    files: tuple[Path, ...],
    read: Callable[[str], Any],
    size: int,
    collate: Callable[[list[Any]], Any],
    order: NDArray[np.int64] | None = None,
) -> Iterator[Any]:
    """What is read of each file, collated up to `size` at a time, by a DataLoader's workers where there are many.

    order: indices, (N,), of the files. Raises DataError where a worker was ended from outside.
    """
    from torch.utils.data import DataLoader

    loader: DataLoader[Any] = DataLoader(
        _PictureFiles(files, read),  # type: ignore[arg-type]  # a map-style set by its methods
        batch_size=size,
        sampler=None if order is None else order.tolist(),
        num_workers=0 if len(files) < SMALL else min(4, cores()),
        collate_fn=collate,
        worker_init_fn=_die_with_parent,
    )
    try:
        yield from loader
    except RuntimeError as error:
        if "DataLoader worker" not in str(error):
            raise
        raise DataError(
            "A process that decodes pictures was killed, perhaps because memory ran out. Start again,"
            " and resume a run.",
            see=("resume",),
        ) from error


def _die_with_parent(_worker: int) -> None:
    """Let a worker end when its parent is killed; torch's own watch misses a worker that waits for a lock."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


@dataclass(frozen=True)
class _PictureFiles:
    """What a DataLoader's workers index."""

    files: tuple[Path, ...]
    read: Callable[[str], Any]

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> Any:
        return self.read(str(self.files[index]))


def stack(read: list[Images | str]) -> Images | str:
    """A batch (n, H, W) or (n, H, W, 3), or the first complaint in it."""
    images = [item for item in read if not isinstance(item, str)]
    complaints = [item for item in read if isinstance(item, str)]
    return complaints[0] if complaints else np.stack(images)


def content_hash(file: Path) -> str:
    """The SHA-256 of a picture file, of a page that of its file, so that the pages of one stay together.

    Raises DataError, naming it, for what cannot be read or would never end.
    """
    whole = file_of(file)
    try:
        if not whole.is_file():
            raise DataError(f"{shown_name(file)}: is not a regular file, so it is not read. Remove it.")
        return sha256_of(whole)
    except OSError as error:
        raise DataError(
            f"{shown_name(file)}: cannot be read ({error.strerror}). Check its permissions, or remove it."
        ) from None


def modalities_of(split: Split) -> list[str]:
    """The modalities that the DICOM files of a split state, sorted; none where any picture tells of none."""
    files = set(map(file_of, split.files)) if isinstance(split, FolderSplit) else set()
    found = {modality_of(file) for file in files}
    return [] if None in found else sorted(filter(None, found))


def file_of(picture: Path) -> Path:
    """The file that a picture, or a page of one, stands in."""
    return Path(split_page(str(picture))[0])
