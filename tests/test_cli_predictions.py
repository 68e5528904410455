"""Predictions of any tool are measured as a model's are; two are compared on the same cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from pyarrow import parquet
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from sklearn.naive_bayes import GaussianNB

from digit_recognizer.errors import DataError
from digit_recognizer.evaluation.predictions import read_predictions
from digit_recognizer.statistics.compare import TESTS
from helpers_cli import digits, is_complaint

pytestmark = [pytest.mark.arithmetic, pytest.mark.usefixtures("few_resamples")]

NAMES = ("setosa", "versicolor", "virginica")


@pytest.fixture(scope="module")
def iris() -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Labels (75,) and two models' probabilities (75, 3)."""
    inputs, labels = load_iris(return_X_y=True)
    models = (LogisticRegression(max_iter=1000), GaussianNB())
    first, second = (each.fit(inputs[::2], labels[::2]).predict_proba(inputs[1::2]) for each in models)
    return labels[1::2], first, second


def write_csv(path: Path, header: tuple[str, ...] | None, rows: NDArray[Any]) -> Path:
    lines = [",".join(map(str, np.atleast_1d(row))) for row in rows]
    path.write_text("\n".join([*([",".join(header)] if header else []), *lines]) + "\n")
    return path


def written(place: Path, form: str, labels: NDArray[np.int64], shares: NDArray[np.float64]) -> tuple[Path, Path]:
    """Probabilities and labels in files of one form."""
    if form == "npz":
        np.savez_compressed(place / "p.npz", probabilities=shares, class_names=NAMES)
        np.savez(place / "y.npz", labels=labels)
        return place / "p.npz", place / "y.npz"
    if form == "npy":
        np.save(place / "p.npy", shares)
        np.save(place / "y.npy", labels)
        return place / "p.npy", place / "y.npy"
    if form == "parquet":
        parquet.write_table(pa.table(dict(zip(NAMES, shares.T, strict=True))), place / "p.parquet")
        parquet.write_table(pa.table({"flower": [NAMES[each] for each in labels]}), place / "y.parquet")
        return place / "p.parquet", place / "y.parquet"
    header = NAMES if form == "csv with names" else None
    words = np.array(NAMES)[labels] if header else labels
    return write_csv(place / "p.csv", header, shares), write_csv(place / "y.csv", ("label",) if header else None, words)


@pytest.mark.parametrize("form", ["npz", "npy", "parquet", "csv with names", "csv"])
def test_every_form_gives_scikit_learns_figures(form: str, iris: Any, tmp_path: Path) -> None:
    labels, shares, _ = iris
    files = written(tmp_path, form, labels, shares)
    answer = digits("evaluate", "--predictions", files[0], "--labels", files[1], "--json", "-")
    assert answer.code == 0, answer.err
    found = json.loads(answer.out)
    assert found["accuracy"] == accuracy_score(labels, shares.argmax(1))
    figures = found["figures"]
    assert figures["macro_auroc"]["value"] == pytest.approx(roc_auc_score(labels, shares, multi_class="ovr"))
    assert figures["negative_log_likelihood"]["value"] == pytest.approx(log_loss(labels, shares))
    assert {"calibration", "risk_coverage", "conformal"} <= found.keys()
    names = [each["name"] for each in found["per_class"]]
    assert names == (list(NAMES) if form in ("npz", "parquet", "csv with names") else ["0", "1", "2"])


def test_digits_for_names_are_a_header_all_the_same(tmp_path: Path) -> None:
    shares = np.eye(10)[:, ::-1] * 0.91 + 0.009
    probabilities = write_csv(tmp_path / "p.csv", tuple("9876543210"), shares / shares.sum(1, keepdims=True))
    labels = write_csv(tmp_path / "y.csv", None, np.arange(10))
    found = read_predictions(probabilities, labels)
    assert found.class_names == tuple("9876543210")
    assert (found.predicted == found.labels).all()


def test_words_name_every_figure(iris: Any, tmp_path: Path) -> None:
    files = written(tmp_path, "csv", *iris[:2])
    out = digits("evaluate", "--predictions", files[0], "--labels", files[1]).out
    for word in (
        "Accuracy:",
        "Cohen's kappa:",
        "AUROC, mean of classes:",
        "Calibration error:",
        "The most confident 90 %",
    ):
        assert word in out


def test_groups_widen_the_interval(iris: Any, tmp_path: Path) -> None:
    files = written(tmp_path, "csv", *iris[:2])
    groups = write_csv(tmp_path / "g.csv", ("groups",), np.arange(75) // 15)
    command = ("evaluate", "--predictions", files[0], "--labels", files[1], "--json", "-")
    alone = json.loads(digits(*command).out)["interval"]
    together = json.loads(digits(*command, "--groups", groups).out)["interval"]
    assert together["method"] == "wilson, clustered"
    assert together["high"] - together["low"] > alone["high"] - alone["low"]


def test_two_tables_are_compared_on_the_same_cases(iris: Any, tmp_path: Path) -> None:
    labels, first, second = iris
    y = write_csv(tmp_path / "y.csv", None, labels)
    a, b = (write_csv(tmp_path / f"{name}.csv", None, each) for name, each in (("a", first), ("b", second)))
    answer = digits("compare", a, b, "--labels", y, "--json", tmp_path / "c.json")
    assert answer.code == 0, answer.err
    (found,) = json.loads((tmp_path / "c.json").read_text())["comparisons"]
    assert found["disagreement"] == np.flatnonzero(first.argmax(1) != second.argmax(1)).tolist()
    assert found["by_chance"]
    assert "not significant" in answer.out
    clear = np.eye(3)[(labels + (np.arange(75) % 2 == 0)) % 3]
    worse = write_csv(tmp_path / "worse.csv", ("x", "y", "z"), clear)
    better = write_csv(tmp_path / "better.csv", ("x", "y", "z"), np.eye(3)[labels])
    assert f"{better} is better than {worse}" in digits("compare", worse, better, "--labels", y).out.replace("\n", " ")


def test_a_comparison_tells_aurocs_too_and_heeds_groups(iris: Any, tmp_path: Path) -> None:
    labels, first, _ = iris
    y = write_csv(tmp_path / "y.csv", None, labels)
    blunt = 0.02 * first + 0.98 * np.random.default_rng(0).dirichlet(np.ones(3), 75)
    a, b = (write_csv(tmp_path / f"{name}.csv", None, each) for name, each in (("a", first), ("b", blunt)))
    answer = digits("compare", a, b, "--labels", y, "--json", tmp_path / "c.json")
    assert answer.code == 0, answer.err
    rows = json.loads((tmp_path / "c.json").read_text())["aurocs"]
    for k, row in enumerate(rows):
        assert row["first"] == pytest.approx(roc_auc_score(labels == k, first[:, k]))
        assert row["adjusted_p_value"] <= 0.05
    assert "AUROC of 0" in answer.out
    groups = write_csv(tmp_path / "g.csv", ("group",), np.arange(75) // 15)
    command = ("compare", a, b, "--labels", y, "--json", "-")
    alone, together = (json.loads(digits(*command, *more).out) for more in ((), ("--groups", groups)))
    assert together["aurocs"] is None
    assert [each["comparisons"][0]["test"] for each in (alone, together)] == list(TESTS)
    widths = [
        np.subtract(*(each["comparisons"][0]["interval"][end] for end in ("high", "low"))) for each in (alone, together)
    ]
    assert widths[1] > widths[0]
    assert together["models"][0]["interval"]["method"] == "wilson, clustered"


def test_shipped_models_are_compared() -> None:
    answer = digits("compare", "classic", "cnn", "--split", "validation")
    assert answer.code == 0, answer.err
    assert "cnn is better than classic" in answer.out


DAMAGED: dict[str, tuple[str, bytes, str]] = {
    "text": ("p.csv", b"hello\nworld\n", "not a number"),
    "ragged": ("p.csv", b"0.5,0.5\n1\n", "columns"),
    "empty": ("p.csv", b"", "no table"),
    "nan": ("p.csv", b"nan,0.5\n0.5,0.5\n", "finite"),
    "sums": ("p.csv", b"a,b\n0.5,0.5\n0.9,0.9\n", "sum to 1.8"),
    "not an npz": ("p.npz", b"PK\x03\x04 and no more", "cannot be read"),
    "no npy": ("p.npy", b"\x93NUMPY", "cannot be read"),
    "no parquet": ("p.parquet", b"PAR1", "cannot be read"),
    "unknown": ("p.xlsx", b"", "not one of .npz"),
    "lengths": ("p.csv", b"a,b\n1,0\n1,0\n1,0\n", "2 labels"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_tables_are_named(case: str, tmp_path: Path) -> None:
    name, content, reason = DAMAGED[case]
    (tmp_path / name).write_bytes(content)
    labels = write_csv(tmp_path / "y.csv", None, np.array([0, 1]))
    is_complaint(digits("evaluate", "--predictions", tmp_path / name, "--labels", labels), name, reason)


def test_a_pickle_in_a_table_is_never_opened(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "exploded",))

    np.save(tmp_path / "p.npy", np.array([Bomb()], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="allow_pickle"):
        read_predictions(tmp_path / "p.npy", tmp_path / "p.npy")
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("labels", ["0\n3\n", "0\n-1\n", "0\n0.5\n", "setosa\nrose\n"])
def test_labels_that_are_no_classes_are_named(labels: str, tmp_path: Path) -> None:
    probabilities = write_csv(tmp_path / "p.csv", NAMES, np.eye(3)[:2])
    (tmp_path / "y.csv").write_text(labels)
    answer = digits("evaluate", "--predictions", probabilities, "--labels", tmp_path / "y.csv")
    is_complaint(answer, "y.csv")


def test_half_a_pair_of_options_is_refused(tmp_path: Path) -> None:
    is_complaint(digits("evaluate", "--labels", tmp_path / "y.csv"), "--predictions")
    is_complaint(digits("evaluate", "classic", "--predictions", "p.csv", "--labels", "y.csv"), "instead of a model")
    is_complaint(digits("compare", "classic"), "two or more")


OF_MODELS = {
    "--split": "test",  # what it is anyway
    "--data": "mnist",
    "--data-dir": "folder",
    "--unverified": "file.npz",
    "--figures": "folder",
    "--explain": "occlusion",
    "--sensitivity": "90%",
    "--prevalence": "10%",
}


@pytest.mark.parametrize("option", [*OF_MODELS, "--each"])
def test_an_option_of_models_is_refused_beside_tables(option: str, iris: Any, tmp_path: Path) -> None:
    files = written(tmp_path, "npy", *iris[:2])
    value = [OF_MODELS[option]] if option in OF_MODELS else []
    answer = digits("evaluate", "--predictions", files[0], "--labels", files[1], option, *value)
    is_complaint(answer, f"{option} is of a model, not of --predictions.")


def test_options_of_models_are_all_named(iris: Any, tmp_path: Path) -> None:
    files = written(tmp_path, "npy", *iris[:2])
    call = ("evaluate", "--predictions", files[0], "--labels", files[1])
    answer = digits(*call, "--figures", tmp_path / "figures", "--each", "--split", "validation")
    is_complaint(answer, "Error: --split, --each and --figures are of a model, not of --predictions.")
    assert not (tmp_path / "figures").exists()
    is_complaint(digits("compare", files[0], files[0], "--labels", files[1], "--split", "test"), "--split is of models")


@pytest.mark.parametrize("suffix", ["npy", "npz", "csv", "parquet", "NPY"])
def test_a_table_in_the_place_of_a_model_is_told(suffix: str, tmp_path: Path) -> None:
    table = tmp_path / f"x.{suffix}"
    table.touch()
    wanted = f"{table} is a table of probabilities. Name "
    is_complaint(digits("compare", "classic", table), wanted + "the true classes with --labels FILE.")
    is_complaint(digits("evaluate", table), wanted, f"--predictions {table} --labels FILE")
    answer = digits("compare", "classic", tmp_path / f"absent.{suffix}")
    is_complaint(answer, f"absent.{suffix}")
    assert "is a table" not in answer.err


def test_the_independent_table_of_mnist(shared_data: Path, mnist: Any, tmp_path: Path) -> None:
    """Its 87 errors are known; the labels are MNIST's."""
    table = shared_data / "mnist-label-errors" / "mnist_test_set_pyx.npy"
    np.save(tmp_path / "y.npy", mnist.split("test").labels)
    answer = digits("evaluate", "--predictions", table, "--labels", tmp_path / "y.npy", "--json", "-")
    found = json.loads(answer.out)
    assert (found["n"], found["correct"]) == (10_000, 9_913)


def test_tables_whose_columns_stand_in_another_order_are_compared_by_name(tmp_path: Path) -> None:
    shares = np.random.default_rng(0).dirichlet(np.ones(3), 40)
    order = [2, 0, 1]
    for name, columns in {"one": [0, 1, 2], "other": order}.items():
        rows = [",".join("abc"[k] for k in columns), *(",".join(map(str, row[columns])) for row in shares)]
        (tmp_path / f"{name}.csv").write_text("\n".join(rows))
    (tmp_path / "labels.csv").write_text("\n".join(["label", *("abc"[k] for k in shares.argmax(1))]))
    files = [read_predictions(tmp_path / f"{name}.csv", tmp_path / "labels.csv") for name in ("one", "other")]
    turned = files[1].with_classes(files[0].class_names)
    np.testing.assert_array_equal(turned.labels, files[0].labels)
    np.testing.assert_allclose(turned.probabilities, files[0].probabilities)
    assert turned.counts()["correct"] == 40
    with pytest.raises(DataError, match="not a, b"):
        files[0].with_classes(("a", "b"))


@pytest.mark.parametrize("names", ["a,a,b", "a,,b"])
def test_classes_named_twice_or_not_at_all_are_refused(names: str, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(f"{names}\n0.2,0.3,0.5\n")
    (tmp_path / "l.csv").write_text("label\n2\n")
    with pytest.raises(DataError, match="twice, or leaves a name empty"):
        read_predictions(tmp_path / "p.csv", tmp_path / "l.csv")


def test_numbers_that_name_the_columns_are_no_case(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("0,1\n0.2,0.8\n0.7,0.3\n")
    np.save(tmp_path / "l.npy", np.array([1, 0]))
    assert read_predictions(tmp_path / "p.csv", tmp_path / "l.npy").counts()["correct"] == 2


@pytest.mark.parametrize("values", [np.zeros((3, 2), complex), np.zeros(3, "M8[s]"), np.zeros((3, 0))])
def test_what_is_no_number_is_refused(values: np.ndarray[Any, Any], tmp_path: Path) -> None:
    np.save(tmp_path / "p.npy", values)
    np.save(tmp_path / "l.npy", np.zeros(3, int))
    with pytest.raises(DataError, match=r"p\.npy"):
        read_predictions(tmp_path / "p.npy", tmp_path / "l.npy")


def test_groups_with_gaps_are_groups(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"group": ["a", None, "a"]}), tmp_path / "g.parquet")
    np.save(tmp_path / "p.npy", np.full((3, 2), 0.5))
    np.save(tmp_path / "l.npy", np.array([0, 1, 0]))
    found = read_predictions(tmp_path / "p.npy", tmp_path / "l.npy", tmp_path / "g.parquet").counts()["per_group"]
    assert [(each["name"], each["n"]) for each in found] == [("None", 1), ("a", 2)]
