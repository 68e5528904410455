"""Where fonts lie, and which of them are absent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from digit_recognizer.errors import DataError

FONTS_FOLDER = Path("/usr/share/fonts")


def located(needed: Sequence[tuple[str, tuple[str, ...]]], folder: Path, what_for: str) -> dict[str, Path]:
    """The paths of font files by name; needed: packages with the files that are used of each.

    Raises DataError naming the packages of which a file is absent.
    """
    present = {path.name: path for path in sorted(folder.rglob("*.[ot]tf"))}
    missing = dict.fromkeys(package for package, files in needed if not set(files) <= set(present))
    if missing:
        raise DataError(f"{folder}: lacks fonts that {what_for}.\nOn Debian: apt-get install {' '.join(missing)}")
    return present
