"""Where this package was installed from, and the command that adds an extra to that install."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

DISTRIBUTION = "handwritten-digit-recognizer"


def install_command(extra: str) -> str:
    """The command that installs an extra of this package into the environment that runs.

    It names what the package was installed from: a folder, a wheel or a repository, as PEP 610's direct_url.json
    tells. Where nothing tells, it names the packages of the extra: the name of this package on an index may be
    somebody else's.
    """
    package = _find(DISTRIBUTION)
    if package is None:  # run from a source tree
        return command("--editable", f"{Path(__file__).resolve().parents[2]}[{extra}]")
    return command(*(_source(package, extra) or _packages(package.requires or [], extra)))


def command(*arguments: str) -> str:
    """A line for the shell that installs these arguments by the installer that was used here."""
    words = [*_installer(), *arguments]
    if os.name != "nt":
        return shlex.join(words)
    line = subprocess.list2cmdline(words)
    return f"& {line}" if line.startswith('"') else line  # PowerShell takes a quoted word for a text


def _installer() -> list[str]:
    """The start of the command, for the interpreter that runs: `pip install`, or `uv pip install`.

    uv is named where it installed this package and can be found, or where the environment has no pip.
    """
    package = _find(DISTRIBUTION)
    by_uv = package is not None and (package.read_text("INSTALLER") or "").strip() == "uv"
    has_pip = importlib.util.find_spec("pip") is not None
    if by_uv and (shutil.which("uv") or not has_pip):
        return ["uv", "pip", "install", "--python", sys.executable]
    found = shutil.which("pip")
    here = found is not None and Path(found).parent == Path(sys.executable).parent
    return ["pip", "install"] if here else [sys.executable, "-m", "pip", "install"]


def first_installed(*names: str) -> str | None:
    """The first of these distributions that is installed here, with its version: a requirement."""
    found = next((package for package in map(_find, names) if package), None)
    return f"{found.name}=={found.version}" if found else None


def _find(name: str) -> Distribution | None:
    """An installed distribution by name."""
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _source(package: Distribution, extra: str) -> list[str] | None:
    """The place that the package came from, with the extra; None where it came from an index or the place is gone."""
    origin = _origin(package)
    url = str(origin.get("url") or "")
    if repository := origin.get("vcs_info"):
        return [f"{DISTRIBUTION}[{extra}] @ {repository['vcs']}+{url}@{repository['commit_id']}"]
    if url.startswith("file:"):
        path = Path(url2pathname(urlsplit(url).path))
        if not (path.is_file() or (path / "pyproject.toml").is_file()):
            return None
        editable = ["--editable"] if origin.get("dir_info", {}).get("editable") else []
        return [*editable, f"{path}[{extra}]"]
    return [f"{DISTRIBUTION}[{extra}] @ {url}"] if url else None


def _origin(package: Distribution) -> dict[str, Any]:
    """PEP 610's record of where a package came from; empty for one from an index, or where the record is damaged."""
    try:
        origin = json.loads(package.read_text("direct_url.json") or "{}")
    except ValueError:
        return {}
    return origin if isinstance(origin, dict) else {}


def _packages(requires: list[str], extra: str) -> list[str]:
    """The packages of an extra, each with its version.

    requires: the package's Requires-Dist lines, such as `torch>=2.6; extra == 'train'`. Extras that an extra includes
    are resolved when the package is built.
    """
    named = re.compile(rf"""(.+?)\s*;.*\bextra == ['"]{re.escape(extra)}['"]""")
    return [match[1] for match in map(named.match, requires) if match]
