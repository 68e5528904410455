"""Where this package was installed from, and the command that adds an extra to that install."""

from __future__ import annotations

import json
import re
import shutil
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
        return f'{installer()} --editable "{Path(__file__).resolve().parents[2]}[{extra}]"'
    return f"{installer()} {_source(package, extra) or _packages(package.requires or [], extra)}"


def installer() -> str:
    """The start of an install command: by the installer that was used, for the interpreter that runs."""
    package = _find(DISTRIBUTION)
    if package and (package.read_text("INSTALLER") or "").strip() == "uv":
        return f'uv pip install --python "{sys.executable}"'
    found = shutil.which("pip")
    if found and Path(found).parent == Path(sys.executable).parent:
        return "pip install"
    return f'"{sys.executable}" -m pip install'


def first_installed(*names: str) -> str | None:
    """The first of these distributions that is installed here."""
    return next((name for name in names if _find(name)), None)


def _find(name: str) -> Distribution | None:
    """An installed distribution by name."""
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _source(package: Distribution, extra: str) -> str | None:
    """The place that the package came from, with the extra; None where it came from an index or the place is gone."""
    origin = _origin(package)
    url = str(origin.get("url") or "")
    if url.startswith("file:"):
        path = url2pathname(urlsplit(url).path)
        if not Path(path).exists():
            return None
        editable = "--editable " if origin.get("dir_info", {}).get("editable") else ""
        return f'{editable}"{path}[{extra}]"'
    if not url:
        return None
    repository = origin.get("vcs_info")
    address = f"{repository['vcs']}+{url}@{repository['commit_id']}" if repository else url
    return f'"{DISTRIBUTION}[{extra}] @ {address}"'


def _origin(package: Distribution) -> dict[str, Any]:
    """PEP 610's record of where a package came from; empty for one from an index, or where the record is damaged."""
    try:
        origin = json.loads(package.read_text("direct_url.json") or "{}")
    except ValueError:
        return {}
    return origin if isinstance(origin, dict) else {}


def _packages(requires: list[str], extra: str) -> str:
    """The packages of an extra as arguments of an installer.

    requires: the package's Requires-Dist lines, such as `torch>=2.6; extra == 'train'`. Extras that an extra includes
    are resolved when the package is built.
    """
    named = re.compile(rf"""(.+?)\s*;.*\bextra == ['"]{re.escape(extra)}['"]""")
    return " ".join(f'"{match[1]}"' for match in map(named.match, requires) if match)
