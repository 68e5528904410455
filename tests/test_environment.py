"""What `make` does with the .venv that is there: kept, brought up to date, made again, or named and never removed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from platforms import posix

ROOT = Path(__file__).parent.parent
NOTHING = """
[build-system]
requires = ["hatchling"]
[project]
name = "nothing"
version = "1"
[dependency-groups]
dev = []
"""
# In place of pip: notes what it was asked to install.
PIP = """
import pathlib, sys
with pathlib.Path(sys.prefix, "asked").open("a") as file:
    print(*sys.argv[1:], file=file)
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "check out"  # with a space
    (folder / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "environment.py", folder / "scripts")
    (folder / "pyproject.toml").write_text(NOTHING)
    return folder


def environment(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(folder / "scripts" / "environment.py"), *(words or ("dev",))]
    offline = os.environ | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder)}
    return subprocess.run(command, capture_output=True, text=True, env=offline, check=False)


def made(folder: Path, *, by_make: bool = True) -> Path:
    """An environment as venv makes it, with a pip that only notes; a file of the user's own in it."""
    venv = folder / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    (places,) = venv.glob("lib/python*/site-packages") if os.name != "nt" else (venv / "Lib" / "site-packages",)
    (places / "pip.py").write_text(PIP)
    (venv / "mine").write_text("precious")
    if by_make:
        (venv / "made-by-make.json").write_text("{}")
    return venv


def asked(venv: Path) -> list[str]:
    return (venv / "asked").read_text().splitlines() if (venv / "asked").exists() else []


@pytest.mark.parametrize("by_make", [True, False])
def test_a_working_environment_is_kept_and_brought_up_to_date(checkout: Path, by_make: bool) -> None:
    venv = made(checkout, by_make=by_make)
    done = environment(checkout)
    assert done.returncode == 0, done.stderr
    assert "downloads 3.5 GB and takes 7.2 GB of disk" in done.stdout
    assert (venv / "mine").read_text() == "precious"
    assert len(asked(venv)) == 2
    assert asked(venv)[1].endswith("--editable .[all] --group dev")
    again = environment(checkout)
    assert (again.returncode, again.stdout, len(asked(venv))) == (0, "", 2)
    assert environment(checkout, "train").stdout == ""  # the tests need all that training needs


def test_other_dependencies_are_installed_and_the_former_ones_again_after_them(checkout: Path) -> None:
    venv = made(checkout)
    other = NOTHING.replace('"1"', '"2"')
    for count, (what, text) in enumerate((("train", NOTHING), ("dev", other), ("train", NOTHING)), 1):
        (checkout / "pyproject.toml").write_text(text)
        assert environment(checkout, what).returncode == 0
        assert len(asked(venv)) == 2 * count


def spoil(venv: Path, how: str) -> None:
    if how == "elsewhere":
        config = venv / "pyvenv.cfg"
        config.write_text(config.read_text().replace(str(venv), "/another/checkout/.venv"))
    elif how == "broken":
        for each in (venv / "bin").glob("python*"):
            each.unlink()
            each.write_text("#!/bin/sh\nexit 1\n")
            each.chmod(0o755)
    else:
        shutil.rmtree(venv / "bin")


@posix("an environment whose programs stand in bin")
@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("elsewhere", "it was made for /another/checkout/.venv"),
        ("broken", "its Python does not run"),
        ("no environment", "it is not an environment"),
    ],
)
def test_what_cannot_serve_is_named_and_kept_where_make_did_not_make_it(checkout: Path, how: str, says: str) -> None:
    venv = made(checkout, by_make=False)
    spoil(venv, how)
    done = environment(checkout)
    assert done.returncode == 1
    assert done.stderr == f"{venv}: {says}, and make did not make it. Remove it or rename it, then run make again.\n"
    assert (venv / "mine").read_text() == "precious"


@pytest.mark.slow
@posix("links to folders")
@pytest.mark.parametrize("linked", [False, True])
def test_what_make_made_for_another_place_is_made_again(checkout: Path, tmp_path: Path, linked: bool) -> None:
    venv = made(checkout)
    spoil(venv, "elsewhere")
    if linked:
        venv.rename(tmp_path / "disk")
        venv.symlink_to(tmp_path / "disk")
    done = environment(checkout, "train")
    assert "Making .venv again: it was made for /another/checkout/.venv.\n" in done.stdout
    assert not (venv / "mine").exists()
    assert json.loads((venv / "made-by-make.json").read_text()) == {}  # ours, though nothing could be installed offline
    assert venv.is_symlink() is linked
    assert (venv / "bin" / "python").exists()


@posix("links to folders")
def test_a_link_to_a_larger_disk_is_kept(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (checkout / ".venv").symlink_to(tmp_path / "disk")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "disk")], check=True)
    assert "and make did not make it" not in environment(checkout).stderr
    assert (tmp_path / "disk" / "pyvenv.cfg").exists()


@posix("a Python of another version, made of a script")
def test_a_python_that_was_named_is_the_one_that_is_used(checkout: Path) -> None:
    venv = made(checkout, by_make=False)
    real = (venv / "bin" / "python").resolve()
    (venv / "bin" / "python").unlink()
    (venv / "bin" / "python").write_text(f'#!/bin/sh\n[ "$1" = -c ] && echo 3 99 && exit\nexec {real} "$@"\n')
    (venv / "bin" / "python").chmod(0o755)
    done = environment(checkout, "dev", "--python-named")
    assert "it is of Python 3.99, and make did not make it" in done.stderr
    assert "3.99" not in environment(checkout, "dev").stderr  # which does not matter where nobody named one


def test_an_older_python_is_refused_before_anything_is_touched(checkout: Path) -> None:
    venv = made(checkout)
    script = checkout / "scripts" / "environment.py"
    code = "import sys, runpy; sys.version_info = (3, 10, 1); sys.argv = ['x', 'dev'];"
    code += f"runpy.run_path({str(script)!r}, run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Python 3.11 or newer is needed. Name one: make PYTHON=python3.12\n"
    assert (venv / "mine").exists()
    assert json.loads((venv / "made-by-make.json").read_text()) == {}
