"""Pictures in a JSON body: base64 or data URLs (RFC 2397)."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from digit_recognizer.server.problems import ProblemError

_HOW = 'Send {"image": "<base64 or a data URL>"}, or {"images": [...]} with strings or {"name": ..., "image": ...}.'


def read_json(body: bytes, most: int) -> list[tuple[str, bytes]]:
    """Names ("" where there is none) and contents of 1 to `most` pictures. Raises ProblemError."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProblemError(400, "The body is not JSON.") from error
    several = given.get("images", [given]) if isinstance(given, dict) else None
    if not isinstance(several, list) or not several:
        raise ProblemError(422, _HOW)
    if len(several) > most:
        what = "1 picture" if most == 1 else f"{most} pictures"
        raise ProblemError(413, f"Such a request may contain {what}. Send others in another one.")
    return [_picture(each) for each in several]


def _picture(given: Any) -> tuple[str, bytes]:
    fields = {"image": given} if isinstance(given, str) else given
    if not isinstance(fields, dict) or not isinstance(fields.get("image"), str):
        raise ProblemError(422, _HOW)
    name, text = fields.get("name", ""), fields["image"]
    if text.startswith("data:"):
        head, comma, text = text.partition(",")
        if not comma or not head.endswith(";base64"):
            raise ProblemError(422, "A data URL must be in base64: data:image/png;base64,...")
    try:
        content = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProblemError(422, "A picture is not base64. URLs of pictures are not followed.") from error
    if not content:
        raise ProblemError(422, "A picture is empty.")
    return name if isinstance(name, str) else "", content
