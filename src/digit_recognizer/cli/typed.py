"""Commands whose options are the fields of one dataclass, which Typer reads as a function's parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields
from functools import wraps
from inspect import Parameter, Signature
from typing import Any, TypeVar, get_type_hints

_Options = TypeVar("_Options")


def taking(options: type[_Options]) -> Callable[[Callable[[_Options], None]], Callable[..., None]]:
    """A decorator: the command is given one object of this dataclass, whose fields are annotated for Typer."""
    hints = get_type_hints(options, include_extras=True)
    parameters = [
        Parameter(
            each.name,
            Parameter.KEYWORD_ONLY,
            default=Parameter.empty if each.default is MISSING else each.default,
            annotation=hints[each.name],
        )
        for each in fields(options)  # type: ignore[arg-type]
    ]

    def as_typer_sees_it(command: Callable[[_Options], None]) -> Callable[..., None]:
        @wraps(command)
        def called(**given: Any) -> None:
            command(options(**given))

        called.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        called.__annotations__ = hints
        return called

    return as_typer_sees_it
