"""A real server in a process of its own, and raw ways to talk to it."""

from __future__ import annotations

import http.client
import io
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from PIL import Image

PROGRAM = """
import json, sys
from digit_recognizer import Recognizer
from digit_recognizer.server import Limits, serve
from digit_recognizer.server.serving import log_requests
asked = json.loads(sys.argv[1])
log_requests(quiet=False)
serve(
    Recognizer.load(asked["model"]), port=0, limits=Limits(**asked["limits"]),
    processes=1,
    tokens=[bytes.fromhex(each) for each in asked["tokens"]], ready=lambda address: print(address, flush=True),
)
"""
PATIENCE = 60  # seconds, of a test, on a busy machine


@dataclass(frozen=True)
class Answer:
    """One response."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    process: subprocess.Popen[bytes]
    address: str
    log: Path

    def connect(self) -> socket.socket:
        parts = urlsplit(self.address)
        return socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request as a well-behaved client sends it; _ in a header's name stands for -."""
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=PATIENCE)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            return answer_of(connection.getresponse())
        finally:
            connection.close()

    def post(self, path: str, body: bytes, kind: str = "image/png", **headers: str) -> Answer:
        return self.ask("POST", path, body, content_type=kind, **headers)

    def raw(self, *pieces: bytes, pause: float = 0.0) -> Answer:
        """What is answered to these bytes."""
        with self.connect() as client:
            for piece in pieces:
                client.sendall(piece)
                time.sleep(pause)
            return answered(client)


def answered(client: socket.socket) -> Answer:
    """The next response on a connection."""
    response = http.client.HTTPResponse(client)
    response.begin()
    return answer_of(response)


def answer_of(response: http.client.HTTPResponse) -> Answer:
    return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())


@contextmanager
def running(folder: Path, model: str = "classic", tokens: tuple[str, ...] = (), **limits: float) -> Iterator[Server]:
    """A server with these limits; it ends with success when told to, and never meets what it did not expect."""
    asked = json.dumps({"model": model, "limits": limits, "tokens": tokens})
    log = folder / "log"
    with log.open("wb") as errors:
        command = [sys.executable, "-W", "error", "-c", PROGRAM, asked]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env={**os.environ})
    try:
        assert process.stdout is not None
        address = process.stdout.readline().decode().strip()
        assert address, log.read_text()
        yield Server(process, address, log)
        process.terminate()
        # Windows ends a process that is told to; it cannot end by itself.
        assert process.wait(PATIENCE) == 0 or sys.platform == "win32", log.read_text()
        assert "Traceback" not in log.read_text(), log.read_text()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]


@contextmanager
def commanded(
    program: Sequence[str | Path], folder: Path, model: str, *options: str | Path, **environment: str
) -> Iterator[Server]:
    """`digits serve` of a model, on any port, killed at the end. program: what `digits` is here."""
    command = [*program, "serve", "--port", "0", "--model", model, "--quiet", *options]
    log = folder / "log"
    with log.open("wb") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, cwd=folder, env=environment or None)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().decode().strip()
        assert address, log.read_text()
        yield Server(process, address, log)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]


def as_png(image: Any) -> bytes:
    """An array (H, W) uint8 or a PIL image as the bytes of a PNG file."""
    content = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(content, "PNG")
    return content.getvalue()


def form(*files: tuple[str | None, bytes]) -> tuple[bytes, str]:
    """A multipart body of files with these names, None for a field without one, and its media type."""
    parts = []
    for name, content in files:
        filename = b"" if name is None else b'; filename="' + name.encode() + b'"'
        parts.append(b'--BOUND\r\nContent-Disposition: form-data; name="picture"' + filename + b"\r\n\r\n" + content)
    return b"\r\n".join([*parts, b"--BOUND--", b""]), "multipart/form-data; boundary=BOUND"


def seven() -> Image.Image:
    """A 7, dark on light."""
    page = Image.new("L", (60, 80), 250)
    page.paste(20, (15, 15, 45, 21))
    for row in range(40):
        page.paste(20, (40 - row // 3, 21 + row, 46 - row // 3, 22 + row))
    return page
