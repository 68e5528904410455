"""Each notebook is stored with its outputs, runs from its first cell to its last and tells its story in order."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
NOTEBOOK = NOTEBOOKS / "handwritten_digit_recognizer.ipynb"
MEDICAL = NOTEBOOKS / "medical_imaging.ipynb"
MACHINE_PATHS = ("/home", "/root", "/work", "/tmp", "/Users", "C:\\")
SILENT = {"settings", "imports", "transform"}  # the code cells that only define things
STORY = (  # what it prints, in this order
    "mini-batches",
    "images: (64, 1, 28, 28)",
    "values: from -1 (black) to 1 (white)",
    "Sequential(",
    "52,650 numbers to learn",
    "loss before any learning",
    "mean loss of the last 100 mini-batches",
    "epoch 20 of 20: loss",
    "same label for 500 of 500 images",
    "image 19: predicted",
    "Total images tested:  10,000",
    "Accurate predictions:",
    "95 % interval:",
    "This looks like a",
)

MEDICAL_SILENT = {"settings", "imports", "made"}
MEDICAL_PICTURES = ["samples", "changes", "curves", "roc", "polarity", "confusion", "calibration", "pixels", "mistakes"]
MEDICAL_STORY = (
    "train:",
    "Not for clinical use.",
    "images: (64, 1, 28, 28)",
    "looked for:",
    "numbers to learn",
    "weighs",
    "mean loss of the last",
    "epoch 1 of",
    "AUROC on validation images:",
    "Total images tested:",
    "AUROC:",
    "At the threshold fixed on validation",
    "sensitivity",
    "expected calibration error:",
    "as they are:",
    "the wrong way round:",
    "Not for clinical use.",
)


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook: NotebookNode) -> list[NotebookNode]:
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def printed(notebook: NotebookNode) -> str:
    """All that the cells wrote to standard output."""
    return "".join(each.text for each in outputs(notebook) if each.output_type == "stream" and each.name == "stdout")


def pictures(notebook: NotebookNode) -> list[str]:
    """The ids of the cells that show a figure."""
    return [
        cell.id for cell in code_cells(notebook) for output in cell.outputs if "image/png" in output.get("data", {})
    ]


def complaints(notebook: NotebookNode) -> list[NotebookNode]:
    """Errors, and what was written to standard error."""
    return [each for each in outputs(notebook) if each.output_type == "error" or each.get("name") == "stderr"]


def in_order(parts: Iterable[str], text: str) -> list[str]:
    """The parts that do not follow the ones before them in the text."""
    position, missing = 0, []
    for part in parts:
        found = text.find(part, position)
        if found < 0:
            missing.append(part)
        else:
            position = found
    return missing


@pytest.fixture(scope="module")
def stored() -> NotebookNode:
    return read(NOTEBOOK)


@pytest.fixture(scope="module")
def medical() -> NotebookNode:
    return read(MEDICAL)


def read(path: Path) -> NotebookNode:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


def test_they_are_stored_as_one_run_from_top_to_bottom_left_them(stored: NotebookNode, medical: NotebookNode) -> None:
    for notebook, silent in ((stored, SILENT), (medical, MEDICAL_SILENT)):
        cells = code_cells(notebook)
        assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
        assert {cell.id for cell in cells if not cell.outputs} == silent
        assert complaints(notebook) == []
    assert pictures(stored) == ["samples", "curves", "one", "confusion", "mistakes", "own-seen"]
    assert pictures(medical) == MEDICAL_PICTURES


def test_nothing_of_the_machine_that_ran_them_is_stored(stored: NotebookNode, medical: NotebookNode) -> None:
    for notebook, path in ((stored, NOTEBOOK), (medical, MEDICAL)):
        words = printed(notebook) + "".join(cell.source for cell in notebook.cells)
        assert [place for place in MACHINE_PATHS if place in words] == []
        assert all("execution" not in cell.metadata for cell in notebook.cells)
        assert path.stat().st_size < 1_000_000


def executed(path: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> NotebookNode:
    """A run of a notebook's copy, alone in a folder, in which it must leave nothing behind."""
    monkeypatch.delenv("MPLBACKEND", raising=False)  # a notebook draws into itself
    copy = place / path.name
    shutil.copyfile(path, copy)
    notebook = nbformat.read(copy, as_version=4)
    # It raises CellExecutionError, with the traceback, where a cell fails.
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(place)}}).execute()
    assert [each for each in complaints(notebook) if each.output_type == "error"] == []
    assert list(place.iterdir()) == [copy]
    return notebook


@pytest.mark.slow
def test_it_runs_from_its_first_cell_to_its_last(
    stored: NotebookNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = executed(NOTEBOOK, tmp_path, monkeypatch)
    accuracy = re.search(r"^Accuracy: +([\d.]+) %$", printed(notebook), re.MULTILINE)
    assert accuracy, printed(notebook)
    assert float(accuracy[1]) >= 93  # a run may end in a dip of the recipe, see docs/accuracy-appendix.md
    assert pictures(notebook) == pictures(stored)
    assert in_order(STORY, printed(notebook)) == []


def area_of(notebook: NotebookNode) -> float:
    """The AUROC on the test images, as the medical notebook prints it."""
    found = re.search(r"^AUROC: +([\d.]+) \(95 % interval", printed(notebook), re.MULTILINE)
    assert found, printed(notebook)
    return float(found[1])


@pytest.mark.slow
def test_the_medical_one_runs_where_the_data_is(
    medical: NotebookNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared_file: Callable[[str], Path]
) -> None:
    monkeypatch.setenv("DIGITS_TEST_DATA", str(shared_file("medmnist").parent))
    notebook = executed(MEDICAL, tmp_path, monkeypatch)
    assert area_of(notebook) > 0.95
    assert "MADE" not in printed(notebook)
    assert pictures(notebook) == pictures(medical)
    assert in_order(MEDICAL_STORY, printed(notebook)) == []


@pytest.mark.slow
def test_the_medical_one_makes_pictures_where_the_data_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIGITS_TEST_DATA", raising=False)
    notebook = executed(MEDICAL, tmp_path, monkeypatch)
    assert area_of(notebook) > 0.8
    assert "these are MADE pictures" in printed(notebook)
    assert in_order(MEDICAL_STORY, printed(notebook)) == []
