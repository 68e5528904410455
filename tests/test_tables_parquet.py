"""Parquet tables of pictures: what each form of a cell is, which column is meant, what an unreadable cell says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from digit_recognizer.errors import DataError
from digit_recognizer.images import read_picture
from digit_recognizer.images.arrays import Refused
from digit_recognizer.tables.found import PictureTable
from digit_recognizer.tables.parquet import read_parquet
from platforms import posix
from table_files import hugging_face, png, structs

RNG = np.random.default_rng(11)
IMAGES = RNG.integers(0, 256, (6, 28, 28), np.uint8)
PNGS = [png(each) for each in IMAGES]


def table(tmp_path: Path, schema: Any = None, **columns: Any) -> Path:
    made = pa.table(columns).replace_schema_metadata(schema)
    pq.write_table(made, tmp_path / "a.parquet")
    return tmp_path / "a.parquet"


def levels(found: PictureTable) -> Any:
    return np.stack([read_picture(found.pictures[row]) for row in range(len(found))])


def refused(found: PictureTable) -> list[str]:
    return [each.cause for each in found.pictures if isinstance(each, Refused)]


def test_the_only_column_that_can_be_is_the_pictures(tmp_path: Path) -> None:
    found = read_parquet(table(tmp_path, scan=PNGS, grade=["a", "b"] * 3))
    assert np.array_equal(levels(found), IMAGES)
    path = table(tmp_path, one=PNGS, two=PNGS, grade=["a", "b"] * 3)
    with pytest.raises(DataError, match=r"it is not clear which column has the pictures; it has one \(binary\), two"):
        read_parquet(path)
    assert len(read_parquet(path, "two")) == 6
    with pytest.raises(DataError, match="has no column 'three'; it has one, two, grade"):
        read_parquet(path, "three")


def test_classes_have_the_names_that_hugging_face_gives_them(tmp_path: Path) -> None:
    names = ["zero", "one", "two"]
    found = read_parquet(table(tmp_path, hugging_face(names), image=structs(IMAGES), label=[2, 0, 1, 1, -1, None]))
    assert found.labels == ("two", "zero", "one", "one", "", "")
    assert found.classes == tuple(names)
    plain = read_parquet(table(tmp_path, {b"huggingface": b"{"}, image=structs(IMAGES), label=[2, 0, 1, 1, 1, 1]))
    assert (plain.labels, plain.classes) == (("2", "0", "1", "1", "1", "1"), None)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (pa.array([1.0, 0.0, float("nan"), None, 2.0, 10.0]), ("1", "0", "", "", "2", "10")),
        (pa.array([True, False] * 3), ("1", "0") * 3),
        (pa.array(["b", "a", None] * 2), ("b", "a", "") * 2),
        (pa.array(["b", "a"] * 3).dictionary_encode(), ("b", "a") * 3),
    ],
)
def test_labels_of_any_type_are_words(labels: Any, words: tuple[str, ...], tmp_path: Path) -> None:
    assert read_parquet(table(tmp_path, image=PNGS, target=labels)).labels == words


def test_arrays_of_several_axes_are_pictures(tmp_path: Path) -> None:
    for shape in ((28, 28, 1), (1, 28, 28)):
        cells = pa.array(IMAGES.reshape(6, *shape).tolist(), pa.list_(pa.list_(pa.list_(pa.uint8()))))
        assert np.array_equal(levels(read_parquet(table(tmp_path, image=cells))), IMAGES)


def test_what_a_cell_lacks_is_said(tmp_path: Path) -> None:
    cells = [{"bytes": None, "path": None}, None, {"bytes": None, "path": "gone.png"}, {"bytes": PNGS[0], "path": None}]
    found = read_parquet(table(tmp_path, image=cells))
    assert refused(found) == [
        *["column image is empty here: neither bytes nor a path."] * 2,
        "column image holds the path 'gone.png' only, no bytes, and no such file is in the table's folder. Store the"
        " bytes in the table, or put the pictures there.",
    ]
    assert np.array_equal(read_picture(found.pictures[3]), IMAGES[0])


@pytest.mark.parametrize("path", ["../outside.png", "/etc/hostname", "link.png", "..\\outside.png"])
@posix("links that every user may make")
def test_a_path_outside_the_folder_is_never_read(path: str, tmp_path: Path) -> None:
    (tmp_path / "outside.png").write_bytes(PNGS[0])
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.png").symlink_to(tmp_path / "outside.png")
    found = read_parquet(table(inside, image=[path]))
    assert ["is outside the table's folder" in each for each in refused(found)] == [True]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (pa.array([1, 2]), "holds int64, which is not a form of a picture"),
        (pa.array([[1, 2], [3, 4]]), "holds 2 numbers, neither a picture file nor a square of pixels"),
        (pa.array([[[1, 2], [3]]]), "rows of several lengths"),
        (pa.array([[1, None] * 32]), "with numbers missing"),
        (pa.array([["a"] * 64]), "not of numbers"),
        (pa.array([[], None], pa.list_(pa.uint8())), "is empty here"),
        (pa.array(["", None]), "is empty here"),
        (pa.array(["data:image/png;base64,@@@"]), "holds base64 that is damaged"),
        (pa.array([{"width": 1}]), "is a struct of width; a picture has its bytes in 'bytes'"),
        (pa.array([b"no picture"]), "not a picture of a known kind"),
        (pa.array([b""]), "is empty"),
    ],
)
def test_cells_of_other_things_are_refused(cells: Any, said: str, tmp_path: Path) -> None:
    found = read_parquet(table(tmp_path, image=cells))
    assert len(refused(found)) == len(cells)
    assert all(said in each for each in refused(found))


def test_files_that_are_not_parquet_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(DataError, match=r"a\.parquet: is damaged or not Parquet"):
        read_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"b\.parquet: cannot be read"):
        read_parquet(tmp_path / "b.parquet")
