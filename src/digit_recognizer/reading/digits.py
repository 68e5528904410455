"""Which models read numbers: those whose classes are digits."""

from __future__ import annotations

from digit_recognizer.data.class_names import not_digits
from digit_recognizer.errors import ModelFileError
from digit_recognizer.models import Model
from digit_recognizer.models.header import ModelHeader

_SHOWN = 5  # class names in a message


def check_reads(model: Model) -> None:
    """Raise ModelFileError for a model that cannot read lines, pages and grids."""
    reason = why_not(model.header)
    if reason:
        raise ModelFileError(
            f"{model.path}: {reason}, so it cannot read numbers from lines, pages or grids. Name a model"
            " whose classes are"
            " digits (mixed is shipped), or recognise pictures of one class each.",
            see=("predict",),
        )


def why_not(header: ModelHeader) -> str | None:
    """Why a model cannot read numbers; None where it can.

    Each class must be named by one digit, 0 to 9; some may be absent. One more class ("blank", "x") would stand in a
    number as no digit can, so a model that has one is refused too.
    """
    others = not_digits(header.class_names)
    if others:
        more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        what = "class is not a digit" if len(others) == 1 else "classes are not digits"
        return f"its {what} ({', '.join(others[:_SHOWN])}{more})"
    if header.multi_label:
        return "it gives several labels per picture"
    if header.preprocess.channels != 1:
        return "it takes pictures in colour, and pages are read in grey"
    return None
