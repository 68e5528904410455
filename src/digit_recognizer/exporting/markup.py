"""A page's HTML: its own file, with the parts that the page of `digits serve` and the exported one share."""

from __future__ import annotations

import re

from digit_recognizer.exporting.page_runtime import page_files

START = "index.html"
PARTS = "parts"  # the folder of what is shared
_INCLUDE = re.compile(rb"<!-- include (\w+\.html) -->\n")


def whole(page: bytes) -> bytes:
    """The HTML with each line that includes a part replaced by it."""
    return _INCLUDE.sub(lambda found: (page_files() / PARTS / found[1].decode()).read_bytes(), page)
