"""MNIST and Fashion-MNIST: four IDX files each, read by torchvision, embedded or found or downloaded."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import ssl
import zlib
from http.client import HTTPException
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from digit_recognizer.data.cache import default_data_dir, unpacked
from digit_recognizer.data.spec import ArraySplit, Dataset, DatasetSpec, Labels
from digit_recognizer.data.splits import drawn_held_out, mnist_held_out, parted
from digit_recognizer.errors import DataError

MNIST = DatasetSpec(
    name="mnist",
    title="MNIST handwritten digits",
    task="multi-class",
    classes=tuple("0123456789"),
    channels=1,
    size=28,
    licence="CC BY-SA 3.0",
    source="http://yann.lecun.com/exdb/mnist/",
    counts={"train": 50_000, "validation": 5_000, "calibration": 5_000, "test": 10_000},
    sha256={
        "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
)

FASHION_MNIST = DatasetSpec(
    name="fashion-mnist",
    title="Fashion-MNIST articles of clothing",
    task="multi-class",
    classes=(
        "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
    ),
    channels=1,
    size=28,
    licence="MIT",
    source="https://github.com/zalandoresearch/fashion-mnist",
    counts={"train": 50_000, "validation": 5_000, "calibration": 5_000, "test": 10_000},
    sha256={
        "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
)  # fmt: skip

# Where Debian's package dataset-fashion-mnist puts the gz files.
DEBIAN_FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")

LARGEST = 64 * 2**20  # bytes that are unpacked of one file; the largest published one has 47,040,016

# What a download that breaks off raises past torchvision; the others that are OSError mean that writing failed.
NETWORK = (ConnectionError, TimeoutError, HTTPException, ssl.SSLError)


def load_idx_set(spec: DatasetSpec, data_dir: Path | None) -> Dataset:
    """MNIST or Fashion-MNIST as arrays in memory."""
    reader = torchvision_set(spec)
    inside = inside_folder(spec)
    own = (data_dir or default_data_dir()) / inside

    def unpack(temporary: Path) -> None:
        raw = temporary / inside
        raw.mkdir(parents=True)
        place_found(spec, raw, own)
        fetch_and_unpack(spec, reader, temporary, own)

    with unpacked(spec, data_dir, inside, unpack) as root:
        refuse_pickle(root / inside)
        training, test = read(reader, root, train=True), read(reader, root, train=False)
    return Dataset(spec, parted(training, held_out(spec, training.labels), test))


def inside_folder(spec: DatasetSpec) -> str:
    """Where torchvision keeps the files of this set inside a data folder."""
    return {"mnist": "MNIST/raw", "fashion-mnist": "FashionMNIST/raw"}[spec.name]


def torchvision_set(spec: DatasetSpec) -> Any:
    """The torchvision class that reads (and, for Fashion-MNIST, downloads) this set."""
    from torchvision import datasets

    return {"mnist": datasets.MNIST, "fashion-mnist": datasets.FashionMNIST}[spec.name]


def is_packed_here(spec: DatasetSpec) -> bool:
    """Whether the set can be unpacked without a download."""
    return spec.name == MNIST.name or (spec.name == FASHION_MNIST.name and DEBIAN_FASHION_MNIST.is_dir())


def place_found(spec: DatasetSpec, raw: Path, own: Path) -> None:
    """Put what need not be downloaded where torchvision looks: from this package, the user's folder or Debian's."""
    for name, sha256 in spec.sha256.items():
        packed = f"{name}.gz"
        if spec.name == "mnist":
            with resources.as_file(resources.files("digit_recognizer.data") / "mnist" / packed) as embedded:
                shutil.copyfile(embedded, raw / packed)
            continue
        for folder in (own, DEBIAN_FASHION_MNIST):
            if unpack_found(folder / packed, raw / name, sha256):
                break


def unpack_found(packed: Path, target: Path, sha256: str) -> bool:
    """Unpack a gz file, if it is there and holds what was published.

    Its content is checked, not its md5 as torchvision does: Debian packs the same files anew.
    """
    if not packed.is_file():
        return False
    try:
        with gzip.open(packed) as source:
            content = source.read(LARGEST)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        return False
    if hashlib.sha256(content).hexdigest() != sha256:
        return False
    target.write_bytes(content)
    return True


def fetch_and_unpack(spec: DatasetSpec, reader: Any, temporary: Path, own: Path) -> None:
    """Let torchvision check the md5s, download what is absent or differs, and unpack."""
    try:
        reader(temporary, download=True)
    except (RuntimeError, EOFError, *NETWORK) as error:
        files = ", ".join(f"{name}.gz" for name in spec.sha256)
        raise DataError(
            f"{spec.name}: is not on this machine and could not be downloaded.\n"
            f"Put {files}\ninto {own} (from {spec.source}), or install Debian's package dataset-{spec.name}."
        ) from error


def refuse_pickle(raw: Path) -> None:
    """Old torchvision left pickled copies, which torchvision still prefers to the original files."""
    pickled = raw.parent / "processed"
    if (pickled / "training.pt").exists():
        raise DataError(f"{pickled}: holds pickled copies of an old torchvision, which are never read. Remove them.")


def read(reader: Any, root: Path, *, train: bool) -> ArraySplit:
    """One published part as arrays."""
    part = reader(root, train=train)
    return ArraySplit(part.data.numpy(), part.targets.numpy().astype(np.int64))


def held_out(spec: DatasetSpec, labels: Labels) -> dict[str, Labels]:
    """Indices of the validation and calibration images among the published training images."""
    return mnist_held_out() if spec.name == "mnist" else drawn_held_out(labels, spec.counts["validation"])
