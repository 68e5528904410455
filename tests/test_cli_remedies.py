"""An error of the library names its remedy in neutral words; the command line adds its own commands and options."""

from __future__ import annotations

import ast
import pickle
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

import digit_recognizer
from digit_recognizer.cli.app import Shown
from digit_recognizer.cli.remedies import with_remedy
from digit_recognizer.errors import DigitRecognizerWarning, RunError

PACKAGE = Path(digit_recognizer.__file__).parent
LIBRARY = [path for path in sorted(PACKAGE.rglob("*.py")) if path.parent.name != "cli"]
OTHERS = {"--head", "--nproc-per-node", "--force-reinstall", "--no-deps"}  # of Ray's, torchrun's and pip's own commands


@pytest.mark.parametrize(
    ("see", "words"),
    [
        ((), "It is so."),
        (("data_dir",), "It is so. See: --data-dir"),
        (("resume", "out"), "It is so. See: --resume, --out"),
        (("train", "resume", "out"), "It is so. See: digits train --resume --out"),
        (("serve", "export"), "It is so. See: digits serve, digits export"),
    ],
)
def test_the_command_line_adds_its_words(see: tuple[str, ...], words: str) -> None:
    error = RunError("It is so.", see=see)
    assert str(error) == "It is so."
    assert with_remedy(error) == with_remedy(pickle.loads(pickle.dumps(error))) == words  # noqa: S301


def test_a_warning_has_them_too(capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always", DigitRecognizerWarning)
        warnings.showwarning = Shown()
        warnings.warn(DigitRecognizerWarning("It is so.", see=("audit",)), stacklevel=1)
    assert capsys.readouterr().err == "Note: It is so. See: digits audit\n"


def raised(tree: ast.Module) -> Iterator[str]:
    """The texts of a module's raise statements."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise):
            yield from (
                each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)
            )


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_errors_of_the_library_do_not_speak_of_the_command_line(path: Path) -> None:
    for text in raised(ast.parse(path.read_text("utf-8"))):
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) <= OTHERS, text
        assert not re.search(r"\bdigits (train|evaluate|calibrate|audit|predict|read|score|serve|export)\b", text), text
