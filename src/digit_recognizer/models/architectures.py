"""The networks that a model file may name, and how each is built again from its description."""

from __future__ import annotations

from typing import Any

from torch import nn

from digit_recognizer.errors import ModelFileError, nearest
from digit_recognizer.models.mlp import mlp

# Name -> builder; a description is {"name": ..., and the builder's arguments}.
BUILDERS = {"mlp": mlp}
MAX_UNITS, MAX_LAYERS = 1_000_000, 100


def build_network(architecture: dict[str, Any]) -> nn.Module:
    """The network that `architecture` describes, freshly initialised. Raises ModelFileError for an unknown one."""
    arguments = dict(architecture)
    name = str(arguments.pop("name", ""))
    if name not in BUILDERS:
        raise ModelFileError(f"its architecture {name[:200]!r} is unknown.{nearest(name, list(BUILDERS))}")
    sizes = arguments.get("sizes")
    sound = (
        isinstance(sizes, list)
        and 2 <= len(sizes) <= MAX_LAYERS
        and all(isinstance(n, int) and 0 < n <= MAX_UNITS for n in sizes)
    )
    if not sound or set(arguments) != {"sizes"}:
        raise ModelFileError(f"its architecture {str(architecture)[:200]} cannot be built.")
    return BUILDERS[name](arguments["sizes"])
