"""Probabilities as others write them: one column, two decimals, per cent, logits; labels of any kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from digit_recognizer.errors import DataError
from digit_recognizer.evaluation.predictions import read_predictions
from digit_recognizer.statistics.checks import checked
from helpers_cli import digits, is_complaint

ONE = np.array([0.9, 0.2, 0.6, 0.1, 0.8])  # of the second class
ACTUAL = np.array([1, 0, 1, 0, 0])
TWO = np.stack([1 - ONE, ONE], 1)


def saved(path: Path, values: Any) -> Path:
    np.save(path, values)
    return path


@pytest.mark.parametrize("shape", [(5,), (5, 1)])
@pytest.mark.parametrize(
    "labels",
    [
        ACTUAL,
        ACTUAL.astype(np.uint8),
        ACTUAL.astype(np.float32),
        ACTUAL.astype(bool),
        ACTUAL[:, None],
        ACTUAL.astype(str),
        np.array(["0.0", "1.0"])[ACTUAL],
        np.array(["false", "True"])[ACTUAL],
    ],
)
def test_one_column_is_of_the_second_of_two_classes(
    shape: tuple[int, ...], labels: NDArray[Any], tmp_path: Path
) -> None:
    p, y = saved(tmp_path / "p.npy", ONE.reshape(shape)), saved(tmp_path / "y.npy", labels)
    found = read_predictions(p, y)
    assert (found.class_names, found.labels.tolist()) == (("0", "1"), ACTUAL.tolist())
    np.testing.assert_allclose(found.probabilities, TWO)
    assert found.notes == (f"{p} has one column: it is used as the probability of '1', not of '0'.",)
    two = read_predictions(saved(tmp_path / "two.npy", TWO), y)  # the same labels beside two columns
    assert (two.labels.tolist(), two.notes) == (ACTUAL.tolist(), ())


@pytest.mark.parametrize(
    ("header", "words", "names"),
    [
        ("p", ("benign", "malignant"), ("benign", "malignant")),
        ("malignant", ("benign", "malignant"), ("benign", "malignant")),
        ("disease", ("healthy", "disease"), ("healthy", "disease")),
        ("p", ("healthy", "disease"), ("disease", "healthy")),  # named in the note
        ("p", ("no", "yes"), ("no", "yes")),
        ("p", ("9", "10"), ("9", "10")),
        ("0", ("0", "1"), ("0", "1")),  # pandas' name of a column that has none
        ("p", ("-1", "1"), ("-1", "1")),
    ],
)
def test_names_of_two_classes_are_in_their_order_or_the_columns(
    header: str, words: tuple[str, str], names: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "p.csv").write_text("\n".join([header, *map(str, ONE)]))
    (tmp_path / "y.csv").write_text("\n".join(["label", *(words[each] for each in ACTUAL)]))
    found = read_predictions(tmp_path / "p.csv", tmp_path / "y.csv")
    assert (found.class_names, found.probabilities[0, 1]) == (names, 0.9)
    assert [found.class_names[each] for each in found.labels] == [words[each] for each in ACTUAL]
    assert f"the probability of {names[1]!r}, not of {names[0]!r}" in found.notes[0]


def test_one_column_of_cases_of_one_class_is_measured(tmp_path: Path) -> None:
    found = read_predictions(saved(tmp_path / "p.npy", ONE), saved(tmp_path / "y.npy", np.zeros(5)))
    assert (found.class_names, found.labels.sum()) == (("0", "1"), 0)


@pytest.mark.parametrize(
    ("values", "labels", "words"),
    [
        (ONE, [0, 1, 2, 0, 1], "has 3: 0, 1, 2. Give a column for each class"),
        (ONE, ["a", "a", "a", "a", "a"], "has 1: a"),
        (ONE[:4], ACTUAL, "4 probabilities, 5 labels"),
        (100 * ONE, ACTUAL, "run from 10 to 90, and look like per cent. Divide them by 100"),
        (np.log(ONE / (1 - ONE)), ACTUAL, "look like logits. Apply the sigmoid"),
        (100 * TWO, ACTUAL, "look like per cent. Divide them by 100"),
        (np.array([[10, 91]] * 5), ACTUAL, "look like per cent"),
        (np.log(TWO), ACTUAL, "look like logarithms of probabilities. Take their exponentials"),
        (np.log(TWO) + 3, ACTUAL, "look like logits. Apply softmax"),
        (TWO * [[np.nan, 1]], ACTUAL, "some are nan"),
        (TWO[:, [1, 1]], ACTUAL, "sum to"),
    ],
)
def test_what_is_no_probability_is_called_what_it_looks_like(
    values: Any, labels: Any, words: str, tmp_path: Path
) -> None:
    p, y = saved(tmp_path / "p.npy", values), saved(tmp_path / "y.npy", np.array(labels))
    is_complaint(digits("evaluate", "--predictions", p, "--labels", y), "p.npy", words)


def softmaxed(n: int, classes: int, seed: int = 0) -> NDArray[np.float64]:
    logits = np.random.default_rng(seed).normal(size=(n, classes))
    powers = np.exp(logits)
    return np.asarray(powers / powers.sum(1, keepdims=True))


@pytest.mark.parametrize(("classes", "decimals"), [(10, 2), (3, 1), (10, 1), (100, 3), (1000, 4), (2, 2)])
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_rounded_probabilities_are_measured_as_they_are(
    classes: int, decimals: int, kind: type, tmp_path: Path
) -> None:
    exact = softmaxed(400, classes)
    if classes == 2:
        exact[0] = 0.125, 0.875
    rounded = exact.round(decimals)
    if classes == 2:
        rounded[0] = 0.13, 0.88  # as spreadsheets round a tie
    y = saved(tmp_path / "y.npy", exact.argmax(1))
    found = read_predictions(saved(tmp_path / "p.npy", rounded.astype(kind)), y)
    np.testing.assert_allclose(found.probabilities, rounded, atol=1e-7)
    (said,) = found.notes
    assert f"is rounded to {decimals} decimals, so its rows sum to" in said


def test_rounded_probabilities_give_figures_with_a_note(tmp_path: Path) -> None:
    """Without a first line of names, too: its numbers sum to 0.99, and are none."""
    lines = ["0.10,0.02,0.87", "0.33,0.33,0.33", "0.20,0.50,0.31"]
    (tmp_path / "p.csv").write_text("\n".join(lines))
    (tmp_path / "y.csv").write_text("2\n0\n1\n")
    asked = ("--predictions", tmp_path / "p.csv", "--labels", tmp_path / "y.csv")
    answer = digits("evaluate", *asked, "--report", tmp_path / "r.html")
    assert answer.code == 0, answer.err
    assert "Accurate predictions: 3" in answer.out
    assert "Note: " in answer.err
    assert "is rounded to 2 decimals, so its rows sum to 0.99 to 1.01" in answer.err
    assert "is rounded to 2 decimals" in (tmp_path / "r.html").read_text()
    told = json.loads(digits("evaluate", *asked, "--json", "-").out)
    assert "is rounded to 2 decimals" in told["caveats"][0]
    (tmp_path / "q.csv").write_text("\n".join(lines[::-1]))
    compared = digits("compare", tmp_path / "p.csv", tmp_path / "q.csv", "--labels", tmp_path / "y.csv")
    assert compared.code == 0, compared.err
    assert compared.err.count("is rounded to 2 decimals") == 2


@pytest.mark.parametrize(
    "row",
    [
        [0.5, 0.5, 0.4],  # one decimal: rounding moves three numbers by .15 at most, and these are .4 off
        [0.50, 0.52, 0.01],  # two decimals: .03 off, and .015 is the most
        [0.3333, 0.3333, 0.3313],
        [1.0, 1.0, 0.0],  # nothing was rounded
        [0.0, 0.0, 0.0],
        [0.123456, 0.5, 0.35],  # no decimals to speak of
    ],
)
def test_what_rounding_does_not_explain_is_refused(row: list[float]) -> None:
    with pytest.raises(DataError, match="sum to"):
        checked(np.zeros(1, np.int64), [row])


def test_labels_are_names_before_they_are_places(tmp_path: Path) -> None:
    """Columns named 1 to 3: the label 1.0 is the first of them; 0 is no name, so that there it is the place."""
    (tmp_path / "p.csv").write_text("1,2,3\n0.8,0.1,0.1\n0.1,0.8,0.1\n")
    for labels, expected, notes in (([1.0, 2.0], [0, 1], 0), ([0, 1], [0, 1], 1)):
        found = read_predictions(tmp_path / "p.csv", saved(tmp_path / "y.npy", np.array(labels)))
        assert (found.labels.tolist(), len(found.notes)) == (expected, notes)
    (tmp_path / "e.csv").write_text("1e5,b\n0.8,0.2\n0.1,0.9\n")  # a name that looks like a number
    found = read_predictions(tmp_path / "e.csv", saved(tmp_path / "y.npy", np.array(["b", "1e5"])))
    assert found.labels.tolist() == [1, 0]


def test_one_column_is_compared_with_two(tmp_path: Path) -> None:
    p, q = saved(tmp_path / "p.npy", ONE), saved(tmp_path / "q.npy", TWO)
    answer = digits("compare", p, q, "--labels", saved(tmp_path / "y.npy", ACTUAL), "--json", "-")
    assert answer.code == 0, answer.err
    assert [each["correct"] for each in json.loads(answer.out)["models"]] == [4, 4]


def tables(folder: Path, header: str, rows: Any, label: str, labels: Any) -> tuple[Path, Path]:
    (folder / "p.csv").write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]))
    (folder / "y.csv").write_text("\n".join([label, *map(str, labels)]))
    return folder / "p.csv", folder / "y.csv"


@pytest.mark.parametrize(
    ("header", "labels", "names"),
    [
        ("p1,p0", "01", ("1", "0")),
        ("prob_1,prob_0", "01", ("1", "0")),
        ("class_11,class_10", ("10", "11"), ("11", "10")),
        ("prob_malignant,prob_melanoma", ("melanoma", "malignant"), ("malignant", "melanoma")),
        ("True,False", "01", ("True", "False")),
        ("true,false", ("False", "True"), ("true", "false")),
        ("1,0", "01", ("1", "0")),
        ("1.0,0.0", "01", ("1", "0")),
    ],
)
def test_columns_in_another_order_are_known_by_their_names(
    header: str, labels: Any, names: tuple[str, str], tmp_path: Path
) -> None:
    found = read_predictions(*tables(tmp_path, header, TWO[:, ::-1], "label", [labels[each] for each in ACTUAL]))
    assert (found.class_names, found.notes) == (names, ())
    assert found.labels.tolist() == (1 - ACTUAL).tolist()
    assert found.right.tolist() == [True, True, True, True, False]


def test_numbers_beside_columns_with_names_are_places_and_a_note_says_so(tmp_path: Path) -> None:
    found = read_predictions(*tables(tmp_path, "malignant,benign", TWO, "label", ACTUAL))
    assert found.labels.tolist() == ACTUAL.tolist()
    assert "used as column numbers, counted from 0" in found.notes[0]


@pytest.mark.parametrize(("header", "names"), [("prob_ill", ("well", "ill")), ("P(ill)", ("well", "ill"))])
def test_one_column_may_name_its_class(header: str, names: tuple[str, str], tmp_path: Path) -> None:
    words = [("well", "ill")[each] for each in ACTUAL]
    found = read_predictions(*tables(tmp_path, header, ONE[:, None], "label", words))
    assert (found.class_names, found.probabilities[0, 1]) == (names, 0.9)


def test_one_column_of_the_class_0_is_known_by_its_name(tmp_path: Path) -> None:
    found = read_predictions(*tables(tmp_path, "p0", 1 - ONE[:, None], "label", ACTUAL))
    assert (found.class_names, found.probabilities[0, 1].round(3)) == (("1", "0"), 0.1)


@pytest.mark.parametrize("name", ["", "Unnamed: 0", "id", "ImageId", "file", "label"])
def test_columns_that_number_the_rows_are_left_out(name: str, tmp_path: Path) -> None:
    rows = [[number, *row] for number, row in enumerate(TWO)]
    p, y = tables(tmp_path, f"{name},0,1", rows, "label", ACTUAL)
    found = read_predictions(p, y)
    assert (found.class_names, found.labels.tolist()) == (("0", "1"), ACTUAL.tolist())
    assert found.notes == (f"{p}: the column {name!r} is not probabilities. Left out.",)


def test_a_class_that_is_called_as_such_a_column_stays(tmp_path: Path) -> None:
    words = [("other", "target")[each] for each in ACTUAL]
    found = read_predictions(*tables(tmp_path, "other,target", TWO, "label", words))
    assert (found.class_names, found.notes) == (("other", "target"), ())


@pytest.mark.parametrize("header", ["y_true", "target", "Label", "class", "what it is"])
def test_labels_stand_below_any_name(header: str, tmp_path: Path) -> None:
    assert read_predictions(*tables(tmp_path, "0,1", TWO, header, ACTUAL)).labels.tolist() == ACTUAL.tolist()


def test_labels_stand_beside_other_columns(tmp_path: Path) -> None:
    lines = [f"{number}.png,{each}" for number, each in enumerate(ACTUAL)]
    assert read_predictions(*tables(tmp_path, "0,1", TWO, "file,Label", lines)).labels.tolist() == ACTUAL.tolist()
    with pytest.raises(DataError, match=r"it holds 2 columns? \(file, kind\)|holds 2"):
        read_predictions(*tables(tmp_path, "0,1", TWO, "file,kind", lines))


@pytest.mark.parametrize("header", ["0;1\n", ""])
def test_decimal_commas_are_read(header: str, tmp_path: Path) -> None:
    rows = "\n".join(";".join(str(share).replace(".", ",") for share in row) for row in TWO.round(2))
    (tmp_path / "p.csv").write_text(f"{header}{rows}\n", encoding="utf-8-sig")
    found = read_predictions(tmp_path / "p.csv", saved(tmp_path / "y.npy", ACTUAL))
    np.testing.assert_allclose(found.probabilities, TWO)
