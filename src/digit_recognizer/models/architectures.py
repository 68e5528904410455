"""The networks that a model file may name, and how each is built again from its description."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from digit_recognizer.errors import ModelFileError, nearest
from digit_recognizer.models.backbone import backbone
from digit_recognizer.models.cnn import cnn
from digit_recognizer.models.ensemble import Ensemble
from digit_recognizer.models.line import line
from digit_recognizer.models.mlp import mlp
from digit_recognizer.models.residual import residual

OWN = "own"  # the name under which someone's own network is described
_MAX_NUMBER, _MAX_LIST, MAX_DEPTH = 1_000_000, 100, 5  # of anything that a description holds


def ensemble(members: list[dict[str, Any]], task: str = "multi-class", symmetry: str = "none") -> Ensemble:
    """Networks whose probabilities are averaged; members: a description each; symmetry "mirror": asked twice."""
    networks = [build_network(member) for member in members]
    return Ensemble(networks, multi_label=task == "multi-label", mirrored=symmetry == "mirror")


def own(kind: str) -> nn.Module:
    """A network that someone else's code made, of which the file holds weights alone."""
    raise ModelFileError(f"its network, {kind[:200]}, is not part of this project. Use its ONNX form.")


# Name -> builder; a description is {"name": ..., and the builder's arguments}.
_BUILDERS: dict[str, Callable[..., nn.Module]] = {
    "mlp": mlp,
    "cnn": cnn,
    "residual": residual,
    "timm": backbone,
    "line": line,
    "ensemble": ensemble,
    OWN: own,
}


def build_network(architecture: dict[str, Any]) -> nn.Module:
    """The network that `architecture` describes, freshly initialised. Raises ModelFileError for an unknown one."""
    arguments = dict(architecture)
    name = str(arguments.pop("name", ""))
    if name not in _BUILDERS:
        raise ModelFileError(f"its architecture {name[:200]!r} is unknown.{nearest(name, list(_BUILDERS))}")
    refusal = ModelFileError(f"its architecture {str(architecture)[:200]} cannot be built.")
    if not _modest(arguments):
        raise refusal
    try:
        return _BUILDERS[name](**arguments)
    except (TypeError, ValueError, IndexError, KeyError, AttributeError, RuntimeError, ArithmeticError) as error:
        raise refusal from error


def _modest(value: Any, depth: int = 0, least: int = 1) -> bool:
    """Whether a description holds only positive numbers (0 for padding), words and short lists, none of them huge."""
    if depth > MAX_DEPTH:
        return False
    if isinstance(value, dict):
        return all(_modest(each, depth + 1, 0 if key == "padding" else 1) for key, each in value.items())
    if isinstance(value, list):
        return 0 < len(value) <= _MAX_LIST and all(_modest(each, depth + 1) for each in value)
    return isinstance(value, str) or (type(value) is int and least <= value <= _MAX_NUMBER)
