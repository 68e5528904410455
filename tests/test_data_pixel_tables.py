"""Tables with their pixels as data sets: splits, patients, classes, rows that cannot be used, transposed pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from digit_recognizer.data import SPLITS, Dataset, load_dataset
from digit_recognizer.errors import DataError, DigitRecognizerWarning
from digit_recognizer.images import Preprocess
from digit_recognizer.tables.orientation import looks_transposed
from helpers_cli import digits
from idx_files import images_of, write_idx
from table_files import PIXELS, hugging_face, png, rows_of, text

LABELS = np.arange(300) % 10
RNG = np.random.default_rng(2)
IMAGES = images_of(LABELS)
IMAGES[:, 5:20, 3:10] = RNG.integers(0, 40, (300, 15, 7))  # no two are alike


def csv(path: Path, header: Any = None, rows: Any = None) -> Path:
    return text(path, header or ["label", *PIXELS], rows_of(IMAGES, LABELS) if rows is None else rows)


def keys(dataset: Dataset, name: str) -> set[bytes]:
    split = dataset.split(name)
    return {image.tobytes() for image in split.take(np.arange(len(split)))}


def test_a_table_without_splits_is_dealt_by_its_pictures_and_new_ones_move_none(tmp_path: Path) -> None:
    before = load_dataset(csv(tmp_path / "a.csv", rows=rows_of(IMAGES, LABELS)[:200]))
    twice = np.concatenate([rows_of(IMAGES, LABELS), rows_of(IMAGES, LABELS)[:50]])
    after = load_dataset(csv(tmp_path / "b.csv", rows=twice))
    for name in SPLITS:
        assert keys(before, name) <= keys(after, name)
        assert all(not keys(after, name) & keys(after, other) for other in SPLITS if other != name)
    assert sum(len(after.split(name)) for name in SPLITS) == len(after.split("all")) == 350
    assert before.spec.title == "pictures in a.csv"


def test_validation_and_calibration_are_held_out_of_published_training_pictures(tmp_path: Path) -> None:
    for part, some in (("train", slice(0, 200)), ("t10k", slice(200, 300))):
        write_idx(tmp_path, f"{part}-images-idx3-ubyte", IMAGES[some])
        write_idx(tmp_path, f"{part}-labels-idx1-ubyte", LABELS[some].astype(np.uint8))
    dataset = load_dataset(tmp_path)
    sizes = {name: len(split) for name, split in dataset.splits.items()}
    assert sizes["test"] == 100
    assert sizes["train"] + sizes["validation"] + sizes["calibration"] == 200
    assert min(sizes["validation"], sizes["calibration"]) > 10
    assert np.array_equal(dataset.split("test").take(np.arange(100)), IMAGES[200:])
    assert load_dataset(tmp_path / "train-images-idx3-ubyte.gz").spec.counts == dataset.spec.counts


def test_splits_that_are_given_are_kept(tmp_path: Path) -> None:
    order = np.repeat([*SPLITS], 75)
    rows = [[*row, name] for row, name in zip(rows_of(IMAGES, LABELS), order, strict=True)]
    dataset = load_dataset(csv(tmp_path / "a.csv", ["label", *PIXELS, "split"], rows))
    assert dict(dataset.spec.counts) == dict.fromkeys(SPLITS, 75)


def test_a_patient_is_in_one_split_and_keeps_the_name(tmp_path: Path) -> None:
    rows = [[f"Jane {n % 40}", *row] for n, row in enumerate(rows_of(IMAGES, LABELS))]
    dataset = load_dataset(csv(tmp_path / "a.csv", ["patient_id", "label", *PIXELS], rows))
    of_split = {name: set(dataset.split(name).columns["patient"]) for name in SPLITS}
    assert sum(map(len, of_split.values())) == 40
    assert "Jane" not in json.dumps([split.columns["patient"].tolist() for split in dataset.splits.values()])
    assert dataset.spec.caveats[0] == "Not for clinical use."
    both = [[*row, name] for row, name in zip(rows, np.repeat(["train", "test"], 150), strict=True)]
    with pytest.raises(DataError, match="40 patients are in two splits"):
        load_dataset(csv(tmp_path / "b.csv", ["patient_id", "label", *PIXELS, "split"], both))


def test_classes_are_in_their_natural_order_or_as_the_file_has_them(tmp_path: Path) -> None:
    rows = [[f"class{row[0] + 2}", *row[1:]] for row in rows_of(IMAGES, LABELS)]
    assert load_dataset(csv(tmp_path / "a.csv", rows=rows)).spec.classes == tuple(f"class{n}" for n in range(2, 12))
    names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "none"]
    table = pa.table({"image": [{"bytes": png(each), "path": None} for each in IMAGES], "label": LABELS})
    pq.write_table(table.replace_schema_metadata(hugging_face(names)), tmp_path / "a.parquet")
    dataset = load_dataset(tmp_path / "a.parquet")
    assert dataset.spec.classes == tuple(names[:-1])
    assert dataset.split("all").labels.tolist() == LABELS.tolist()


def test_rows_that_cannot_be_used_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    cells = [png(each) for each in IMAGES]
    cells[4] = b"no picture"
    labels: list[Any] = LABELS.tolist()
    labels[7] = None
    pq.write_table(pa.table({"image": cells, "label": labels}), tmp_path / "a.parquet")
    with pytest.warns(DigitRecognizerWarning, match="2 of 300 rows cannot be used: row 5: is not a picture.*row 8 has"):
        dataset = load_dataset(tmp_path / "a.parquet")
    assert len(dataset.split("all")) == 298
    pq.write_table(pa.table({"image": [b"x"] * 4, "label": labels[:4]}), tmp_path / "b.parquet")
    with pytest.raises(DataError, match="4 of 4 rows cannot be used"):
        load_dataset(tmp_path / "b.parquet")


def test_tables_that_cannot_teach_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has pictures but no labels.*needs a column 'label'"):
        load_dataset(text(tmp_path / "test.csv", PIXELS, IMAGES.reshape(300, -1)))
    with pytest.raises(DataError, match="has 1 different labels"):
        load_dataset(csv(tmp_path / "a.csv", rows=[[3, *row[1:]] for row in rows_of(IMAGES, LABELS)]))
    np.savez(tmp_path / "a.npz", x_train=IMAGES, y_train=LABELS, x_test=IMAGES, y_test=LABELS + 1)
    with pytest.raises(DataError, match="its test pictures have the class '10', which its training pictures lack"):
        load_dataset(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", x_train=IMAGES, y_train=LABELS, x_test=IMAGES)
    with pytest.warns(DigitRecognizerWarning, match="its test pictures have no labels, and are left out"):
        assert "test" not in load_dataset(tmp_path / "b.npz").splits
    (tmp_path / "mnist.pkl.gz").write_bytes(b"something")
    with pytest.raises(DataError, match=r"mnist\.pkl\.gz: may contain a pickle. Pickles are never read"):
        load_dataset(tmp_path / "mnist.pkl.gz")
    (tmp_path / "a.bin").write_bytes(b"something")
    with pytest.raises(DataError, match=r"nor a table of pictures that is known: \.csv of pixels, \.npy"):
        load_dataset(tmp_path / "a.bin")


def test_pictures_are_prepared_as_the_model_wants_them(tmp_path: Path) -> None:
    form = Preprocess(size=16, box=16, form="picture", channels=3)
    split = load_dataset(csv(tmp_path / "a.csv"), preprocess=form).split("all")
    assert split.take(np.arange(2)).shape == (2, 16, 16, 3)


def test_pictures_that_look_transposed_are_told_of(mnist: Dataset, tmp_path: Path) -> None:
    validation = mnist.split("validation")
    images, labels = validation.take(np.arange(200)), validation.labels[:200].astype(np.uint8)
    for folder, some in (("upright", images), ("turned", images.transpose(0, 2, 1))):
        write_idx(tmp_path / folder, "train-images-idx3-ubyte", some)
        write_idx(tmp_path / folder, "train-labels-idx1-ubyte", labels)
    load_dataset(tmp_path / "upright")
    with pytest.warns(DigitRecognizerWarning, match="look transposed, rows for columns"):
        load_dataset(tmp_path / "turned")
    for part in ("images-idx3-ubyte", "labels-idx1-ubyte"):
        (tmp_path / "turned" / f"train-{part}.gz").rename(tmp_path / "turned" / f"emnist-mine-train-{part}.gz")
    turned = load_dataset(tmp_path / "turned").split("train")
    assert {each.tobytes() for each in turned.take(np.arange(len(turned)))} <= {each.tobytes() for each in images}


@pytest.mark.parametrize("count", [20, 100, 1000])
def test_no_draw_of_upright_digits_looks_transposed(mnist: Dataset, count: int) -> None:
    validation = mnist.split("validation")
    images = validation.take(np.arange(len(validation)))
    draws = [images[np.random.default_rng(seed).integers(0, len(images), count)] for seed in range(50)]
    assert not any(map(looks_transposed, draws))
    assert sum(looks_transposed(each.transpose(0, 2, 1)) for each in draws) >= 49
    assert not looks_transposed(images[:10].transpose(0, 2, 1))  # too few to tell


def test_a_table_is_learned_from_and_measured(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv")
    run = tmp_path / "run"
    trained = digits("train", "--data", path, "--recipe", "classic", "--epochs", 1, "--out", run, "--quiet")
    assert trained.code == 0, trained
    measured = digits("evaluate", run, "--json", "-", "--split", "all")
    assert measured.code == 0, measured
    assert json.loads(measured.out)["n"] == 300


def test_values_beyond_a_byte_are_warned_of_when_learned(tmp_path: Path) -> None:
    rows = rows_of(IMAGES, LABELS)[:40]
    rows[3, 5] = 300
    with pytest.warns(DigitRecognizerWarning, match=r"its values end at 300 of 65,535, so that it is nearly black"):
        load_dataset(csv(tmp_path / "a.csv", rows=rows))


def test_pictures_of_12_bits_are_learned_as_they_are_predicted(tmp_path: Path) -> None:
    wide = IMAGES.astype(np.uint16) * 16
    np.savez(tmp_path / "a.npz", images=wide, labels=LABELS)
    with pytest.warns(DigitRecognizerWarning, match="They are read as 12 bits"):
        dataset = load_dataset(tmp_path / "a.npz", preprocess=Preprocess(size=28, box=28, form="picture"))
    assert np.array_equal(dataset.split("all").take(np.arange(300)), np.rint(wide * (255 / 4095)).astype(np.uint8))
