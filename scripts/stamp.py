"""The names of make's stamps in .venv: hashes of what an environment depends on.

place: this folder and this Python; another of either needs a new environment.
needs: the dependencies in pyproject.toml; others need another installation.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def place() -> str:
    """Where the environment lies, and the Python that it is made of (the same inside of the environment)."""
    return f"{ROOT} {sys.base_prefix} {sys.version_info[:2]}"


def needs() -> str:
    """The tables of pyproject.toml by which the project is built and installed."""
    import tomllib

    tables = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return json.dumps([tables[name] for name in ("build-system", "project", "dependency-groups")])


def main() -> None:
    """Print the stamp that was asked for."""
    if sys.version_info < (3, 11):
        sys.exit("Python 3.11 or newer is needed. Name one: make PYTHON=python3.12")
    text = {"place": place, "needs": needs}[sys.argv[1]]()
    print(hashlib.sha256(text.encode()).hexdigest()[:12])


if __name__ == "__main__":
    main()
