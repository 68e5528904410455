"""The page to draw on: its files, as they are served."""

from __future__ import annotations

import hashlib
from importlib import resources

from digit_recognizer.exporting.markup import START, whole
from digit_recognizer.exporting.page_runtime import page_files as shared_files

KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
# Files that stand in exporting/web, for both pages.
_SHARED = ("answer.js", "desk.js", "icon.svg", "paper.js", "style.css", "theme.js")


def page_files() -> dict[str, tuple[str, bytes, str]]:
    """Of each path that the page has: media type, content and entity tag."""
    files = {}
    for file in (*resources.files(__name__).iterdir(), *(shared_files() / name for name in _SHARED)):
        kind = KINDS.get(file.name[file.name.rfind(".") :])
        if kind is not None:
            content = whole(file.read_bytes()) if file.name == START else file.read_bytes()
            tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
            files["/" if file.name == START else f"/page/{file.name}"] = kind, content, tag
    return files
