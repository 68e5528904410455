"""An exported page on a server of static files, in Debian's Chromium."""

from __future__ import annotations

import base64
import functools
import http.server
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

PATIENCE = 120_000  # milliseconds; the machine may be busy

# Pictures by their bytes and shapes, prepared by the page's own modules.
PREPARE = """async ({ bytes, shapes, settings }) => {
  const { fit } = await import("./preparation/preprocess.js");
  const all = Uint8Array.from(atob(bytes), (each) => each.charCodeAt(0));
  let at = 0;
  const { loadRecognizer } = await import("./recognizer.js");
  globalThis.recognizer ??= await loadRecognizer();
  const found = [];
  for (const [height, width] of shapes) {
    const data = all.slice(at, (at += height * width));
    const { seen } = await fit({ width, height, data }, settings, recognizer.network);
    found.push(seen === null ? null : btoa(String.fromCharCode(...seen.data)));
  }
  return found;
}"""
RECOGNISE = """async ({ bytes, shapes }) => {
  const { loadRecognizer, recognise } = await import("./recognizer.js");
  globalThis.recognizer ??= await loadRecognizer();
  const all = Uint8Array.from(atob(bytes), (each) => each.charCodeAt(0));
  let at = 0;
  const found = [];
  for (const [height, width] of shapes)
    found.push(await recognise(recognizer, { width, height, data: all.slice(at, (at += height * width)) }));
  return found;
}"""
RECOGNISE_FILE = """async (bytes) => {
  const { loadRecognizer, recogniseFile } = await import("./recognizer.js");
  globalThis.recognizer ??= await loadRecognizer();
  return recogniseFile(recognizer, new Blob([Uint8Array.from(atob(bytes), (each) => each.charCodeAt(0))]));
}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and prints nothing."""

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the tests' output is the tests'."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a folder on a server of static files."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def exported(folder: Path, *more: str) -> Path:
    """The page of the default model as the command writes it; skips where npm is absent."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed (Debian: apt-get install npm)")
    command = [sys.executable, "-m", "digit_recognizer", "export", "best", str(folder), "--to", "web", *more]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    if "npm could not get" in done.stderr:
        pytest.skip(f"npm got nothing; it needs a network: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return folder


def as_sent(pictures: Sequence[NDArray[np.uint8]]) -> dict[str, Any]:
    """Grey pictures as the scripts above take them."""
    content = b"".join(each.tobytes() for each in pictures)
    return {"bytes": base64.b64encode(content).decode(), "shapes": [list(each.shape) for each in pictures]}


def as_images(found: list[str | None], size: int = 28) -> list[NDArray[np.uint8] | None]:
    """What PREPARE gave, as arrays; None where there was no ink."""
    return [
        None if each is None else np.frombuffer(base64.b64decode(each), np.uint8).reshape(size, size) for each in found
    ]
