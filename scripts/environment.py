"""Bring .venv up to date for `make`: python scripts/environment.py train|dev [--python-named]

The environment that is there is kept where it can be: what pyproject.toml asks for is installed into it. One that make
made is made again where it cannot serve (another folder, a Python that is gone or too old). One that somebody else made
is never removed: it is named.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = Path(os.path.realpath(ROOT / ".venv"))  # a link to a larger disk is one way to afford it
BIN = VENV / ("Scripts" if sys.platform == "win32" else "bin")
PYTHON = BIN / ("python.exe" if sys.platform == "win32" else "python")
RECORD = VENV / "made-by-make.json"
OLD_STAMP = VENV / "python-ready"  # of make before there was a record
INSTALLS = {
    "train": (["--editable", ".[train]"], "training"),
    "dev": (["--editable", ".[all]", "--group", "dev"], "tests"),
}
SIZES = {"train": "downloads 3.2 GB and takes 6.5 GB of disk", "dev": "downloads 3.5 GB and takes 7.2 GB of disk"}


def main() -> None:
    """Do nothing where all is up to date."""
    what, python_named = sys.argv[1], "--python-named" in sys.argv[2:]
    if sys.version_info < (3, 11):
        sys.exit("Python 3.11 or newer is needed. Name one: make PYTHON=python3.12")
    os.chdir(ROOT)
    fault = _fault(python_named=python_named)
    if fault and VENV.exists():
        if not (RECORD.exists() or OLD_STAMP.exists()):
            sys.exit(f"{VENV}: {fault}, and make did not make it. Remove it or rename it, then run make again.")
        print(f"Making .venv again: {fault}.", flush=True)
        for each in VENV.iterdir():  # not the folder, which may be a link's target
            shutil.rmtree(each) if each.is_dir() and not each.is_symlink() else each.unlink()
    wanted = _needs()
    if not fault and wanted in (_record().get(what), _record().get("dev")):  # the tests need all that training needs
        return
    if fault:
        base = getattr(sys, "_base_executable", sys.executable)  # this one may be what was removed
        subprocess.run([base, "-m", "venv", str(VENV)], check=True)
        RECORD.write_text("{}")  # whatever becomes of the installation
    _install(what)
    RECORD.write_text(json.dumps({**{name: mark for name, mark in _record().items() if mark == wanted}, what: wanted}))


def _fault(*, python_named: bool) -> str:
    """Why the environment cannot serve; empty where it can."""
    if not PYTHON.exists():
        return "it is not an environment" if VENV.exists() else "there is none"
    asked = "import sys; print(*sys.version_info[:2])"
    try:
        told = subprocess.run([PYTHON, "-c", asked], capture_output=True, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        return "its Python does not run"
    version = int(told[0]), int(told[1])
    if version < (3, 11):
        return f"it is of Python {version[0]}.{version[1]}, which is too old"
    if python_named and version != sys.version_info[:2]:
        return f"it is of Python {version[0]}.{version[1]}"
    made_for = re.search(r"^command = .* -m venv .*?(/.*)$", (VENV / "pyvenv.cfg").read_text("utf-8"), re.MULTILINE)
    if made_for and os.path.realpath(made_for[1]) != str(VENV):  # its commands name the folder that it was made in
        return f"it was made for {made_for[1]}"
    return ""


def _needs() -> str:
    """A mark of what pyproject.toml asks for."""
    import tomllib

    tables = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    asked = json.dumps([tables[name] for name in ("build-system", "project", "dependency-groups")])
    return hashlib.sha256(asked.encode()).hexdigest()[:16]


def _record() -> dict[str, str]:
    """What is installed, by the marks of what was asked for."""
    try:
        record = json.loads(RECORD.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _install(what: str) -> None:
    """Say what it costs, and let pip be seen at work."""
    arguments, purpose = INSTALLS[what]
    print(
        f"Installing what {purpose} need{'s' if what == 'train' else ''} into {VENV}. On Linux this {SIZES[what]}:\n"
        "3.0 and 5.5 GB of it are PyTorch with CUDA, which PyTorch for macOS and Windows does without.\n"
        "What is installed or was downloaded before is taken from there.",
        flush=True,
    )
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check"]
    subprocess.run([*pip, "--quiet", "--upgrade", "pip>=25.1"], check=True)  # from there on it knows groups
    subprocess.run([*pip, *arguments], check=True)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"make: {error.cmd[0]} ended with exit code {error.returncode}. Its reason stands above.")
