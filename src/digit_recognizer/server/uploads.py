"""A request's body -> the pictures in it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from digit_recognizer.dicom.names import is_dicom, named_by
from digit_recognizer.files import printable
from digit_recognizer.server.forms import read_form
from digit_recognizer.server.json_pictures import read_json
from digit_recognizer.server.problems import ProblemError

if TYPE_CHECKING:
    from starlette.requests import Request

_RAW_KINDS = ("image/", "application/octet-stream")
_JSON = "application/json"
_MULTIPART = "multipart/form-data"
_NAME_LENGTH = 200  # characters of a file's name that are repeated


@dataclass(frozen=True)
class Upload:
    """One picture that someone sent."""

    source: str  # its file name as they call it, never used as a path, or "picture 0"
    content: bytes


async def read_uploads(request: Request, most: int) -> list[Upload]:
    """The pictures in a request, 1 to `most`, in order: a raw image, files of a form in fields of any name, or JSON.

    Raises ProblemError: 415 for another media type, 422 for no picture, 413 for too many.
    """
    kind = request.headers.get("content-type", "application/octet-stream").partition(";")[0].strip().lower()
    if kind == _MULTIPART:
        files = read_form(await request.body(), request.headers["content-type"], most)
        return [Upload(source_of(name, number, content), content) for number, (name, content) in enumerate(files)]
    if kind == _JSON:
        files = await asyncio.to_thread(read_json, await request.body(), most)
        return [Upload(source_of(name, number, content), content) for number, (name, content) in enumerate(files)]
    if not kind.startswith(_RAW_KINDS):
        raise ProblemError(
            415, "Send a picture as the body (Content-Type: image/png), files as multipart/form-data, or JSON."
        )
    content = await request.body()
    if not content:
        raise ProblemError(422, "The body is empty. Send a picture.")
    return [Upload("picture 0", content)]


def source_of(name: str, number: int, content: bytes) -> str:
    """Its name: as they call it, cut short, or its number; a DICOM file (which is refused) a hash."""
    return named_by(content) if is_dicom(content) else printable(name[:_NAME_LENGTH]) or f"picture {number}"
