"""The files of a multipart body, cut out in memory: untrusted pictures are not written to a disk."""

from __future__ import annotations

from dataclasses import dataclass, field

from digit_recognizer.server.problems import ProblemError

_DISPOSITION = b"content-disposition"


@dataclass
class _Part:
    """One part of a form while it is read."""

    header: bytearray = field(default_factory=bytearray)  # name of the header field being read
    value: bytearray = field(default_factory=bytearray)
    disposition: bytes = b""
    content: bytearray = field(default_factory=bytearray)


class _FormReader:
    """Gathers the parts that python-multipart finds (RFC 7578)."""

    def __init__(self, most: int) -> None:
        self.most, self.parts, self.ended = most, list[_Part](), False

    def on_part_begin(self) -> None:
        if len(self.parts) == self.most:
            what = "1 picture" if self.most == 1 else f"{self.most} pictures"
            raise ProblemError(413, f"Such a request may contain {what}. Send others in another one.")
        self.parts.append(_Part())

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].header += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].value += data[start:end]

    def on_header_end(self) -> None:
        part = self.parts[-1]
        if part.header.lower() == _DISPOSITION:
            part.disposition = bytes(part.value)
        part.header.clear()
        part.value.clear()

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].content += data[start:end]

    def on_end(self) -> None:
        self.ended = True


def read_form(body: bytes, content_type: str, most: int) -> list[tuple[str, bytes]]:
    """The file name, as the client calls it, and the content of each of 1 to `most` files, in order.

    Raises ProblemError: 422 for a malformed form, a part that is no file, or none at all; 413 for too many.
    """
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser, parse_options_header

    reader = _FormReader(most)
    names = ("on_part_begin", "on_header_field", "on_header_value", "on_header_end", "on_part_data", "on_end")
    boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
    try:
        parser = MultipartParser(boundary, {name: getattr(reader, name) for name in names})  # type: ignore[arg-type]
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise ProblemError(422, "The form is malformed.") from error
    if not reader.ended:
        raise ProblemError(422, "The form is truncated.")
    if not reader.parts:
        raise ProblemError(422, "The form holds no file. Send at least one picture.")
    files = []
    for part in reader.parts:
        stated = parse_options_header(part.disposition)[1].get(b"filename")
        if stated is None:
            raise ProblemError(422, "Each part of the form must be a file and have a file name.")
        files.append((stated.decode("utf-8", "replace"), bytes(part.content)))
    return files
