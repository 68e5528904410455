"""MedMNIST v2's twelve 2-D sets in four sizes (Yang et al., Scientific Data 10, 2023), by the published splits."""

from __future__ import annotations

import shutil
import urllib.request
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path

import numpy as np

from digit_recognizer.data.cache import default_data_dir, unpacked, warn
from digit_recognizer.data.medmnist_table import TABLE, Row
from digit_recognizer.data.npz import PARTS, read_npz
from digit_recognizer.data.spec import ArraySplit, Dataset, DatasetSpec, Split, pixel_hashes
from digit_recognizer.data.splits import halves
from digit_recognizer.errors import DataError
from digit_recognizer.files import hash_of

_SIZES = (28, 64, 128, 224)  # pixels; 28 has no number in its name
SMALLEST = _SIZES[0]
_RECORD = "https://zenodo.org/records/10519652/files/{}?download=1"
_MIRRORS = (_RECORD, "https://zenodo.org/records/6496656/files/{}?download=1")  # the second has 28 pixels alone
_SECONDS = 30  # without a byte, after which a download is given up
_EXTRA = 2**20  # bytes that a file may have beside its pixels and labels


def _make_spec(row: Row, size: int) -> DatasetSpec:
    """One set in one size: "breastmnist" has 28 pixels, "breastmnist-64" 64."""
    file = f"{row.name}.npz" if size == SMALLEST else f"{row.name}_{size}.npz"
    return DatasetSpec(
        name=row.name if size == SMALLEST else f"{row.name}-{size}",
        title=row.title,
        task=row.task,
        classes=row.classes,
        channels=row.channels,
        size=size,
        licence=row.licence,
        source=_RECORD.format(file),
        counts=dict(zip(PARTS, row.counts, strict=True)),
        md5={file: row.md5[_SIZES.index(size)]},
        positive=row.positive,
        form="picture",
        symmetry=row.symmetry,
        clinical=True,
        notes=row.notes,
    )


MEDMNIST = {spec.name: spec for spec in (_make_spec(row, size) for row in TABLE for size in _SIZES)}


def load_medmnist(spec: DatasetSpec, data_dir: Path | None, unverified: Path | None = None) -> Dataset:
    """A set as arrays in memory: train, validation, calibration and test.

    The published validation images are dealt into validation and calibration, half each, every class in its share.
    Training images whose exact copy stands among these are dropped; the test images stay as they were published.
    unverified: a file of the same layout that stands in for the published one; the spec's caveats say so.
    Raises DataError where the file is absent and cannot be fetched, damaged, or of another form.
    """
    (name,) = spec.md5
    if unverified:
        if not unverified.is_file() or hash_of(unverified, "md5") != spec.md5[name]:
            spec = replace(spec, unverified=unverified.name)
        return parted(spec, read_npz(unverified, spec))
    own = data_dir or default_data_dir()
    with unpacked(spec, data_dir, "", lambda temporary: fetch(spec, temporary / name, own)) as root:
        return parted(spec, read_npz(root / name, spec))


def parted(spec: DatasetSpec, published: dict[str, ArraySplit]) -> Dataset:
    """The four splits of the three published ones."""
    train, held_out = published["train"], published["validation"]
    again = set(pixel_hashes(held_out.images))
    fresh = np.array([each not in again for each in pixel_hashes(train.images)])
    if not fresh.all():
        warn(
            f"{spec.name}: {np.sum(~fresh)} training images are also validation images. They are left out of training."
        )
    splits: dict[str, Split] = {
        "train": train.chosen(np.flatnonzero(fresh)),
        **{part: held_out.chosen(indices) for part, indices in halves(held_out.labels).items()},
        "test": published["test"],
    }
    counts = {part: len(split) for part, split in splits.items()}
    return Dataset(replace(spec, counts=counts), splits)


def fetch(spec: DatasetSpec, target: Path, own: Path) -> None:
    """Download the set's file from the first mirror that has it; its md5 is checked by whoever asked for it."""
    complaint: Exception | None = None
    for mirror in _MIRRORS:
        try:
            download(mirror.format(target.name), target, most_bytes(spec))
        except (OSError, HTTPException) as error:
            complaint = error
            continue
        if hash_of(target, "md5") == spec.md5[target.name]:
            return
    wrong = ", and the file there is not the published one" if (own / target.name).exists() else ""
    raise DataError(
        f"{spec.name}: could not be downloaded ({complaint or 'no mirror has the published file'}){wrong}.\n"
        f"Put {target.name} (md5 {spec.md5[target.name]})\n"
        f"from {spec.source} into {own},"
        " or name another file of this layout as the unverified one.",
        see=("unverified",),
    ) from complaint


def download(address: str, target: Path, most: int) -> None:
    """One file, of at most `most` bytes. Raises OSError."""
    with urllib.request.urlopen(address, timeout=_SECONDS) as source, target.open("wb") as file:
        stated = source.headers.get("Content-Length")
        if stated is None or not 0 < int(stated) <= most:
            raise OSError(f"{address} has {stated} bytes; expected are at most {most:,} can be right")
        shutil.copyfileobj(source, file)


def most_bytes(spec: DatasetSpec) -> int:
    """What the file of a set can have: its pixels and labels as they are, were they not packed at all."""
    columns = len(spec.classes) if spec.task == "multi-label" else 1
    return sum(spec.counts.values()) * (spec.size**2 * spec.channels + columns) + _EXTRA
