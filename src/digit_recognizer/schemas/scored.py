"""What came of scoring very many pictures, as an object of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from digit_recognizer.scoring import Progress


class _ScoredObject(TypedDict):
    """How much was scored."""

    schema: Literal["digit-recognizer/scored/1"]
    shards: int
    kept: int  # shards that were there already
    rows: dict[str, int]  # by status
    left_out: dict[str, int]  # files, by kind


def scored_object(found: Progress) -> _ScoredObject:
    """All that was scored."""
    return {
        "schema": "digit-recognizer/scored/1",
        "shards": found.shards,
        "kept": found.kept,
        "rows": dict(found.statuses),
        "left_out": dict(found.left_out),
    }
