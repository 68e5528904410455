"""A class is called by its name wherever it is shown or stored; numbers are read by models of digits alone."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from digit_recognizer import get_predicted_label
from digit_recognizer.data import ArraySplit, Dataset, load_dataset
from digit_recognizer.data.class_names import as_numbers, in_order, index_of
from digit_recognizer.errors import ConfigError, ModelFileError
from digit_recognizer.explaining import gradients_map, occlusion_map
from digit_recognizer.exporting.to_web import told
from digit_recognizer.images import Preprocess
from digit_recognizer.models import load_model
from digit_recognizer.reading import read_grid, read_page
from digit_recognizer.reading.digits import why_not
from digit_recognizer.recognizer import Recognizer
from digit_recognizer.scoring import score
from helpers_cli import digits, is_complaint
from model_files import renamed, without_zero
from scoring_files import png, rows_in
from server_process import running

pytestmark = pytest.mark.arithmetic

LETTERS = tuple("abcdefghij")
TWENTIES = tuple(map(str, range(20, 30)))  # numbers that are other than the classes' indices, and no digits


@pytest.fixture(scope="module")
def nine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of the digits 1 to 9."""
    return without_zero(tmp_path_factory.mktemp("nine") / "nine.onnx", "cnn")


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return renamed(tmp_path_factory.mktemp("letters") / "letters.onnx", "classic", LETTERS)


@pytest.fixture(scope="module")
def twenties(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return renamed(tmp_path_factory.mktemp("twenties") / "twenties.onnx", "classic", TWENTIES)


@pytest.fixture(scope="module")
def written(mnist: Dataset) -> dict[int, NDArray[np.uint8]]:
    """An image of each digit, of those that `cnn` and `classic` are sure of."""
    split = mnist.split("validation")
    chosen = np.arange(400)
    found: dict[int, NDArray[np.uint8]] = {}
    sure = [load_model(name).probabilities(split.take(chosen)) for name in ("cnn", "classic")]
    for index in chosen:
        label = int(split.labels[index])
        if all(each[index, label] > 0.99 for each in sure):
            found.setdefault(label, split.take(chosen[index : index + 1])[0])
    return found


@pytest.fixture(scope="module")
def sheet(written: dict[int, NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """A page on which 123 and 789 stand."""
    page = np.full((300, 400), 245, np.uint8)
    for number, down in (("123", 50), ("789", 160)):
        for place, digit in enumerate(number):
            image = np.asarray(Image.fromarray(written[int(digit)]).resize((56, 56), Image.Resampling.BICUBIC))
            part = page[down : down + 56, 60 + 42 * place : 116 + 42 * place]
            part[:] = np.minimum(part, 245 - np.minimum(image, 235))
    return page


@pytest.fixture(scope="module")
def table(written: dict[int, NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """A ruled grid of 3 x 3 with the digits 1 to 9 in its cells, in order."""
    page = np.full((420, 420), 245, np.uint8)
    for place in range(20, 400, 125):
        page[place : place + 5, 20:400] = page[20:400, place : place + 5] = 20
    for digit in range(1, 10):
        down, across = 57 + 125 * ((digit - 1) // 3), 57 + 125 * ((digit - 1) % 3)
        image = np.asarray(Image.fromarray(written[digit]).resize((56, 56), Image.Resampling.BICUBIC))
        part = page[down : down + 56, across : across + 56]
        part[:] = np.minimum(part, 245 - np.minimum(image, 235))
    return np.asarray(Image.fromarray(page).filter(ImageFilter.GaussianBlur(1)))


def save(path: Path, image: NDArray[np.uint8]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)
    return path


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("10 9 2 1", "1 2 9 10"),
        ("class10 class2 class1", "class1 class2 class10"),
        ("-1 0 -2 10 1.5 1.25", "-2 -1 0 1.25 1.5 10"),
        ("b a B A", "A B a b"),
        ("v1.10 v1.9 v1", "v1 v1.9 v1.10"),
        ("01 1 10 02", "01 1 02 10"),
        ("x10y2 x10y10 x9", "x9 x10y2 x10y10"),
        ("3 x 10 2", "2 3 10 x"),
        ("1" * 6000 + " 2", "2 " + "1" * 6000),  # more digits than int() takes
        ("malignant benign", "benign malignant"),
    ],
)
def test_names_sort_as_people_sort_them(names: str, expected: str) -> None:
    assert in_order(names.split()) == tuple(expected.split())


def test_names_are_numbers_only_where_the_number_says_what_the_name_says() -> None:
    assert as_numbers(("0", "1", "5", "10")) == (0, 1, 5, 10)
    for name in ("01", "-1", "1.0", "x", "", "٣", "²", "9999999999"):  # the last would not fit the table's column
        assert as_numbers(("1", name)) is None
    assert index_of(("1", "2"), 2) == index_of(("1", "2"), "2") == 1
    assert index_of(("a", "b"), "b") == index_of(("a", "b"), 1) == 1
    assert index_of(("1", "x"), "1") == 0  # a name before an index
    for unknown in (0, 3, "x", "-1"):
        with pytest.raises(ValueError, match=str(unknown)):
            index_of(("1", "2"), unknown)


def test_classes_of_folders_and_tables_are_in_their_natural_order(tmp_path: Path) -> None:
    names = [str(number) for number in range(1, 13)]
    for name in names:
        for copy in range(3):
            image = np.random.default_rng(int(name) + 100 * copy).integers(0, 255, (28, 28), np.uint8)
            save(tmp_path / "set" / name / f"{copy}.png", image)
    assert load_dataset(tmp_path / "set").spec.classes == tuple(names)
    rows = [f"set/{name}/{copy}.png,{name},train" for name in names for copy in range(3)]
    (tmp_path / "set.csv").write_text("\n".join(["file,label,split", *rows]))
    dataset = load_dataset(tmp_path / "set.csv")
    assert dataset.spec.classes == tuple(names)
    assert dataset.split("train").labels.tolist() == [number for number in range(12) for _ in range(3)]


def test_a_model_of_1_to_9_says_the_digits_that_it_sees(
    nine: Path, written: dict[int, NDArray[np.uint8]], tmp_path: Path
) -> None:
    recognizer = Recognizer.load(nine)
    found = recognizer.predict([written[digit] for digit in range(1, 10)])
    assert [each.label for each in found] == [int(str(each.name)) for each in found] == list(range(1, 10))
    assert [each.index for each in found] == list(range(9))
    assert all(each.probabilities[each.index or 0] == each.probability for each in found)
    assert all(each.label in each.prediction_set for each in found)
    assert [get_predicted_label(written[digit], recognizer) for digit in (1, 9)] == [1, 9]
    seven = save(tmp_path / "in" / "seven.png", written[7])
    answer = json.loads(digits("predict", "--json", "--model", nine, seven).out)
    assert (answer["label"], answer["name"], answer["prediction_set"]) == (7, "7", [7])
    score(tmp_path / "in", tmp_path / "out", nine, workers=1)
    (row,) = rows_in(tmp_path / "out")
    assert (row["label"], row["prediction_set"]) == (7, [7])


def test_a_model_of_1_to_9_reads_pages_by_its_names(nine: Path, sheet: NDArray[np.uint8], tmp_path: Path) -> None:
    photo = save(tmp_path / "in" / "page.png", sheet)
    page = read_page(sheet, Recognizer.load(nine))
    assert [number.text for number in page.numbers] == ["123", "789"]
    assert [digit.label for number in page.numbers for digit in number.digits] == [1, 2, 3, 7, 8, 9]
    assert digits("read", "--model", nine, photo).out.split()[1::2] == ["123", "789"]
    rows = csv.DictReader(io.StringIO(digits("read", "--csv", "--model", nine, photo).out))
    assert [row["label"] for row in rows] == list("123789")
    told = json.loads(digits("read", "--json", "--model", nine, photo).out)
    assert [[digit["label"] for digit in number["digits"]] for number in told["numbers"]] == [[1, 2, 3], [7, 8, 9]]
    score(tmp_path / "in", tmp_path / "out", nine, read=True, workers=1)
    assert [(row["text"], row["label"]) for row in rows_in(tmp_path / "out")] == [
        *(("123", digit) for digit in (1, 2, 3)),
        *(("789", digit) for digit in (7, 8, 9)),
    ]


def test_a_model_of_1_to_9_reads_grids_by_its_names(nine: Path, table: NDArray[np.uint8], tmp_path: Path) -> None:
    photo = save(tmp_path / "table.png", table)
    expected = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    grid = read_grid(table, Recognizer.load(nine), (3, 3))
    assert grid is not None
    assert grid.rows == expected
    printed = digits("read", "--grid", "3x3", "--model", nine, photo).out.splitlines()[1:]
    assert [[int(sign.rstrip("?")) for sign in line.split()] for line in printed] == expected
    assert json.loads(digits("read", "--grid", "3x3", "--json", "--model", nine, photo).out)["rows"] == expected


def test_digits_that_touch_are_sure_only_where_the_model_knows_them_all(
    nine: Path, written: dict[int, NDArray[np.uint8]]
) -> None:
    """The line reader, which reads what touches, knows 0; a model of 1 to 9 does not."""

    def tight(digit: int) -> NDArray[np.uint8]:
        columns = np.flatnonzero(written[digit].any(0))
        return written[digit][:, columns[0] : columns[-1] + 1]

    def touching(first: int, second: int) -> NDArray[np.uint8]:
        left, right = tight(first), tight(second)
        width = left.shape[1] + right.shape[1] - 2
        pair = np.zeros((28, width), np.uint8)
        pair[:, : left.shape[1]] = left
        pair[:, -right.shape[1] :] = np.maximum(pair[:, -right.shape[1] :], right)
        page = np.full((300, 400), 245, np.uint8)
        large = np.asarray(Image.fromarray(pair).resize((3 * width, 84), Image.Resampling.BICUBIC))
        page[100:184, 100 : 100 + 3 * width] = 245 - np.minimum(large, 235)
        return page

    whole, lacking = Recognizer.load("cnn"), Recognizer.load(nine)
    (number,) = read_page(touching(4, 0), whole).numbers
    assert (number.text, [digit.status for digit in number.digits]) == ("40", ["ok", "ok"])
    (number,) = read_page(touching(4, 0), lacking).numbers
    assert (number.text, number.status) == ("40", "unsure")
    assert "no class" in (number.reason or "")
    (number,) = read_page(touching(4, 5), lacking).numbers
    assert (number.text, [digit.status for digit in number.digits]) == ("45", ["ok", "ok"])


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (tuple("123456789"), None),
        (("0", "1", "5"), None),
        (tuple("9876543210"), None),
        ((*"0123456789", "blank"), "its class is not a digit (blank)"),
        (("1", "2", "10"), "its class is not a digit (10)"),
        (("٣", "٤"), "its classes are not digits (٣, ٤)"),
        (LETTERS, "its classes are not digits (a, b, c, d, e and 5 more)"),
    ],
)
def test_only_digits_are_read_as_numbers(names: tuple[str, ...], reason: str | None) -> None:
    header = load_model("classic").header
    assert why_not(replace(header, class_names=names)) == reason


def test_several_labels_and_colour_are_not_read_as_numbers() -> None:
    header = load_model("classic").header
    assert "several labels" in str(why_not(replace(header, task="multi-label")))
    assert "in colour" in str(why_not(replace(header, preprocess=Preprocess(form="picture", channels=3))))


def test_a_model_of_other_classes_is_refused_before_any_work(
    letters: Path, sheet: NDArray[np.uint8], tmp_path: Path
) -> None:
    recognizer = Recognizer.load(letters)
    for read in (read_page, read_grid):
        with pytest.raises(ModelFileError, match=r"letters\.onnx: its classes are not digits \(a, b, .* Name a model"):
            read(sheet, recognizer)
    photo = save(tmp_path / "in" / "page.png", sheet)
    for options in ([], ["--grid", "3x3"], ["--csv"], ["--json"], ["--annotate", tmp_path / "drawn.png"]):
        is_complaint(digits("read", photo, "--model", letters, *options), letters, "classes are not digits")
    asked = ("score", tmp_path / "in", "--out", tmp_path / "out", "--read", "--model", letters, "--quiet")
    is_complaint(digits(*asked), letters, "classes are not digits")
    assert not (tmp_path / "drawn.png").exists()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("names", "kind"), [(LETTERS, pa.string()), (TWENTIES, pa.int32())])
def test_labels_are_stored_by_name(
    names: tuple[str, ...],
    kind: pa.DataType,
    letters: Path,
    twenties: Path,
    written: dict[int, NDArray[np.uint8]],
    tmp_path: Path,
) -> None:
    model = letters if names == LETTERS else twenties
    named = [name if names == LETTERS else int(name) for name in names]
    files = [save(tmp_path / "in" / f"{digit}.png", written[digit]) for digit in sorted(written)]
    save(tmp_path / "in" / "z.png", np.full((28, 28), 250, np.uint8))  # blank: no class
    score(tmp_path / "in", tmp_path / "out", model, workers=1)
    schema = pq.read_schema(tmp_path / "out" / "part-000000.parquet")
    assert (schema.field("label").type, schema.field("prediction_set").type.value_type) == (kind, kind)
    *rows, blank = rows_in(tmp_path / "out")
    assert [row["label"] for row in rows] == [named[digit] for digit in sorted(written)]
    assert all(row["label"] in row["prediction_set"] for row in rows)  # type: ignore[operator]
    assert (blank["label"], blank["prediction_set"]) == (None, [])
    found = [json.loads(line) for line in digits("predict", "--json", "--model", model, *files).out.splitlines()]
    assert [each["label"] for each in found] == [row["label"] for row in rows]
    assert [each["name"] for each in found] == [names[digit] for digit in sorted(written)]
    assert [each["prediction_set"] for each in found] == [row["prediction_set"] for row in rows]
    assert get_predicted_label(written[3], model) == named[3]


def test_python_gives_an_index_beside_the_label(
    letters: Path, twenties: Path, written: dict[int, NDArray[np.uint8]]
) -> None:
    (number,) = Recognizer.load(twenties).predict(written[3])
    (letter,) = Recognizer.load(letters).predict(written[3])
    assert (number.label, number.name, number.index, number.prediction_set) == (23, "23", 3, (23,))
    assert (letter.label, letter.name, letter.index, letter.prediction_set) == (3, "d", 3, (3,))


def test_maps_are_of_the_class_that_a_label_names(twenties: Path, written: dict[int, NDArray[np.uint8]]) -> None:
    plain, model = load_model("classic"), load_model(twenties)
    np.testing.assert_array_equal(occlusion_map(model, written[3], 23), occlusion_map(plain, written[3], 3))
    for explain in (occlusion_map, gradients_map):
        with pytest.raises(ConfigError, match=r"There is no class 3\. Name one of 20, 21"):
            explain(model, written[3], 3)


def test_an_audit_names_the_classes(mnist: Dataset) -> None:
    from digit_recognizer.auditing.duplicates import Duplicates
    from digit_recognizer.auditing.pool import pooled
    from digit_recognizer.auditing.suspects import Suspect

    few = ArraySplit(mnist.split("validation").take(np.arange(4)), np.array([0, 1, 2, 0]))
    for classes, expected in ((("7", "8", "9"), (7, 8)), (("cat", "dog", "owl"), (0, 1))):
        pool = pooled({"train": few}, classes)
        told = Suspect(0, 0, 1, 0.1, True).to_dict(pool)
        assert (told["given"], told["suggested"]) == expected
        assert (told["given_name"], told["suggested_name"]) == classes[:2]
        copies = Duplicates((0, 1), "exact", 1.0, True).to_dict(pool)["images"]
        assert [each["label"] for each in copies] == list(expected)


def test_the_page_without_a_server_knows_the_labels(letters: Path, twenties: Path) -> None:
    assert told(Recognizer.load(letters))["labels"] == list(LETTERS)
    assert told(Recognizer.load(twenties))["labels"] == list(range(20, 30))


def test_a_server_answers_by_name_and_refuses_pages(
    letters: Path, sheet: NDArray[np.uint8], written: dict[int, NDArray[np.uint8]], tmp_path: Path
) -> None:
    picture = png(written[3])
    with running(tmp_path, str(letters)) as server:
        (found,) = server.post("/v1/predict", picture).json["predictions"]
        assert (found["label"], found["name"], found["prediction_set"]) == ("d", "d", ["d"])
        assert server.post("/v1/explain", picture).json["label"] == "d"
        assert server.post("/v1/explain?label=b", picture).json["label"] == "b"
        assert server.post("/v1/explain?label=k", picture).status == 422
        for path in ("/v1/read", "/v1/read?grid=3x3"):
            refused = server.post(path, png(sheet))
            assert (refused.status, refused.headers["content-type"]) == (422, "application/problem+json")
            assert "cannot read numbers: its classes are not digits (a, b," in refused.json["detail"]
            assert str(letters.parent) not in refused.json["detail"]
