"""A request's body -> the pictures in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from digit_recognizer.server.problems import ProblemError

if TYPE_CHECKING:
    from starlette.datastructures import UploadFile
    from starlette.requests import Request

RAW_KINDS = ("image/", "application/octet-stream")
MULTIPART = "multipart/form-data"
NAME_LENGTH = 200  # characters of a file's name that are repeated


@dataclass(frozen=True)
class Upload:
    """One picture that someone sent."""

    source: str  # its file name as they call it, never used as a path, or "picture 0"
    content: bytes


async def read_uploads(request: Request, most: int) -> list[Upload]:
    """The pictures in a request, 1 to `most`, in order: a raw image, or the files of a form in fields of any name.

    Raises ProblemError: 415 for another media type, 422 for no picture, 413 for too many.
    """
    kind = request.headers.get("content-type", "application/octet-stream").partition(";")[0].strip().lower()
    if kind == MULTIPART:
        return await read_form(request, most)
    if not kind.startswith(RAW_KINDS):
        raise ProblemError(
            415, "Send a picture as the body (Content-Type: image/png), or files as multipart/form-data."
        )
    content = await request.body()
    if not content:
        raise ProblemError(422, "The body is empty. Send a picture.")
    return [Upload("picture 0", content)]


async def read_form(request: Request, most: int) -> list[Upload]:
    """The files of a multipart body, held in memory: strangers' pictures are not written to a disk."""
    from python_multipart.exceptions import FormParserError
    from starlette.datastructures import UploadFile
    from starlette.formparsers import MultiPartException, MultiPartParser

    parser = MultiPartParser(request.headers, request.stream(), max_files=most, max_fields=0)
    parser.spool_max_size = 2**40  # never rolled over to a file; the whole body is bounded
    try:
        form = await parser.parse()
    except (MultiPartException, FormParserError) as error:
        raise form_problem(error, most) from error
    try:
        found = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
        if not found:
            raise ProblemError(422, "The form holds no file. Send at least one picture.")
        return [Upload(named(file, number), await file.read()) for number, file in enumerate(found)]
    finally:
        await form.close()


def form_problem(error: Exception, most: int) -> ProblemError:
    """What was wrong with a form."""
    said = str(error)
    if "Too many files" in said:
        return ProblemError(413, f"A request may hold {most} pictures. Send the others in another one.")
    if "Too many fields" in said:
        return ProblemError(422, "Each part of the form must be a file and have a file name.")
    return ProblemError(422, "The form cannot be read: it is cut short or malformed.")


def named(file: UploadFile, number: int) -> str:
    """What to call a file: its name without what would steer a terminal, or its number."""
    name = (file.filename or "")[:NAME_LENGTH]
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in name) or f"picture {number}"
