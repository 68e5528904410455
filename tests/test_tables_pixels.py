"""Text tables of pixels: where the pixels stand, and what is said of tables that are not clear or not sound."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digit_recognizer.errors import DataError
from digit_recognizer.images import read_picture
from digit_recognizer.tables import pixels
from digit_recognizer.tables.columns import plain_labels
from digit_recognizer.tables.found import WHOLE, PictureTable
from digit_recognizer.tables.packed import opened
from digit_recognizer.tables.reading import read_tables
from table_files import PIXELS, rows_of, text

RNG = np.random.default_rng(3)
IMAGES = RNG.integers(0, 256, (6, 28, 28), np.uint8)
IMAGES[:, 0, 0] = IMAGES[:, -1, -1] = 0  # corners are empty in digits
LABELS = np.array([3, 1, 4, 1, 5, 9])
ROWS = rows_of(IMAGES, LABELS)


def read(path: Path) -> PictureTable:
    parts = read_tables(path)
    assert parts is not None
    return parts[WHOLE]


def levels(table: PictureTable, channels: int = 1) -> Any:
    return np.stack([read_picture(each, channels=channels) for each in table.pictures])


@pytest.mark.parametrize("side", [8, 16, 32, 64])
def test_squares_of_any_side_are_read(side: int, tmp_path: Path) -> None:
    images = RNG.integers(0, 256, (3, side, side), np.uint8)
    images[0, 0, 0] = 255
    for header in (["class", *(f"p{n + 1}" for n in range(side**2))], None):
        rows = rows_of(images, np.array([2, 0, 1]))
        rows[:, -1] = 0
        found = read(text(tmp_path / "a.csv", header, rows))
        assert np.array_equal(levels(found)[:, :-1], images[:, :-1])
        assert found.labels == ("2", "0", "1")


@pytest.mark.parametrize("planar", [True, False])
def test_three_channels_are_read_in_either_order(planar: bool, tmp_path: Path) -> None:
    across = np.linspace(0, 90, 28)[None, :, None] + np.linspace(0, 60, 28)[:, None, None]
    images = np.rint(across + np.array([10, 60, 100]) + np.zeros((2, 1, 1, 1))).astype(np.uint8)
    rows = (images.transpose(0, 3, 1, 2) if planar else images).reshape(2, -1)
    header = [f"pixel{number:04}" for number in range(2352)] + ["label"]
    found = read(text(tmp_path / "a.csv", header, np.column_stack([rows, [1, 0]])))
    assert np.array_equal(levels(found, 3), images)


def test_numbers_of_columns_decide_and_not_their_places(tmp_path: Path) -> None:
    order = RNG.permutation(785)
    names = np.array(["label", *PIXELS])
    found = read(text(tmp_path / "a.csv", list(names[order]), ROWS[:, order]))
    assert np.array_equal(levels(found), IMAGES)
    assert found.labels == tuple(map(str, LABELS))


def test_other_columns_are_kept(tmp_path: Path) -> None:
    header = ["id", "Patient ID", "site", *PIXELS, "Diagnosis"]
    rows = [[f"a{n}", f"Jane {n}", "N", *row[1:], "ill"] for n, row in enumerate(ROWS)]
    table = read(text(tmp_path / "a.csv", header, rows))
    assert table.ids == tuple(f"a{n}" for n in range(6))
    assert table.id_name == "id"
    assert table.columns == {
        "patient": tuple(f"Jane {n}" for n in range(6)),
        "site": ("N",) * 6,
        "diagnosis": ("ill",) * 6,
    }
    assert table.labels is None


def test_the_only_other_column_is_the_label_and_that_is_said(tmp_path: Path) -> None:
    table = read(text(tmp_path / "a.csv", ["emotion", *PIXELS], ROWS))
    assert table.labels == tuple(map(str, LABELS))
    assert table.notes == ("the column 'emotion' was used as the labels",)


def test_a_column_of_splits_parts_the_table(tmp_path: Path) -> None:
    usage = ["Training", "Test", "train", "val", "test", "train"]
    rows = [[*row, use] for row, use in zip(ROWS, usage, strict=True)]
    parts = read_tables(text(tmp_path / "a.csv", ["label", *PIXELS, "usage"], rows))
    assert parts is not None
    assert {part: table.labels for part, table in parts.items()} == {
        "train": ("3", "4", "9"),
        "test": ("1", "5"),
        "validation": ("1",),
    }
    assert np.array_equal(levels(parts["test"]), IMAGES[[1, 4]])


@pytest.mark.parametrize(
    ("header", "rows", "said"),
    [
        (["label", *PIXELS[:-1]], ROWS[:, :-1], r"783 columns pixel0 to pixel782 are not the pixels of a square"),
        (["label", *PIXELS[:-1], "pixel9"], ROWS, r"two of its columns of pixels have one name"),
        (["label", *PIXELS[:99], *(f"pixel{n}" for n in range(100, 785))], ROWS, r"columns pixel0 to pixel784 are not"),
        (["label", *PIXELS], [*ROWS, ROWS[0][:-1]], r"line 8 has 784 columns, and the first 785"),
        (["label", *PIXELS], [*ROWS, [3, *[7] * 783, "x"]], r"line 8: pixel 784 of the picture is 'x', not a number"),
        (["label", *PIXELS], [[3, *[7] * 783, ""]], r"line 2: pixel 784 of the picture is '', not a number"),
        (["label", *PIXELS], [[3, *[7] * 783, "nan"]], r"pixel 784 of the picture is 'nan'"),
        (["label", *PIXELS], [], "holds no rows of pixels"),
        (None, np.abs(RNG.integers(1, 200, (4, 785))), r"both the first and the last could be the labels"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(header: Any, rows: Any, said: str, tmp_path: Path) -> None:
    path = text(tmp_path / "a.csv", header, rows)
    with pytest.raises(DataError, match=said) as caught:
        read_tables(path)
    assert str(path) in str(caught.value)


def test_names_that_pandas_made_of_a_row_are_not_a_picture(tmp_path: Path) -> None:
    names = [str(3), *("0" if n == 0 else f"0.{n}" for n in range(784))]
    found = read(text(tmp_path / "a.csv", names, ROWS))
    assert found.labels == tuple(map(str, LABELS))
    assert np.array_equal(levels(found), IMAGES)


def test_text_that_is_not_pixels_is_another_table(tmp_path: Path) -> None:
    for name, content in (("a.csv", "file,label\na.png,3\n"), ("b.csv", "0.1,0.9\n0.8,0.2\n"), ("c.txt", "words\n")):
        (tmp_path / name).write_text(content)
        assert read_tables(tmp_path / name) is None
    assert read_tables(tmp_path / "absent.csv") is None


def test_many_rows_are_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels, "ROWS", 4)
    path = text(tmp_path / "a.csv", ["label", *PIXELS], ROWS)
    assert np.array_equal(levels(read(path)), IMAGES)
    shares = [[label, *(level / 255 for level in row)] for label, *row in ROWS[:5]]
    path = text(tmp_path / "b.csv", ["label", *PIXELS], [*shares, [9] + [0] * 784])  # the last piece has whole numbers
    assert np.array_equal(levels(read(path))[:5], IMAGES[:5])
    monkeypatch.setattr(pixels, "MOST_ROWS", 3)
    with pytest.raises(DataError, match="more pictures than fit in memory"):
        read(path)


def test_bounds_hold_before_a_table_is_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = text(tmp_path / "a.csv", ["label", *PIXELS], ROWS)
    monkeypatch.setattr(pixels, "LONGEST", 2**10)
    with pytest.raises(DataError, match=r"a\.csv: has a line of more than 1,024 characters"):
        read(path)
    bomb = tmp_path / "bomb.csv.gz"
    bomb.write_bytes(gzip.compress(bytes(2**22)))
    with pytest.raises(DataError, match=r"bomb\.csv\.gz: is larger than 1 MiB"), opened(bomb, 2**20) as stream:
        stream.read()


@pytest.mark.parametrize(
    "content",
    [gzip.compress(b"a,b\n" * 999)[:-9], b"\x1f\x8bno gzip", b"BZh9 no"],
    ids=["cut short", "not gzip", "not bzip2"],  # a packed file holds the time
)
def test_packed_tables_that_are_damaged_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(content)
    with pytest.raises(DataError, match=r"a\.csv\.gz: is damaged or truncated"):
        read_tables(tmp_path / "a.csv.gz")


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("index", [False, True])
@pytest.mark.parametrize("place", [0, 784])
def test_numbers_for_names_stand_beside_the_label(start: int, index: bool, place: int, tmp_path: Path) -> None:
    """What pandas writes of DataFrame(pixels) with a column of labels."""
    names = [str(start + number) for number in range(784)]
    names.insert(place, "label")
    rows = np.roll(ROWS, -1, axis=1) if place else ROWS
    if index:
        names, rows = ["", *names], np.column_stack([np.arange(len(rows)), rows])
    found = read(text(tmp_path / "a.csv", names, rows))
    assert (found.labels, found.notes) == (tuple(map(str, LABELS)), ())
    assert np.array_equal(levels(found), IMAGES)


@pytest.mark.parametrize("word", ["{}.0", "{}.", "{},0", "{}.000e+00"])
def test_labels_that_are_stored_as_floats_are_whole(word: str, tmp_path: Path) -> None:
    rows = [[word.format(label), *row[1:]] for label, row in zip(LABELS, ROWS.tolist(), strict=True)]
    assert read(text(tmp_path / "a.csv", ["label", *PIXELS], rows)).labels == tuple(map(str, LABELS))


def test_other_labels_stay_as_they_are() -> None:
    for words in (("1.5", "2.0"), ("01", "02"), ("a", "1.0"), ("", "3")):
        assert plain_labels(words) == words
    assert plain_labels(("-1.0", "", "1.0")) == ("-1", "", "1")


def test_decimal_commas_in_quotes_are_read(tmp_path: Path) -> None:
    rows = [[label, *(f"{level / 255:.6f}".replace(".", ",") for level in row)] for label, *row in ROWS.tolist()]
    found = read(text(tmp_path / "a.csv", ["label", *PIXELS], rows))  # with commas between the columns
    assert np.array_equal(levels(found), IMAGES)
