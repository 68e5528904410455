"""IDX, npy, npz, MATLAB and HDF5 files: which arrays are meant, and what is said where that is not clear."""

from __future__ import annotations

import importlib
import io
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from digit_recognizer.data import load_dataset
from digit_recognizer.errors import DataError, MissingExtraError
from digit_recognizer.images import read_picture
from digit_recognizer.images.arrays import Refused
from digit_recognizer.tables import idx, matlab, named_arrays
from digit_recognizer.tables.folders import read_folder, tables_in
from digit_recognizer.tables.found import Parts
from digit_recognizer.tables.reading import kind_of, read_tables
from idx_files import idx_bytes, write_idx
from table_files import HAS_H5PY, PIXELS, rows_of, text

RNG = np.random.default_rng(7)
IMAGES = RNG.integers(0, 256, (6, 28, 28), np.uint8)
LABELS = np.array([3, 1, 4, 1, 5, 9])


def read(path: Path | str) -> Parts:
    parts = read_tables(path)
    assert parts is not None
    return parts


def levels(parts: Parts, part: str) -> Any:
    return np.stack([read_picture(each) for each in parts[part].pictures])


def npz(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


PART_NAMES = {
    "Keras": ("x_train", "y_train", "x_test", "y_test"),
    "MedMNIST": ("train_images", "train_labels", "test_images", "test_labels"),
    "capitals": ("X_train", "Y_train", "X_test", "Y_test"),
    "joined": ("trainX", "trainy", "testX", "testy"),
    "data and target": ("train_data", "train_target", "test_data", "test_target"),
}


@pytest.mark.parametrize("names", PART_NAMES.values(), ids=PART_NAMES)
def test_parts_are_known_by_their_names(names: tuple[str, ...], tmp_path: Path) -> None:
    values = (IMAGES[:4], LABELS[:4], IMAGES[4:], LABELS[4:])
    parts = read(npz(tmp_path / "a.npz", **dict(zip(names, values, strict=True))))
    assert [*parts] == ["train", "test"]
    assert np.array_equal(levels(parts, "train"), IMAGES[:4])
    assert np.array_equal(levels(parts, "test"), IMAGES[4:])
    assert parts["train"].labels == ("3", "1", "4", "1")


def test_arrays_that_are_not_clear_are_listed_and_can_be_named(tmp_path: Path) -> None:
    path = npz(tmp_path / "a.npz", scans=IMAGES, grade=LABELS, age=LABELS + 40)
    with pytest.raises(DataError, match="not clear") as caught:
        read(path)
    for said in ("scans (6, 28, 28)", "grade (6,)", "age (6,)", f"'{path}[scans,grade]'"):
        assert said in str(caught.value)
    parts = read(f"{path}[scans, grade]")
    assert parts["all"].labels == tuple(map(str, LABELS))
    assert np.array_equal(levels(parts, "all"), IMAGES)
    assert read(f"{path}[scans]")["all"].labels is None
    with pytest.raises(DataError, match=r"holds no array 'scan'\. It holds scans"):
        read(f"{path}[scan,grade]")
    with pytest.raises(DataError, match="takes one or two names"):
        read(f"{path}[scans,grade,age]")


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{}], object))
    with pytest.raises(DataError, match=r"a\.npy: holds Python objects, which are never unpickled"):
        read(tmp_path / "a.npy")
    path = npz(tmp_path / "b.npz", images=np.array([IMAGES[0], None], object), labels=LABELS)
    with pytest.raises(DataError, match="'images' holds Python objects, which are never unpickled"):
        read(path)


@pytest.mark.parametrize(
    ("images", "labels", "said"),
    [
        (IMAGES[:5], LABELS, r"has shape \(5, 28, 28\) and 6 labels"),
        (IMAGES.reshape(6, 4, 14, 14), LABELS[:3], r"and 3 labels"),
        (IMAGES.reshape(6, 2, 14, 28), LABELS, r"N pictures have the shape"),
        (IMAGES, LABELS + 0.5, "labels that are not whole numbers"),
        (IMAGES, np.zeros((6, 2)), "not one label per picture"),
        (IMAGES.astype(complex), LABELS, "which is not pictures"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(images: Any, labels: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=said):
        read(npz(tmp_path / "a.npz", images=images, labels=labels))


@pytest.mark.parametrize("cut", [50, 400, -30])
def test_damaged_files_are_refused(cut: int, tmp_path: Path) -> None:
    for name, good in (("a.npy", _npy()), ("a.npz", npz(tmp_path / "whole.npz", images=IMAGES).read_bytes())):
        (tmp_path / name).write_bytes(good[:cut])
        with pytest.raises(DataError, match=str(tmp_path / name)):
            read(tmp_path / name)


def _npy() -> bytes:
    content = io.BytesIO()
    np.save(content, IMAGES)
    return content.getvalue()


def test_a_header_that_states_more_than_is_there_is_refused_unread(tmp_path: Path) -> None:
    huge = _npy().replace(b"(6, 28, 28)", b"(6, 28, 9999999999)".ljust(11))[: len(_npy())]
    (tmp_path / "a.npy").write_bytes(huge)
    with pytest.raises(DataError, match=r"a\.npy"):
        read(tmp_path / "a.npy")
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("images.npy", _npy()[:-784])
    with pytest.raises(DataError, match="holds other bytes than its header states"):
        read(tmp_path / "a.npz")


def test_an_npy_that_can_be_read_in_two_ways_says_so(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((3, 28, 28), np.uint8))
    (refused,) = read(tmp_path / "a.npy")["all"].pictures
    assert isinstance(refused, Refused)
    assert "can be read in two ways" in refused.cause


def test_matlab_counts_its_pictures_last(tmp_path: Path) -> None:
    colours = RNG.integers(0, 256, (32, 32, 3, 5), np.uint8)
    savemat(tmp_path / "svhn.mat", {"X": colours, "y": np.arange(5)[:, None] + 1})
    parts = read(tmp_path / "svhn.mat")
    first = read_picture(parts["all"].pictures[0], channels=3)
    assert np.array_equal(first, colours[..., 0])
    assert parts["all"].labels == ("1", "2", "3", "4", "5")


def test_matlab_files_that_are_damaged_or_not_clear_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mat").write_bytes(b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM" + b"\xff" * 400)
    with pytest.raises(DataError, match=r"a\.mat: is damaged or of an unusual kind"):
        read(tmp_path / "a.mat")
    savemat(tmp_path / "b.mat", {"scans": IMAGES, "grade": LABELS, "age": LABELS})
    with pytest.raises(DataError, match=r"it is not clear which of these are the pictures and the labels"):
        read(tmp_path / "b.mat")
    assert np.array_equal(levels(read(f"{tmp_path / 'b.mat'}[scans,grade]"), "all"), IMAGES)


def test_hdf5_without_h5py_names_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.h5").write_bytes(matlab.HDF5_MARK + bytes(600))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"a\.h5, an HDF5 file, needs h5py.*\n.*install"):
        read(tmp_path / "a.h5")


@pytest.mark.skipif(not HAS_H5PY, reason="h5py is absent: it comes with the extra formats")
def test_hdf5_keys_are_named_by_their_paths(tmp_path: Path) -> None:
    with importlib.import_module("h5py").File(tmp_path / "a.h5", "w") as file:
        file["study/scans"], file["study/grade"], file["study/age"] = IMAGES, LABELS, LABELS
        file["outside"] = importlib.import_module("h5py").ExternalLink("other.h5", "/x")
    with pytest.raises(DataError, match=r"scans \(6, 28, 28\)"):
        read(tmp_path / "a.h5")
    for keys in ("scans,grade", "study/scans,study/grade"):
        assert np.array_equal(levels(read(f"{tmp_path / 'a.h5'}[{keys}]"), "all"), IMAGES)
    (tmp_path / "b.h5").write_bytes((tmp_path / "a.h5").read_bytes()[:900])
    with pytest.raises(DataError, match=r"b\.h5: is damaged"):
        read(tmp_path / "b.h5")


@pytest.mark.parametrize("dtype", ["u1", "i4", "f4"])
def test_idx_files_of_any_type_are_known_by_content(dtype: str, tmp_path: Path) -> None:
    path = write_idx(tmp_path, "whatever", IMAGES.astype(dtype), packed=dtype == "u1")
    assert kind_of(path) == "idx"
    assert np.array_equal(levels(read(path), "all"), IMAGES)


def test_idx_files_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    good = idx_bytes(IMAGES)
    for content, said in ((good[:-1], "fewer values"), (good + b"x", "more values")):
        (tmp_path / "a-images").write_bytes(content)
        with pytest.raises(DataError, match=said):
            read(tmp_path / "a-images")
    (tmp_path / "a-images").write_bytes(struct.pack(">HBBIII", 0, 8, 3, 2**31, 2**10, 2**10))
    with pytest.raises(DataError, match="more than is read"):
        read(tmp_path / "a-images")
    (tmp_path / "a-images").write_bytes(good)
    (tmp_path / "a-labels").write_bytes(idx_bytes(LABELS[:4].astype(np.uint8)))
    with pytest.raises(DataError, match="holds 4 labels; a-images holds 6 images"):
        read(tmp_path / "a-images")
    with pytest.raises(DataError, match="is an IDX file of labels"):
        read(tmp_path / "a-labels")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("train-images-idx3-ubyte.gz", ("", "train")),
        ("t10k-labels.idx1-ubyte", ("", "test")),
        ("emnist-letters-test-images-idx3-ubyte", ("emnist-letters", "test")),
        ("qmnist-train-labels-idx2-int.gz", ("qmnist", "train")),
        ("validation_images.idx", ("", "validation")),
        ("my-digits-images-idx3-ubyte", ("my-digits", "all")),
    ],
)
def test_the_part_is_told_by_the_name(name: str, found: tuple[str, str]) -> None:
    assert idx.set_and_part(Path(name)) == found


def test_a_folder_of_several_sets_is_refused_and_its_advice_works(tmp_path: Path) -> None:
    for name in ("emnist-digits", "emnist-letters"):
        write_idx(tmp_path, f"{name}-train-images-idx3-ubyte", IMAGES.transpose(0, 2, 1))
        write_idx(tmp_path, f"{name}-train-labels-idx1-ubyte", LABELS.astype(np.uint8) + 1)
    (tmp_path / "emnist-letters-mapping.txt").write_text("".join(f"{n + 1} {65 + n} {97 + n}\n" for n in range(26)))
    with pytest.raises(DataError, match="holds the sets emnist-digits, emnist-letters") as caught:
        read_folder(tables_in(tmp_path))
    assert str(tmp_path / "emnist-digits-train-images-idx3-ubyte.gz") in str(caught.value)
    parts = read(tmp_path / "emnist-letters-train-images-idx3-ubyte.gz")
    assert parts["train"].labels == ("D", "B", "E", "B", "F", "J")
    assert np.array_equal(levels(parts, "train"), IMAGES)


def test_a_folder_of_tables_is_one_set(tmp_path: Path) -> None:
    rows = rows_of(IMAGES, LABELS)
    text(tmp_path / "mnist_train_1.csv", ["label", *PIXELS], rows[:2])
    text(tmp_path / "mnist_train_2.csv", ["label", *PIXELS], rows[2:4])
    text(tmp_path / "mnist_test.csv", ["label", *PIXELS], rows[4:])
    text(tmp_path / "sample_submission.csv", ["ImageId", "Label"], [[1, 0]])
    (tmp_path / "README.txt").write_bytes(b"M\xfcller")
    parts = read_folder(tables_in(tmp_path))
    assert parts is not None
    assert {part: table.labels for part, table in parts.items()} == {"train": ("3", "1", "4", "1"), "test": ("5", "9")}
    assert np.array_equal(levels(parts, "train"), IMAGES[:4])
    text(tmp_path / "more.csv", ["label", *PIXELS], rows)
    with pytest.raises(DataError, match="tables whose names do not say the split"):
        read_folder(tables_in(tmp_path))


def test_tables_beside_class_folders_are_not_the_set(tmp_path: Path) -> None:
    for name in ("cats", "dogs"):
        (tmp_path / name).mkdir()
    text(tmp_path / "notes.csv", ["label", *PIXELS], rows_of(IMAGES, LABELS))
    assert tables_in(tmp_path) == []
    (tmp_path / "one" / "raw").mkdir(parents=True)
    path = write_idx(tmp_path / "one" / "raw", "train-images-idx3-ubyte", IMAGES)
    assert tables_in(tmp_path / "one") == [path]


def test_an_array_larger_than_fits_is_refused_by_its_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (named_arrays, idx):
        monkeypatch.setattr(module, "MOST_HELD", IMAGES.nbytes - 1)
    monkeypatch.setattr("digit_recognizer.tables.numpy_files.load_from", lambda *_: pytest.fail("it was read"))
    with pytest.raises(DataError, match=r"'images' has shape \(6, 28, 28\), more than is read"):
        read(npz(tmp_path / "a.npz", images=IMAGES, labels=LABELS))
    with pytest.raises(DataError, match="more than is read"):
        read(write_idx(tmp_path, "a-images", IMAGES))


def test_labels_are_those_of_which_there_is_one_a_picture(tmp_path: Path) -> None:
    path = npz(tmp_path / "a.npz", X=IMAGES, y=LABELS, classes=np.array([*"0123456789"]))
    assert read(path)["all"].labels == tuple(map(str, LABELS))
    with pytest.raises(DataError, match="it is not clear which of these are the pictures and the labels"):
        read(npz(tmp_path / "b.npz", X=IMAGES, y=LABELS, label=LABELS))


def test_a_folder_of_npy_files_is_one_set(tmp_path: Path) -> None:
    """As MNIST-C has it."""
    for part in ("train", "test"):
        np.save(tmp_path / f"{part}_images.npy", IMAGES[..., None])
        np.save(tmp_path / f"{part}_labels.npy", LABELS)
    found = read_folder(tables_in(tmp_path))
    assert found is not None
    assert set(found) == {"train", "test"}
    assert np.array_equal(levels(found, "test"), IMAGES)
    assert found["test"].labels == tuple(map(str, LABELS))
    (tmp_path / "test_labels.npy").write_bytes(b"\x93NUMPY and nothing")
    with pytest.raises(DataError, match=r"test_labels.npy: is damaged"):
        read_folder(tables_in(tmp_path))


@pytest.mark.skipif(not HAS_H5PY, reason="h5py is not installed")
def test_labels_in_words_are_read_from_hdf5(tmp_path: Path) -> None:
    with importlib.import_module("h5py").File(tmp_path / "a.h5", "w") as file:
        file["X"], file["y"] = IMAGES, [f"digit {label}" for label in LABELS]
    assert read(tmp_path / "a.h5")["all"].labels == tuple(f"digit {label}" for label in LABELS)


def test_what_macos_puts_beside_a_packed_table_is_passed_over(tmp_path: Path) -> None:
    table = text(tmp_path / "a.csv", ["label", *PIXELS], rows_of(IMAGES, LABELS))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(table, "set/a.csv")
        archive.writestr("__MACOSX/set/._a.csv", "junk")
    assert np.array_equal(levels(read(tmp_path / "a.zip"), "all"), IMAGES)


def test_an_archive_of_several_tables_says_what_to_do(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "digit-recognizer.zip", "w") as archive:
        for name in ("train.csv", "test.csv", "sample_submission.csv"):
            archive.writestr(name, "ImageId,Label\n")
    with pytest.raises(DataError, match=r"tables \(train.csv, test.csv, sample_submission.csv\). Unpack it"):
        load_dataset(tmp_path / "digit-recognizer.zip")
