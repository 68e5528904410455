"""DICOM in folders, tables and the command: frames are pictures, patients stay in one split, and nothing names them."""

from __future__ import annotations

import csv
import io
import json
import logging
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dicom_files import INSTANCE, NUMBER, PATIENT, as_bytes, made, write_dicom
from digit_recognizer.data import SPLITS, Dataset, load_dataset
from digit_recognizer.data.pictures import FolderSplit
from digit_recognizer.errors import DataError, DigitRecognizerWarning, ImageError
from digit_recognizer.images import Preprocess, page_names, read_picture, shown_name
from digit_recognizer.recognizer import Recognizer
from digit_recognizer.scoring.inputs import inputs
from digit_recognizer.scoring.shards import Shard
from digit_recognizer.server.uploads import source_of
from helpers_cli import digits

FORM = Preprocess(size=16, box=16, form="picture")
SECRETS = (PATIENT, NUMBER, INSTANCE, "Doe", "Jane", "4711")


def seven(seed: int, **elements: object) -> bytes:
    """A file with the strokes of a seven, no two the same."""
    picture = np.full((60, 60), 255, np.uint8)
    picture[12:17, 15:45] = picture[12:50, 36:42] = 0
    picture[0, 0] = seed
    return as_bytes(made(picture, **elements))


def clinic(folder: Path, patients: int, each: int = 2, same: bool = False) -> Path:
    """Class folders of files whose names and folders name patients."""
    for p in range(patients):
        for k in range(each):
            place = folder / ("sick", "well")[p % 2] / f"Doe Jane {p}" / f"{PATIENT}.{k}"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(seven(each * p + k, PatientID=NUMBER if same else f"{NUMBER}-{p}"))
    return folder


def parts(dataset: Dataset) -> Iterator[FolderSplit]:
    for name in SPLITS:
        split = dataset.splits.get(name)
        if split is not None:
            assert isinstance(split, FolderSplit)
            yield split


def hidden(text: str) -> None:
    assert not [each for each in SECRETS if each in text]


def test_a_folder_is_split_by_the_patients_that_its_files_state(tmp_path: Path) -> None:
    before = load_dataset(clinic(tmp_path / "30", 30), preprocess=FORM)
    after = load_dataset(clinic(tmp_path / "40", 40), preprocess=FORM)
    for dataset, patients in ((before, 30), (after, 40)):
        seen = [set(part.columns["patient"]) for part in parts(dataset)]
        assert sum(map(len, seen)) == len(set().union(*seen)) == patients
        assert sum(len(part) for part in parts(dataset)) == 2 * patients
        assert dataset.spec.caveats[0] == "Not for clinical use."
    places = [
        {str(file.relative_to(tmp_path / root)): k for k, part in enumerate(parts(each)) for file in part.files}
        for root, each in (("30", before), ("40", after))
    ]
    assert places[1].items() >= places[0].items()
    some = next(parts(after))
    hidden("\n".join(some.names()))
    assert some.take(np.arange(2)).shape == (2, 16, 16)


def test_one_patient_in_all_files_is_nobody(tmp_path: Path) -> None:
    with pytest.warns(DigitRecognizerWarning, match="the patients are treated as unknown"):
        dataset = load_dataset(clinic(tmp_path, 40, same=True), preprocess=FORM)
    assert len(list(parts(dataset))) == 4
    assert not next(parts(dataset)).columns


def test_a_patient_in_two_split_folders_is_refused(tmp_path: Path) -> None:
    for split in ("train", "test"):
        clinic(tmp_path / split, 4)
    with pytest.raises(DataError, match="4 patients are in two splits") as found:
        load_dataset(tmp_path, preprocess=FORM)
    hidden(str(found.value).removeprefix(str(tmp_path)))


def test_a_table_takes_frames_and_its_patients_from_the_files(tmp_path: Path) -> None:
    rows = []
    for p in range(24):
        frames = np.random.default_rng(p).integers(0, 256, (3, 20, 20)).astype(np.uint8)
        write_dicom(tmp_path / f"{PATIENT}{p}.dcm", made(frames, PatientID=f"{NUMBER}-{p // 2}"))
        rows += [(f"{PATIENT}{p}.dcm[{k}]", "ab"[k % 2]) for k in (1, 2, 3)]
    with (tmp_path / "cases.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("file", "label"), *rows])
    dataset = load_dataset(tmp_path / "cases.csv", preprocess=FORM)
    seen = [set(part.columns["patient"]) for part in parts(dataset)]
    assert sum(map(len, seen)) == len(set().union(*seen)) == 12
    assert sum(len(part) for part in parts(dataset)) == 72
    images = next(parts(dataset)).take(np.arange(3))
    assert not np.array_equal(images[0], images[1])


def test_frames_in_class_folders_are_pictures_of_one_split(tmp_path: Path) -> None:
    for p in range(20):
        frames = np.random.default_rng(p).integers(0, 256, (3, 20, 20)).astype(np.uint8)
        write_dicom(tmp_path / "ab"[p % 2] / f"{p}", made(frames, PatientID=""))
    (tmp_path / "a" / "DICOMDIR").write_bytes(seven(0))
    with pytest.warns(DigitRecognizerWarning, match="20 pictures taken, 1 left out"):
        dataset = load_dataset(tmp_path, preprocess=FORM)
    assert len(dataset.split("all")) == 60
    for part in parts(dataset):
        assert all(sum(other.name.startswith(file.name[:-3]) for other in part.files) % 3 == 0 for file in part.files)


def test_a_damaged_file_of_a_set_is_told_without_its_name(tmp_path: Path) -> None:
    clinic(tmp_path, 30)
    for file in tmp_path.rglob(f"{PATIENT}*"):
        file.write_bytes(file.read_bytes()[:-50])
    for keep in (False, True):
        dataset = load_dataset(tmp_path, preprocess=FORM, keep_ids=keep)
        with pytest.raises(DataError, match="truncated") as found:
            next(parts(dataset))
        assert (PATIENT in str(found.value)) == keep


def test_the_command_hides_names_and_keeps_them_where_asked(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    folder = clinic(tmp_path / "Doe", 2, each=1)
    frames = np.stack([np.frombuffer(seven(k)[-3600:], np.uint8).reshape(60, 60) for k in (1, 2)])
    write_dicom(folder / "cine", made(frames))
    (folder / f"{PATIENT} short").write_bytes(seven(9)[:-60])
    (folder / "absent.txt").write_text("no picture")
    figure = tmp_path / "seen.svg"
    answer = digits("predict", folder, folder / "Jane.dcm", "--model", "classic", "--json", "--save", figure)
    told = [json.loads(line) for line in answer.out.splitlines()]
    assert answer.code == 1, answer.err
    assert len(told) == 6
    assert sorted(each["label"] or 0 for each in told)[2:] == [7] * 4
    assert sum(each["status"] == "error" for each in told) == 2
    assert sum(each["source"].endswith("]") for each in told) == 2
    hidden(answer.out + answer.err + caplog.text + figure.read_text())
    plain = digits("predict", folder, "--model", "classic")
    hidden(plain.out + plain.err)
    kept = digits("predict", folder, "--model", "classic", "--keep-ids")
    assert f"{PATIENT}.0: 7" in kept.out
    assert f"{PATIENT} short: is a DICOM file" in kept.err


def test_pages_and_grids_hide_names_too(tmp_path: Path) -> None:
    path = tmp_path / f"{PATIENT}.dcm"
    path.write_bytes(seven(0))
    for more in (("--json",), ("--csv",), (), ("--grid", "2x2"), ("--grid", "2x2", "--json")):
        answer = digits("read", path, *more)
        assert "dicom-" in answer.out + answer.err
        hidden(answer.out + answer.err)
    assert f"{PATIENT}.dcm: 7" in digits("read", path, "--keep-ids").out


def test_the_audit_hides_names(tmp_path: Path) -> None:
    folder = clinic(tmp_path / "set", 20)
    for keep in ((), ("--keep-ids",)):
        answer = digits("audit", folder, "--json", "-", "--quiet", *keep)
        assert answer.code == 0, answer.err
        assert "dicom-" in answer.out or keep
        assert ("Doe" in answer.out) == bool(keep)


def test_a_name_is_that_of_the_bytes(tmp_path: Path) -> None:
    one, other = tmp_path / f"{PATIENT}.dcm", tmp_path / "1.2.3.4711"
    one.write_bytes(seven(1))
    other.write_bytes(seven(1))
    assert shown_name(one) == shown_name(other) == shown_name(str(other))
    assert shown_name(f"{one}[2]") == f"{shown_name(one)}[2]"
    assert shown_name(one, keep_ids=True) == str(one)
    other.write_bytes(seven(2))
    assert shown_name(one) != shown_name(other)
    Image.new("L", (3, 3)).save(tmp_path / "plain.png")
    assert shown_name(tmp_path / "plain.png") == str(tmp_path / "plain.png")


@given(st.text(max_size=20))
def test_any_word_is_a_name(name: str) -> None:
    assert shown_name(name) in (name, "a DICOM file") or name.endswith("]")
    assert page_names(name)


def test_what_cannot_be_opened_is_told_without_its_name(tmp_path: Path) -> None:
    for path in (tmp_path / f"{PATIENT}.dcm", tmp_path / f"{PATIENT}.DICOM"):
        with pytest.raises(ImageError, match="a DICOM file: cannot be read") as found:
            read_picture(path)
        assert found.value.__cause__ is None
        hidden(str(found.value))
        with pytest.raises(ImageError, match="Doe"):
            read_picture(path, keep_ids=True)
    (prediction,) = Recognizer.load("classic").predict(tmp_path / f"{PATIENT}.dcm")
    hidden(f"{prediction.source} {prediction.error}")


def test_a_file_too_large_is_told_without_its_name(tmp_path: Path) -> None:
    path = tmp_path / PATIENT
    path.write_bytes(seven(0))
    with path.open("r+b") as file:
        file.truncate(65 * 2**20)
    with pytest.raises(ImageError, match="larger than 64 MiB") as found:
        read_picture(path)
    hidden(str(found.value))


def test_scoring_and_the_service_refuse_it_without_its_name(tmp_path: Path) -> None:
    content = seven(0)
    archive = tmp_path / "a.tar"
    with tarfile.open(archive, "w") as tar:
        member = tarfile.TarInfo(f"{PATIENT}.png")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    (given_input,) = inputs(Shard(0, "tar", (str(archive),)))
    hidden(given_input.source)
    hidden(source_of(f"{PATIENT}.dcm", 0, content))
    assert source_of("a.png", 0, b"no dicom") == "a.png"


def test_another_modality_than_the_one_learned_from_is_unfamiliar(tmp_path: Path) -> None:
    """Stated by the files; films are alike, whatever took them, and what is no code of DICOM's is not repeated."""
    folder = tmp_path / "films"
    for p in range(24):
        write_dicom(
            folder / "train" / ("sick", "well")[p % 2] / f"{p}.dcm",
            made(np.random.default_rng(p).integers(0, 100 + 100 * (p % 2), (16, 16), np.uint8), Modality="DX"),
        )
    run = tmp_path / "run"
    learned = digits(
        *("train", "--data", folder, "--recipe", "mlp", "--epochs", "1", "--size", "28", "--out", run, "--quiet")
    )
    assert learned.code == 0, learned.err
    recognizer = Recognizer.load(run)
    assert recognizer.model.header.data["modalities"] == ["DX"]
    picture = np.random.default_rng(99).integers(0, 100, (16, 16), np.uint8)
    stated = {"DX": None, "CR": None, "CT": "CT", "DOE JANE": None}
    for modality, told in stated.items():
        file = write_dicom(tmp_path / "asked" / "one.dcm", made(picture, Modality=modality))
        (answer,) = recognizer.predict([file])
        assert (answer.status == "unfamiliar" and "modality" in (answer.reason or "")) == (told is not None)
        assert answer.label in (0, 1)
        if told:
            assert told in (answer.reason or "")
        assert "DOE" not in str(answer)
