"""MNIST and the sets of its form: four IDX files each, read by torchvision, embedded or found or downloaded."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import ssl
import zlib
from contextlib import suppress
from functools import partial
from http.client import HTTPException
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np

from digit_recognizer.data.cache import default_data_dir, unpacked, warn
from digit_recognizer.data.idx_specs import FASHION_MNIST as FASHION_MNIST
from digit_recognizer.data.idx_specs import MNIST as MNIST
from digit_recognizer.data.spec import ArraySplit, Dataset, DatasetSpec, Labels
from digit_recognizer.data.splits import drawn_held_out, mnist_held_out, parted
from digit_recognizer.errors import DataError
from digit_recognizer.files import hash_of
from digit_recognizer.tables.idx import header_in

# Where Debian's package dataset-fashion-mnist puts the gz files.
DEBIAN_FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")

_MNIST_TRAINING = 60_000
_SLACK = 2**20  # bytes that a file may have beside its pixels
_EMNIST_ARCHIVE = "gzip.zip"  # all six of EMNIST's sets, as torchvision downloads it

# What a download that breaks off raises past torchvision; the others that are OSError mean that writing failed.
_NETWORK = (ConnectionError, TimeoutError, HTTPException, ssl.SSLError, URLError)


def load_idx_set(spec: DatasetSpec, data_dir: Path | None) -> Dataset:
    """A set of MNIST's form as arrays in memory. Raises DataError where its files hold other numbers of images."""
    inside = inside_folder(spec)
    own = (data_dir or default_data_dir()) / inside

    def unpack(temporary: Path) -> None:
        raw = temporary / inside
        raw.mkdir(parents=True)
        _place_found(spec, raw, own)
        _fetch_and_unpack(spec, temporary, raw, own)

    with unpacked(spec, data_dir, inside, unpack) as root:
        _refuse_pickle(root / inside)
        training, test = read(spec, root, train=True), read(spec, root, train=False)
    _check_counts(spec, training, test, own)
    return Dataset(spec, parted(training, held_out(spec, training.labels), test))


def inside_folder(spec: DatasetSpec) -> str:
    """Where torchvision keeps the files of this set inside a data folder."""
    kept = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "kmnist": "KMNIST", "qmnist": "QMNIST"}
    return f"{kept.get(spec.name, 'EMNIST')}/raw"


def _torchvision_set(spec: DatasetSpec) -> Any:
    """The torchvision class that reads (and, but for MNIST, downloads) this set."""
    from torchvision import datasets

    known = {"mnist": datasets.MNIST, "fashion-mnist": datasets.FashionMNIST, "kmnist": datasets.KMNIST}
    if spec.name == "qmnist":
        return datasets.QMNIST
    return known.get(spec.name) or partial(datasets.EMNIST, split=spec.name.removeprefix("emnist-"))


def is_packed_here(spec: DatasetSpec) -> bool:
    """Whether the set can be unpacked without a download."""
    return spec.name == MNIST.name or (spec.name == FASHION_MNIST.name and DEBIAN_FASHION_MNIST.is_dir())


def _file_names(spec: DatasetSpec) -> tuple[str, ...]:
    """The unpacked files of the set."""
    return (*spec.sha256, *spec.files)


def _place_found(spec: DatasetSpec, raw: Path, own: Path) -> None:
    """Put what need not be downloaded where torchvision looks: from this package, the user's folder or Debian's."""
    most = sum(spec.counts.values()) * spec.size**2 + _SLACK
    for name in _file_names(spec):
        packed = f"{name}.gz"
        if spec.name == "mnist":
            with resources.as_file(resources.files("digit_recognizer.data") / "mnist" / packed) as embedded:
                shutil.copyfile(embedded, raw / packed)
            continue
        for folder in (own, DEBIAN_FASHION_MNIST) if spec.sha256 else (own,):
            if name in spec.files and (folder / name).is_file():
                shutil.copyfile(folder / name, raw / name)
                break
            if _unpack_found(folder / packed, raw / name, spec.sha256.get(name), most):
                if name in spec.files and _known_md5s(spec).get(packed) != hash_of(folder / packed, "md5"):
                    warn(f"{folder / packed}: cannot be verified, because its hash is not known. It is used.")
                break
    if spec.name.startswith("emnist-") and (own / _EMNIST_ARCHIVE).is_file():
        shutil.copyfile(own / _EMNIST_ARCHIVE, raw / _EMNIST_ARCHIVE)


def _known_md5s(spec: DatasetSpec) -> dict[str, str]:
    """The md5s of the packed files that torchvision knows, by their names."""
    resources = getattr(_torchvision_set(spec), "resources", ())
    listed = [each for part in resources.values() for each in part] if isinstance(resources, dict) else resources
    return {place.rsplit("/", 1)[-1]: md5 for place, md5 in listed}


def _unpack_found(packed: Path, target: Path, sha256: str | None, most: int) -> bool:
    """Unpack a gz file, if it is there and holds what was published; where no hash was, if it holds an IDX file.

    Its content is checked, not its md5 as torchvision does: Debian packs the same files in its own way.
    """
    if not packed.is_file():
        return False
    try:
        with gzip.open(packed) as source:
            content = source.read(most)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        return False
    known = header_in(content) is not None if sha256 is None else hashlib.sha256(content).hexdigest() == sha256
    if known:
        target.write_bytes(content)
    return known


def _fetch_and_unpack(spec: DatasetSpec, temporary: Path, raw: Path, own: Path) -> None:
    """Let torchvision check the md5s that it knows, download what is absent or differs, and unpack."""
    reader = _torchvision_set(spec)
    try:
        for train in (True, False):  # QMNIST's two parts are fetched apart
            reader(temporary, train=train, download=True)
    except (RuntimeError, EOFError, *_NETWORK) as error:
        files = ", ".join(f"{name}.gz" for name in _file_names(spec))
        debian = f", or install Debian's package dataset-{spec.name}" if spec.name == FASHION_MNIST.name else ""
        archive = f" (or all of {_EMNIST_ARCHIVE})" if spec.name.startswith("emnist-") else ""
        raise DataError(
            f"{spec.name}: is not on this machine and could not be downloaded.\n"
            f"Put {files}{archive}\ninto {own} (from {spec.source}){debian}."
        ) from error
    with suppress(OSError):  # so that the next of EMNIST's sets needs no download
        if (raw / _EMNIST_ARCHIVE).is_file() and own.is_dir() and not (own / _EMNIST_ARCHIVE).exists():
            shutil.move(raw / _EMNIST_ARCHIVE, own / _EMNIST_ARCHIVE)


def _refuse_pickle(raw: Path) -> None:
    """Old torchvision left pickled copies, which torchvision still prefers to the original files."""
    pickled = raw.parent / "processed"
    if (pickled / "training.pt").exists():
        raise DataError(f"{pickled}: holds pickled files of an old torchvision, which are never read. Remove them.")


def read(spec: DatasetSpec, root: Path, *, train: bool) -> ArraySplit:
    """One published part as arrays: EMNIST's pictures turned, its letters counted from 0, QMNIST's classes alone."""
    try:
        part = _torchvision_set(spec)(root, train=train)
        images, labels = part.data.numpy(), part.targets.numpy().astype(np.int64)
    except (AssertionError, ValueError, TypeError, RuntimeError) as error:  # what torchvision raises on damaged files
        which = "training" if train else "test"
        raise DataError(
            f"{spec.name}: its {which} files in {root / inside_folder(spec)} are damaged ({error}). Remove them, so"
            " that they are downloaded again."
        ) from error
    if spec.name.startswith("emnist-"):
        images = np.ascontiguousarray(images.swapaxes(1, 2))
    if labels.ndim == 2:
        labels = labels[:, 0]
    return ArraySplit(images, labels - (1 if spec.name == "emnist-letters" else 0))


def _check_counts(spec: DatasetSpec, training: ArraySplit, test: ArraySplit, own: Path) -> None:
    """Raise DataError for other numbers of images or classes than were published: of some sets no hash was."""
    published = sum(spec.counts[name] for name in ("train", "validation", "calibration"))
    stated = (published, spec.counts["test"])
    labels = np.concatenate([training.labels, test.labels])
    found = (len(training.images), len(test.images))
    if found != stated or len(labels) != sum(stated) or labels.min() < 0 or labels.max() >= len(spec.classes):
        raise DataError(
            f"{spec.name}: {own} holds {found[0]:,} training and {found[1]:,} test images with the labels"
            f" {labels.min()} to {labels.max()}; published were {stated[0]:,} and {stated[1]:,} of"
            f" {len(spec.classes)} classes. Remove the files, so that they are downloaded again."
        )


def held_out(spec: DatasetSpec, labels: Labels) -> dict[str, Labels]:
    """Indices of the validation and calibration images among the published training images.

    QMNIST's training images are MNIST's, in their order, drawn again: the same writers are held out.
    """
    by_writer = spec.name == "mnist" or (spec.name == "qmnist" and len(labels) == _MNIST_TRAINING)
    return mnist_held_out() if by_writer else drawn_held_out(labels, spec.counts["validation"])
