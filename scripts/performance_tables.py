"""The tables of docs/performance.md, as Markdown."""

from __future__ import annotations

from collections.abc import Callable

BLOCKS: dict[str, Callable[[], str]] = {}
