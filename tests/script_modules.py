"""Files of scripts/ and benchmarks/ as modules: they are scripts, not packages."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent


def script(name: str, folder: str = "scripts") -> ModuleType:
    """A file of scripts/ (or of benchmarks/) as a module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / folder))
        return import_module(name)
