"""What a refused request is told: problem+json (RFC 9457), a sentence and no path or traceback."""

from __future__ import annotations

import http
import json
from collections.abc import Iterable
from typing import Any

from digit_recognizer.errors import (
    ConfigError,
    DigitRecognizerError,
    ImageError,
    PictureKindError,
    PictureSizeError,
    ReaderMissingError,
)
from digit_recognizer.server.metrics import LOG

_AS_JSON = json.JSONEncoder(allow_nan=False, separators=(",", ":"))
MEDIA_TYPE = "application/problem+json"
_STATUS: tuple[tuple[type[DigitRecognizerError], int], ...] = (  # the first that fits
    (PictureKindError, 415),
    (ReaderMissingError, 415),
    (PictureSizeError, 413),
    (ImageError, 422),
    (ConfigError, 422),
)


class ProblemError(Exception):
    """A request that is refused, with the status and the sentence that say why."""

    def __init__(self, status: int, detail: str, **headers: str) -> None:
        """headers: further header fields, with _ for -."""
        super().__init__(detail)
        self.status, self.detail = status, detail
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def to_json(self) -> bytes:
        """The body of the answer."""
        title = http.HTTPStatus(self.status).phrase
        return to_json({"type": "about:blank", "title": title, "status": self.status, "detail": self.detail})


def to_json(content: Any) -> bytes:
    """ASCII JSON that stays harmless where someone takes it for HTML; a file's name may stand in it.

    Raises ValueError for NaN, which JSON has not.
    """
    text = _AS_JSON.encode(content)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").encode("ascii")


def status_of(error: DigitRecognizerError) -> int:
    """The status of an answer that an error of ours stands for; 500 for those that are no fault of the client."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def told(error: DigitRecognizerError) -> str:
    """What a client is told of an error of ours: what only the owner of this machine can do is not for it."""
    if isinstance(error, ReaderMissingError):
        return f"{error.name}: this server does not read {error.kind} files. Send a PNG or JPEG."
    return str(error)


def remedy_of(error: DigitRecognizerError) -> str | None:
    """What the owner of this machine can do, where that is not for the client; for the log, so without names."""
    return error.remedy if isinstance(error, ReaderMissingError) else None


def log_remedies(remedies: Iterable[str | None]) -> None:
    """Write what remedies there are into the server's log, each of them once."""
    for remedy in {each for each in remedies if each is not None}:
        LOG.warning("a picture was refused; %s", remedy)


def overloaded(what: str) -> ProblemError:
    """More is asked than can be answered soon."""
    return ProblemError(503, f"{what} Try again in a moment.", retry_after="1")


def raw_response(problem: ProblemError) -> bytes:
    """A whole HTTP/1.1 response, for a connection on which no request was understood; it is closed after it."""
    body = problem.to_json()
    title = http.HTTPStatus(problem.status).phrase
    head = (
        f"HTTP/1.1 {problem.status} {title}\r\ncontent-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\n"
        "connection: close\r\n\r\n"
    )
    return head.encode("ascii") + body
