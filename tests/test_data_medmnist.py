"""MedMNIST: files of its layout read safely, published splits dealt once, what is not the published file said so."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digit_recognizer.data import SPECS, Dataset, load_dataset
from digit_recognizer.data.medmnist import MEDMNIST, load_medmnist, most_bytes
from digit_recognizer.data.npz import read_npz
from digit_recognizer.data.spec import SYMMETRIES, TASKS, ArraySplit, DatasetSpec, pixel_hashes
from digit_recognizer.data.splits import halves
from digit_recognizer.errors import ConfigError, DataError, DigitRecognizerWarning
from examples import examples
from medmnist_files import SMALL, arrays_of, write_npz


def load(path: Path, spec: DatasetSpec) -> Dataset:
    return load_medmnist(spec, None, path)


def array_split(dataset: Dataset, name: str) -> ArraySplit:
    split = dataset.split(name)
    assert isinstance(split, ArraySplit)
    return split


def test_there_are_twelve_sets_in_four_sizes() -> None:
    assert len(MEDMNIST) == 48
    assert {spec.size for spec in MEDMNIST.values()} == {28, 64, 128, 224}
    assert all(SPECS[name] is spec for name, spec in MEDMNIST.items())
    assert len({md5 for spec in MEDMNIST.values() for md5 in spec.md5.values()}) == 48
    assert MEDMNIST["organcmnist-128"].md5.keys() == {"organcmnist_128.npz"}
    for spec in MEDMNIST.values():
        assert spec.task in TASKS
        assert spec.symmetry in SYMMETRIES
        assert spec.caveats[0] == "Not for clinical use."
        assert (spec.positive is not None) == (spec.task == "binary")


def test_the_table_is_that_of_the_package(shared_file: Callable[[str], Path]) -> None:
    import json

    known = json.loads(shared_file("medmnist/medmnist_info.json").read_text("utf-8"))
    for name, facts in known.items():
        spec = MEDMNIST[name]
        assert spec.md5 == {f"{name}.npz": facts["MD5"]}
        assert spec.classes == tuple(facts["label"].values())
        assert list(spec.counts.values()) == list(facts["n_samples"].values())
        assert (spec.channels, spec.licence) == (facts["n_channels"], facts["license"])


def test_the_disease_is_the_positive_class() -> None:
    assert {name: spec.classes[spec.positive] for name, spec in MEDMNIST.items() if spec.positive is not None} == {
        name: disease
        for size in ("", "-64", "-128", "-224")
        for name, disease in ((f"pneumoniamnist{size}", "pneumonia"), (f"breastmnist{size}", "malignant"))
    }


@pytest.mark.parametrize("spec", SMALL, ids=lambda spec: f"{spec.task} {spec.size} {spec.channels}")
def test_every_kind_is_read_as_it_lies(tmp_path: Path, spec: DatasetSpec) -> None:
    arrays = arrays_of(spec)
    dataset = load(write_npz(tmp_path / "own.npz", arrays), spec)
    assert np.array_equal(array_split(dataset, "test").images, arrays["test_images"])
    assert array_split(dataset, "train").images.shape[1:] == arrays["train_images"].shape[1:]
    labels = arrays["test_labels"]
    assert np.array_equal(dataset.split("test").labels, labels if spec.task == "multi-label" else labels[:, 0])
    assert {name: len(split) for name, split in dataset.splits.items()} == dataset.spec.counts


def test_validation_is_dealt_and_its_copies_leave_training(tmp_path: Path) -> None:
    spec = SMALL[0]
    arrays = arrays_of(spec)
    arrays["train_images"][[3, 7]] = arrays["val_images"][5]
    arrays["test_images"][0] = arrays["train_images"][0]
    with pytest.warns(DigitRecognizerWarning, match="2 training images are also validation images"):
        dataset = load(write_npz(tmp_path / "own.npz", arrays), spec)
    parts = {name: pixel_hashes(array_split(dataset, name).images) for name in dataset.splits}
    assert sorted(parts["validation"] + parts["calibration"]) == sorted(pixel_hashes(arrays["val_images"]))
    assert not set(parts["train"]) & set(parts["validation"] + parts["calibration"])
    assert len(parts["train"]) == len(arrays["train_images"]) - 2
    assert parts["test"] == pixel_hashes(arrays["test_images"])  # the leak stays: evaluating tells of it


@examples(20)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=60))
def test_halves_hold_every_image_once_and_classes_evenly(labels: list[int]) -> None:
    actual = np.array(labels)
    few = np.bincount(actual)[actual].min() < 2
    if not few and len(set(labels)) > len(labels) // 2:
        return  # scikit-learn wants an image of each class in each half
    parts = halves(actual)
    assert sorted(np.concatenate(list(parts.values())).tolist()) == list(range(len(labels)))
    if not few:
        for k in set(labels):
            first, second = (int((actual[part] == k).sum()) for part in parts.values())
            assert abs(first - second) <= 1


def test_another_file_is_used_only_when_asked_for_and_says_so(tmp_path: Path) -> None:
    spec = replace(SPECS["breastmnist"], counts={"train": 40, "validation": 20, "test": 10})
    path = write_npz(tmp_path / "breastmnist.npz", arrays_of(spec))
    other = load(path, spec)
    assert "breastmnist was read from breastmnist.npz, which is not the published file." in other.spec.caveats
    md5 = hashlib.md5(path.read_bytes()).hexdigest()
    published = replace(spec, md5={"breastmnist.npz": md5})
    for dataset in (load(path, published), load_medmnist(published, tmp_path)):
        assert dataset.spec.unverified is None
        assert not any("not the published" in each for each in dataset.spec.caveats)
    with pytest.raises(ConfigError, match="not one of these"):
        load_dataset("mnist", unverified=path)


def test_offline_the_error_names_file_hash_and_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digit_recognizer.data.medmnist._MIRRORS", ("file:///nowhere/{}",))
    with pytest.raises(DataError) as caught:
        load_dataset("octmnist-64", tmp_path)
    for named in ("octmnist_64.npz", "e229e9440236b774d9f0dfef9d07bdaf", str(tmp_path), "unverified"):
        assert named in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_the_first_mirror_with_the_published_file_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = SMALL[0]
    for folder in ("wrong", "right"):
        (tmp_path / folder).mkdir()
    right = write_npz(tmp_path / "right" / "made.npz", arrays_of(spec))
    (tmp_path / "wrong" / "made.npz").write_bytes(b"another")
    published = replace(spec, md5={"made.npz": hashlib.md5(right.read_bytes()).hexdigest()})
    places = (f"file://{tmp_path}/absent/{{}}", f"file://{tmp_path}/wrong/{{}}", f"file://{tmp_path}/right/{{}}")
    monkeypatch.setattr("digit_recognizer.data.medmnist._MIRRORS", places)
    load_medmnist(published, tmp_path / "cache")
    assert (tmp_path / "cache" / "made.npz").read_bytes() == right.read_bytes()
    monkeypatch.setattr("digit_recognizer.data.medmnist._MIRRORS", ())
    load_medmnist(published, tmp_path / "cache")  # it is there now
    assert right.stat().st_size <= most_bytes(spec)


def damaged(content: bytes, how: str) -> bytes:
    """A file that is not what it says."""
    arrays = dict(np.load(io.BytesIO(content), allow_pickle=False))
    buffer = io.BytesIO()
    change: dict[str, Callable[[], Any]] = {
        "cut": lambda: buffer.write(content[: len(content) // 2]),
        "no zip": lambda: buffer.write(b"hello"),
        "one absent": lambda: np.savez(buffer, **{k: v for k, v in arrays.items() if k != "val_labels"}),
        "pickled": lambda: np.savez(buffer, **arrays | {"val_labels": np.array([{}, []], dtype=object)}),
        "floats": lambda: np.savez(buffer, **arrays | {"train_images": arrays["train_images"].astype(np.float32)}),
        "size": lambda: np.savez(buffer, **arrays | {"train_images": arrays["train_images"][:, :5]}),
        "labels": lambda: np.savez(buffer, **arrays | {"test_labels": arrays["test_labels"][:-1]}),
        "class": lambda: np.savez(buffer, **arrays | {"test_labels": arrays["test_labels"] + 9}),
        "many": lambda: np.savez_compressed(buffer, **arrays | many(arrays)),
        "lying": lambda: lying_header(buffer, arrays),
    }
    change[how]()
    return buffer.getvalue()


def many(arrays: dict[str, Any]) -> dict[str, Any]:
    """A hundred thousand empty images in a few bytes."""
    n, form = 100_000, arrays["train_images"].shape[1:]
    return {"train_images": np.zeros((n, *form), np.uint8), "train_labels": np.zeros((n, 1), np.uint8)}


def lying_header(buffer: io.BytesIO, arrays: dict[str, Any]) -> None:
    """Images that state a shape of which nothing else is there."""
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, array in arrays.items():
            one = io.BytesIO()
            np.save(one, array)
            content = one.getvalue()
            if name == "train_images":
                content = content.replace(b"(40,", b"(9**9,".replace(b"9**9", b"99"), 1)
            packed.writestr(f"{name}.npy", content)


@pytest.mark.parametrize(
    ("how", "cause"),
    [
        ("cut", "damaged, truncated or not an npz file"),
        ("no zip", "damaged, truncated or not an npz file"),
        ("one absent", "holds no val_labels"),
        ("pickled", "have the type object"),
        ("floats", "have|are .* float32"),
        ("size", "train_images are"),
        ("labels", "test_labels have the shape"),
        ("class", "labels run from"),
        ("many", "at most 140"),
        ("lying", "fewer or more than the header says"),
    ],
)
def test_what_is_no_such_file_is_refused_by_name(tmp_path: Path, how: str, cause: str) -> None:
    spec = SMALL[0]
    path = write_npz(tmp_path / "own.npz", arrays_of(spec))
    path.write_bytes(damaged(path.read_bytes(), how))
    with pytest.raises(DataError, match=cause) as caught:
        read_npz(path, spec)
    assert str(caught.value).startswith(f"{path}: ")


def test_breastmnist_is_the_published_file(shared_file: Callable[[str], Path]) -> None:
    folder = shared_file("medmnist/breastmnist.npz").parent
    dataset = load_dataset("breastmnist", folder)
    assert dataset.spec.unverified is None
    assert dataset.spec.counts == {"train": 546, "validation": 39, "calibration": 39, "test": 156}
    train, test = array_split(dataset, "train"), array_split(dataset, "test")
    assert np.array_equal(train.images[115], test.images[76])  # the known leak, with its two labels
    assert train.labels[115] != test.labels[76]


def test_the_reordered_pneumoniamnist_says_what_it_is(shared_file: Callable[[str], Path]) -> None:
    path = shared_file("medmnist/pneumoniamnist_reordered.npz")
    with pytest.warns(DigitRecognizerWarning, match="training images are also validation images"):
        dataset = load_dataset("pneumoniamnist", unverified=path)
    assert any("pneumoniamnist_reordered.npz, which is not the published file" in each for each in dataset.spec.caveats)
    parts = {name: set(pixel_hashes(array_split(dataset, name).images)) for name in dataset.splits}
    assert not parts["train"] & (parts["validation"] | parts["calibration"])
