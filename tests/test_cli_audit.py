"""`digits audit` tells what is wrong with a data set in words, as JSON and as a picture."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest
from PIL import Image

from digit_recognizer.auditing import Audit, audit
from digit_recognizer.auditing.suspects import Suspect
from digit_recognizer.cli.audit import print_copies, print_labels, print_splits
from digit_recognizer.data import ArraySplit, Dataset
from digit_recognizer.installed import install_command
from digit_recognizer.report.doubtful import suspects_gallery
from helpers_cli import Answer, digits, is_complaint
from test_cli_errors import BASE_INSTALL
from tiny import shifted_seed, tiny_split

pytestmark = pytest.mark.arithmetic

CLASSES = ("one", "seven")


def save(path: Path, image: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)


@pytest.fixture(scope="module")
def folder(mnist: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes in train and test, enough that any network tells them apart; one label wrong, one picture in both."""
    made = tmp_path_factory.mktemp("audited") / "set"
    validation = mnist.split("validation")
    chosen = [np.flatnonzero(validation.labels == label)[:32] for label in (1, 7)]
    for name, members in zip(CLASSES, chosen, strict=True):
        for k, member in enumerate(members):
            part = "train" if k < 24 else "test"
            label = "seven" if (name, k) == ("one", 3) else name
            save(made / part / label / f"{name}-{k}.png", validation.take(np.array([member]))[0])
    save(made / "test" / "one" / "again.png", validation.take(chosen[0][:1])[0])
    return made


@pytest.fixture(scope="module")
def answer(folder: Path) -> tuple[Answer, Path]:
    """What an audit of the folder said, and where it wrote."""
    target = folder.parent / "out"
    options = ("--device", "cpu", "--seed", shifted_seed(0), "--json", target / "audit.json", "--figures", target)
    return digits("audit", folder, *options), target


def test_an_audit_of_a_folder_names_its_files(answer: tuple[Answer, Path], folder: Path) -> None:
    said, target = answer
    assert said.code == 0, said.err
    found = json.loads((target / "audit.json").read_text("ascii"))
    assert (found["schema"], found["dataset"]) == ("digit-recognizer/audit/1", "set")
    assert found["n"] == {"train": 48, "test": 17}
    # By its name and not as the worst of all: in which order the last few stand depends on a processor's rounding.
    doubtful = {each["file"]: each for each in found["suspects"][:3]}
    wrong = doubtful[str(folder / "train" / "seven" / "one-3.png")]
    assert (wrong["split"], wrong["given_name"], wrong["suggested_name"]) == ("train", "seven", "one")
    assert len(found["suspects"]) < 20  # of 65, whose labels are right but for one
    (leak,) = found["leaks"]
    assert (leak["split"], leak["kind"], leak["label_conflict"]) == ("test", "exact", False)
    assert leak["file"] == str(folder / "test" / "one" / "again.png")
    assert [each["file"] for each in leak["in_train"]] == [str(folder / "train" / "one" / "one-0.png")]
    assert len(found["duplicates"]) == 1
    assert {"classes", "drift", "notes", "kappa"} <= found.keys()


def test_the_summary_says_it_in_words(answer: tuple[Answer, Path]) -> None:
    said, target = answer
    for words in (
        *("set: 65 images (train 48, test 17)", "Doubtful labels: ", "one-3.png"),
        "Duplicates: 1 groups of images (1 exact",
        *("Leaks: 1 images", "exact copy of train 0", "again.png", "brightness", f"Figure: {target / 'suspects.png'}"),
    ):
        assert words in said.out
    with Image.open(target / "suspects.png") as figure:
        assert figure.format == "PNG"


@pytest.fixture
def two_pictures(tmp_path: Path) -> Path:
    """A folder of two classes with a picture each."""
    for name in CLASSES:
        save(tmp_path / "pair" / name / "a.png", tiny_split(1, len(name)).images[0])
    return tmp_path / "pair"


def test_json_to_standard_output_is_all_that_stands_there(two_pictures: Path) -> None:
    said = digits("audit", two_pictures, "--json", "-")
    assert json.loads(said.out)["suspects"] is None
    assert said.out.count("\n") == 1


def test_quiet_says_nothing(two_pictures: Path) -> None:
    said = digits("audit", two_pictures, "--quiet")
    assert (said.code, said.out, said.err) == (0, "", "")
    aloud = digits("audit", two_pictures)
    assert "The labels were not audited: only 0 of 2 classes" in aloud.err
    assert "Duplicates: 0 groups" in aloud.out


def test_what_cannot_be_audited_is_refused(tmp_path: Path) -> None:
    is_complaint(digits("audit", tmp_path / "absent"), "absent", "neither a known data set nor a folder")
    is_complaint(digits("audit", tmp_path), tmp_path, "no class folders")
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "text.png").write_text("no picture")
    is_complaint(digits("audit", tmp_path), "text.png")
    assert digits("audit").code == 2


@pytest.mark.parametrize("absent", ["cleanlab", "cleanlab,torch"])
def test_without_its_extra_it_says_what_to_install(
    absent: str, tmp_path: Path, run_python: Callable[..., CompletedProcess[str]]
) -> None:
    done = run_python(BASE_INSTALL, absent, "audit", "mnist", "--data-dir", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert install_command("train") in done.stderr
    assert all(name in done.stderr for name in absent.split(","))
    assert not list(tmp_path.iterdir())


def made_audit(splits: dict[str, ArraySplit], names: tuple[str, ...]) -> Audit:
    return audit(splits, names, name="[bold]set")


def test_names_are_said_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    from digit_recognizer.cli.output import answers, words

    split = tiny_split(6, 1)
    names = ("[red]a\x1b[2J", "$b_c$", *"23456789")
    found = made_audit({"train": split, "test": ArraySplit(split.images[:2], (split.labels[:2] + 1) % 10)}, names)
    for cached in (answers, words):
        cached.cache_clear()
    print_labels(found)
    print_copies(found)
    print_splits(found)
    said = capsys.readouterr().out
    for cached in (answers, words):
        cached.cache_clear()
    assert "\x1b[2J" not in said
    assert "[bold]set: 8 images" in said
    assert "the labels contradict each other" in said


def test_the_gallery_bears_both_labels() -> None:
    split = tiny_split(5, 1)
    suspects = [Suspect(at, int(split.labels[at]), (int(split.labels[at]) + 3) % 10, 0.1, True) for at in (4, 0)]
    found = replace(audit({"train": split}, tuple("0123456789")), suspects=suspects)
    figure = suspects_gallery(found)
    shown = [axis for axis in figure.axes if axis.images]
    assert [axis.get_title() for axis in shown] == [
        f"train {each.member}\ngiven {each.given}\nsuggested {each.suggested}" for each in suspects
    ]
    for axis, each in zip(shown, suspects, strict=True):
        assert (np.asarray(axis.images[0].get_array()) == split.images[each.member]).all()


def test_a_gallery_of_nothing_says_why() -> None:
    figure = suspects_gallery(audit({"train": tiny_split(5, 1)}, tuple("0123456789")))
    assert figure.get_suptitle() == "data: its labels were not audited"
