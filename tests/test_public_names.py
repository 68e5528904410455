"""The public names are pinned, each resolves, and importing the package loads nothing heavy."""

from __future__ import annotations

import importlib.metadata
import inspect
from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

import digit_recognizer
from digit_recognizer.errors import extra_named
from digit_recognizer.installed import install_command

NAMES = [
    "DigitRecognizerError",
    "DigitRecognizerWarning",
    "Prediction",
    "Preprocess",
    "Recognizer",
    "__version__",
    "evaluate",
    "get_predicted_label",
    "load_dataset",
    "read_line",
    "train",
]

ON_IMPORT = """
import sys
import digit_recognizer
digit_recognizer.__version__, digit_recognizer.__all__, dir(digit_recognizer)
print([name for name in ("torch", "numpy", "PIL", "onnxruntime", "typer", "rich") if name in sys.modules])
from digit_recognizer import Recognizer
assert Recognizer.__name__ == "Recognizer" and "numpy" in sys.modules and "torch" not in sys.modules
"""


def test_the_public_names_are_these() -> None:
    assert digit_recognizer.__all__ == NAMES
    assert dir(digit_recognizer) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_name_resolves_to_something_documented(name: str) -> None:
    found = getattr(digit_recognizer, name)
    if name != "__version__":
        assert found.__name__ == name
        assert callable(found)
        assert inspect.getdoc(found)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"'digit_recognizer' has no attribute 'Recogniser'"):
        digit_recognizer.Recogniser  # noqa: B018
    with pytest.raises(ImportError):
        from digit_recognizer import predict_all  # noqa: F401


def test_importing_the_package_loads_nothing_heavy(run_python: Callable[[str], CompletedProcess[str]]) -> None:
    done = run_python(ON_IMPORT)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


ABSENT = """
import sys
sys.modules.update(dict.fromkeys(sys.argv[1].split(",")))
from digit_recognizer.errors import MissingExtraError
try:
    exec(sys.argv[2])
except MissingExtraError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("absent", "line", "what"),
    [
        ("torch", "from digit_recognizer import train", "Training needs torch,"),
        ("torch", "from digit_recognizer.training import Recipe", "Training needs torch,"),
        ("torch", "from digit_recognizer.auditing import audit", "Auditing needs torch,"),
        ("torch,cleanlab", "import digit_recognizer.auditing", "Auditing needs torch, cleanlab,"),
    ],
)
def test_a_name_that_needs_an_extra_says_so(
    absent: str, line: str, what: str, run_python: Callable[..., CompletedProcess[str]]
) -> None:
    done = run_python(ABSENT, absent, line)
    assert done.stdout.startswith(f"{what} which the base install does not include.\n"), done.stderr
    assert done.stdout.endswith(f"{install_command('train')}\n")


def test_a_module_of_no_extra_that_is_absent_stays_what_it_is() -> None:
    with pytest.raises(ModuleNotFoundError, match="absent_from_everywhere"), extra_named("stats", "Counting"):
        import absent_from_everywhere  # type: ignore[import-not-found]  # noqa: F401


def test_the_version_is_that_of_the_distribution() -> None:
    assert importlib.metadata.version("handwritten-digit-recognizer") == digit_recognizer.__version__
