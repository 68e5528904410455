"""What the remedy for an absent extra says, for each way in which the package can have been installed."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest

from digit_recognizer.errors import FEATURES
from digit_recognizer.installed import DISTRIBUTION
from platforms import posix

SRC = Path(__file__).parent.parent / "src"
METADATA = f"""Metadata-Version: 2.4
Name: {DISTRIBUTION}
Version: 0.1.0
Requires-Dist: numpy>=2.0
Provides-Extra: train
Provides-Extra: serve
Requires-Dist: fastapi>=0.115; extra == 'serve'
Requires-Dist: torch>=2.6 ; extra == "train"
Requires-Dist: tomli>=2; (python_version < "3.11") and extra == 'train'
"""


def command(place: Path, origin: dict[str, Any] | str | None, installer: str = "pip", path: str | None = None) -> str:
    """`install_command("train")` where a package with this record (direct_url.json) is found first."""
    info = place / f"{DISTRIBUTION.replace('-', '_')}-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(METADATA)
    (info / "INSTALLER").write_text(installer + "\n")
    if origin is not None:
        (info / "direct_url.json").write_text(origin if isinstance(origin, str) else json.dumps(origin))
    return said(place, path)


def said(*first: Path, path: str | None = None) -> str:
    code = "from digit_recognizer.installed import install_command; print(install_command('train'), end='')"
    places = os.pathsep.join(map(str, (*first, SRC)))
    environment = os.environ | {"PYTHONPATH": places} | ({} if path is None else {"PATH": path})
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert done.stderr == ""
    return done.stdout


def words(line: str) -> list[str]:
    """The command's words, as the shell of this system takes them."""
    return shlex.split(line.removeprefix("& "), posix=sys.platform != "win32")


def arguments(line: str) -> list[str]:
    """What the command is given after `install`."""
    return words(line)[words(line).index("install") + 1 :]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / "my $HOME `x` clone"  # which a shell must neither split nor replace
    folder.mkdir()
    (folder / "pyproject.toml").touch()
    return folder


def test_a_clone_is_named(tmp_path: Path, clone: Path) -> None:
    line = command(tmp_path, {"url": clone.as_uri(), "dir_info": {}})
    assert arguments(line) == [f"{clone}[train]"]


def test_a_clone_that_is_edited_stays_so(tmp_path: Path, clone: Path) -> None:
    line = command(tmp_path, {"url": clone.as_uri(), "dir_info": {"editable": True}})
    assert arguments(line) == ["--editable", f"{clone}[train]"]


def test_a_wheel_is_named(tmp_path: Path, clone: Path) -> None:
    wheel = clone / "a-0.1.0-py3-none-any.whl"
    wheel.touch()
    assert arguments(command(tmp_path, {"url": wheel.as_uri(), "archive_info": {}})) == [f"{wheel}[train]"]


@pytest.mark.parametrize("url", ["https://example.org/d.git", "file:///srv/d.git"])
def test_a_repository_is_named_with_its_commit(tmp_path: Path, url: str) -> None:
    origin = {"url": url, "vcs_info": {"vcs": "git", "commit_id": "abc"}}
    assert arguments(command(tmp_path, origin)) == [f"{DISTRIBUTION}[train] @ git+{url}@abc"]


def test_a_folder_that_the_clone_has_left_is_not_named(tmp_path: Path, clone: Path) -> None:
    (clone / "pyproject.toml").unlink()
    assert arguments(command(tmp_path, {"url": clone.as_uri(), "dir_info": {}})) == ["torch>=2.6", "tomli>=2"]


@posix("a shell that takes a path with any character")
def test_a_shell_takes_the_line_as_it_is_meant(tmp_path: Path, clone: Path) -> None:
    line = command(tmp_path, {"url": clone.as_uri(), "dir_info": {}}, path=str(clone))
    printed = subprocess.run(["sh", "-c", f"printf '%s\\n' {line}"], capture_output=True, text=True, check=True).stdout
    assert printed.splitlines() == [sys.executable, "-m", "pip", "install", f"{clone}[train]"]


def test_an_address_is_named(tmp_path: Path) -> None:
    origin = {"url": "https://example.org/a.whl", "archive_info": {}}
    assert arguments(command(tmp_path, origin)) == [f"{DISTRIBUTION}[train] @ https://example.org/a.whl"]


@pytest.mark.parametrize("origin", [None, "{torn", "[]", {"url": "file:///gone/d-0.1.0.whl", "archive_info": {}}])
def test_else_the_packages_of_the_extra_are_named_and_never_ours(
    tmp_path: Path, origin: dict[str, Any] | str | None
) -> None:
    line = command(tmp_path, origin)
    assert arguments(line) == ["torch>=2.6", "tomli>=2"]
    assert DISTRIBUTION not in line


def test_a_source_tree_that_is_not_installed_is_named() -> None:
    code = "from digit_recognizer.installed import install_command; print(install_command('train'))"
    alone = os.environ | {"PYTHONPATH": str(SRC)}  # -S: without the packages that are installed here
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, env=alone, check=False)
    assert done.stderr == ""
    named = arguments(done.stdout)
    assert named[0] == "--editable"
    assert (Path(named[1].removesuffix("[train]")) / "src" / "digit_recognizer").is_dir()


def test_the_interpreter_that_runs_is_the_one_that_gets_it(tmp_path: Path, clone: Path) -> None:
    origin = {"url": clone.as_uri(), "dir_info": {}}
    elsewhere = command(tmp_path, origin, path=str(clone))  # no pip of this environment on the path
    assert words(elsewhere)[:4] == [sys.executable, "-m", "pip", "install"]
    here = str(Path(sys.executable).parent)
    beside = words(said(tmp_path, path=here))
    has_pip = shutil.which("pip", path=here) is not None  # uv makes environments without
    assert beside[: beside.index("install")] == (["pip"] if has_pip else [sys.executable, "-m", "pip"])


def test_uv_is_named_where_it_was_used_and_is_there(tmp_path: Path, clone: Path) -> None:
    origin, place = {"url": clone.as_uri(), "dir_info": {}}, tmp_path / "programs"
    place.mkdir()
    without = command(tmp_path, origin, installer="uv", path=str(place))
    has_pip = importlib.util.find_spec("pip") is not None
    assert words(without)[0] == (sys.executable if has_pip else "uv")
    (place / "uv").write_text("#!/bin/sh\n")
    (place / "uv").chmod(0o755)
    with_uv = ["uv", "pip", "install", "--python", sys.executable, f"{clone}[train]"]
    if sys.platform != "win32":  # where a program ends in .exe
        assert words(said(tmp_path, path=str(place))) == with_uv


def test_every_feature_names_an_extra_that_exists() -> None:
    lines = requires(DISTRIBUTION) or []
    for extra, _modules in FEATURES.values():
        assert any(f"extra == '{extra}'" in line for line in lines), extra
    assert not [line for line in lines if line.startswith(DISTRIBUTION)]  # included extras are resolved at the build


BROKEN = """
import sys
sys.path.insert(0, sys.argv[1])
from digit_recognizer.errors import DigitRecognizerError
try:
    from digit_recognizer.images.opencv import cv2
except DigitRecognizerError as error:
    print(error)
"""


@pytest.mark.parametrize("content", ["", "raise ImportError('libGL.so.1: cannot open')"])
def test_an_opencv_that_another_removal_broke_is_told_in_a_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "cv2").mkdir()
    (tmp_path / "cv2" / "__init__.py").write_text(content)
    done = subprocess.run([sys.executable, "-c", BROKEN, tmp_path], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.startswith("OpenCV cannot be imported")
    remedy = done.stdout.splitlines()[-1]
    assert re.search(r"--force-reinstall --no-deps opencv[a-z-]*-headless(==[\d.]+)?$", remedy), remedy


def test_the_command_says_so_too(tmp_path: Path) -> None:
    (tmp_path / "cv2.py").write_text("")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(tmp_path), str(SRC)))}
    done = subprocess.run(
        [sys.executable, "-m", "digit_recognizer", "predict", "x.png"],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "OpenCV cannot be imported" in done.stderr
    assert "Traceback" not in done.stderr
