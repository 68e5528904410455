"""Marks for tests that need what not every system has. Elsewhere such a test skips and says what is missing."""

from __future__ import annotations

import sys

import pytest


def posix(what: str) -> pytest.MarkDecorator:
    """For a test that needs what Linux and macOS have."""
    return pytest.mark.skipif(sys.platform == "win32", reason=f"Windows lacks {what}")


def linux(what: str) -> pytest.MarkDecorator:
    """For a test that needs what Linux alone has."""
    return pytest.mark.skipif(sys.platform != "linux", reason=f"only Linux has {what}")
