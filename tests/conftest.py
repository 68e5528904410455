"""What the tests share: where data lie, a home of their own, and a disk that can be filled."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.database import DirectoryBasedExampleDatabase

from digit_recognizer.data import Dataset, load_dataset
from digit_recognizer.models.line_reader import LineReader, load_line_reader
from digit_recognizer.models.locations import pretrained
from digit_recognizer.statistics import summary
from examples import USUAL

if TYPE_CHECKING:
    from playwright.sync_api import Browser

REPOSITORY = Path(__file__).resolve().parent.parent
# For `trials` and `teaching`. Last, since benchmarks/coverage.py has the name of a package that is installed.
sys.path += [str(REPOSITORY / "benchmarks"), str(REPOSITORY / "scripts")]

# The same examples at each run, and nothing is timed: a busy machine must not fail a test.
settings.register_profile(
    "house",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=USUAL,
    derandomize=True,
    database=None,
)
# Other examples at each run, and first those that failed before: pytest --hypothesis-profile nightly
settings.register_profile(
    "nightly",
    settings.get_profile("house"),
    max_examples=1_000,
    derandomize=False,
    database=DirectoryBasedExampleDatabase(REPOSITORY / ".hypothesis" / "examples"),
    print_blob=True,
)
settings.load_profile("house")

Python = Callable[..., "subprocess.CompletedProcess[str]"]


CACHES = pytest.StashKey["tempfile.TemporaryDirectory[str]"]()


def pytest_configure(config: pytest.Config) -> None:
    """A cache folder of the session's own, before anything is imported that keeps one: sets are unpacked there once."""
    config.stash[CACHES] = tempfile.TemporaryDirectory(prefix="digit_recognizer-tests-")
    os.environ.update(XDG_CACHE_HOME=config.stash[CACHES].name, MPLBACKEND="Agg")


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[CACHES].cleanup()


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of this test's own: ledgers of one test are not seen by another."""
    home = tmp_path_factory.mktemp("home")
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(home / name.lower()))
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def shared_file() -> Callable[[str], Path]:
    """A file or folder of the shared data by name; absent, the test skips, or fails where DIGITS_TEST_DATA is set."""
    stated = os.environ.get("DIGITS_TEST_DATA")
    root = Path(stated).resolve() if stated else REPOSITORY.parent / "shared" / "data"

    def find(name: str) -> Path:
        found = root / name
        if not found.exists():
            complain = pytest.fail if stated else pytest.skip
            complain(f"{found} is absent; point DIGITS_TEST_DATA to the shared data")
        return found

    return find


@pytest.fixture(scope="session")
def shared_data(shared_file: Callable[[str], Path]) -> Path:
    """The folder of the shared data."""
    return shared_file("")


@pytest.fixture(scope="session")
def mnist_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder for sets; a test that damages it damages a copy."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def mnist(mnist_dir: Path) -> Dataset:
    """MNIST, loaded once."""
    return load_dataset("mnist", data_dir=mnist_dir)


@pytest.fixture(scope="session")
def line_reader() -> LineReader:
    """The shipped line reader."""
    if not (pretrained() / "lines.onnx").exists():
        pytest.skip("no line reader is shipped yet: none has reached what was promised of it")
    return load_line_reader()


@pytest.fixture(scope="module")
def few_resamples() -> Iterator[None]:
    """Bootstraps of few resamples, for files that look at no interval of theirs: most of an evaluation is this."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(summary, "RESAMPLES", 50)
        yield


@pytest.fixture
def run_python() -> Python:
    """Run Python code in a process of its own; one that hangs fails the test."""

    def run(code: str, *arguments: object, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        command = [*before, sys.executable, "-c", code, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    return run


@pytest.fixture(scope="module")  # while one runs, no other event loop can
def browser() -> Iterator[Browser]:
    """Debian's Chromium, or Chrome; absent, the test skips."""
    playwright = pytest.importorskip("playwright.sync_api")
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium is installed (Debian: apt-get install chromium)")
    playwright.expect.set_options(timeout=30_000)  # the machine may be busy
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> tuple[Path, tuple[str, ...]]:
    """An empty folder, and the words before a command that make it a disk of 1 MiB for that command alone."""
    folder = tmp_path / "small-disk"
    folder.mkdir()
    script = 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"'
    before = ("unshare", "--map-root-user", "--mount", "sh", "-c", script, str(folder))
    able = (
        shutil.which("unshare") and subprocess.run([*before, "true"], capture_output=True, check=False).returncode == 0
    )
    if not able:
        pytest.skip("this system lets no test mount a small disk")
    return folder, before
