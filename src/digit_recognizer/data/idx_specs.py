"""The facts of the sets of MNIST's form: what their authors published."""

from __future__ import annotations

import string

from digit_recognizer.data.spec import DatasetSpec

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
    as_is=True,
    counts={"train": 50_000, "validation": 5_000, "calibration": 5_000, "test": 10_000},
    sha256={
        "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
)  # fmt: skip

_IDX_FILES = tuple(
    f"{part}-{what}" for part in ("train", "t10k") for what in ("images-idx3-ubyte", "labels-idx1-ubyte")
)
_HELD_OUT = 5_000  # images of each of validation and calibration


def _counts_of(training: int, test: int) -> dict[str, int]:
    """Images by split: validation and calibration are held out of the published training images."""
    return {"train": training - 2 * _HELD_OUT, "validation": _HELD_OUT, "calibration": _HELD_OUT, "test": test}


KMNIST = DatasetSpec(
    name="kmnist",
    title="Kuzushiji-MNIST characters of old Japanese books",
    task="multi-class",
    classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    channels=1,
    size=28,
    licence="CC BY-SA 4.0",
    source="http://codh.rois.ac.jp/kmnist/",
    as_is=True,
    counts=_counts_of(60_000, 10_000),
    files=_IDX_FILES,
)

QMNIST = DatasetSpec(
    name="qmnist",
    title="QMNIST: MNIST's digits from NIST's forms again, with all 60,000 test images",
    task="multi-class",
    classes=tuple(string.digits),
    channels=1,
    size=28,
    licence="BSD 3-Clause",
    source="https://github.com/facebookresearch/qmnist",
    counts=_counts_of(60_000, 60_000),
    files=tuple(
        f"qmnist-{part}-{what}" for part in ("train", "test") for what in ("images-idx3-ubyte", "labels-idx2-int")
    ),
)

_LOWER_ALONE = "abdefghnqrt"  # the small letters that look unlike their capitals
ALL = string.digits + string.ascii_uppercase + string.ascii_lowercase
_MERGED = string.digits + string.ascii_uppercase + _LOWER_ALONE
# Training and test images, and the classes in the order of their labels.
_EMNIST = {
    "balanced": (112_800, 18_800, _MERGED),
    "byclass": (697_932, 116_323, ALL),
    "bymerge": (697_932, 116_323, _MERGED),
    "letters": (124_800, 20_800, string.ascii_uppercase),  # a capital and its small letter are one class
    "digits": (240_000, 40_000, string.digits),
    "mnist": (60_000, 10_000, string.digits),
}


def emnist(name: str, training: int, test: int, classes: str) -> DatasetSpec:
    """One of EMNIST's six sets."""
    return DatasetSpec(
        name=f"emnist-{name}",
        title=f"EMNIST {name}: handwritten {'digits' if classes == string.digits else 'characters'} of NIST's forms",
        task="multi-class",
        classes=tuple(classes),
        channels=1,
        size=28,
        licence="public domain (NIST Special Database 19)",
        source="https://www.nist.gov/itl/products-and-services/emnist-dataset",
        as_is=True,
        counts=_counts_of(training, test),
        files=tuple(
            f"emnist-{name}-{part}-{what}"
            for part in ("train", "test")
            for what in ("images-idx3-ubyte", "labels-idx1-ubyte")
        ),
    )


OTHERS = (KMNIST, QMNIST, *(emnist(name, *facts) for name, facts in _EMNIST.items()))
