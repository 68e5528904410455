"""The page to draw on: its files, as they are served."""

from __future__ import annotations

import hashlib
from importlib import resources

KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
START = "index.html"
SHARED = ("answer.js", "icon.svg", "paper.js", "style.css", "theme.js")  # that stand in exporting/web, for both pages


def page_files() -> dict[str, tuple[str, bytes, str]]:
    """Of each path that the page has: media type, content and entity tag."""
    files = {}
    shared = resources.files("digit_recognizer.exporting") / "web"
    for file in (*resources.files(__name__).iterdir(), *(shared / name for name in SHARED)):
        kind = KINDS.get(file.name[file.name.rfind(".") :])
        if kind is not None:
            content = file.read_bytes()
            tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
            files["/" if file.name == START else f"/page/{file.name}"] = kind, content, tag
    return files
