"""The whole state of a run in one file: tensors (safetensors) and JSON, written whole, the previous one kept."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, optim

from digit_recognizer.errors import RunError
from digit_recognizer.files import write_whole
from digit_recognizer.models.model_file import tensors_sha256
from digit_recognizer.training.learner import Learner
from digit_recognizer.training.progress import EpochRecord

KEY = "checkpoint"
_KEPT = 2


@dataclass
class TrainState:
    """Where a run stands: `step` steps into epoch `epoch` (0 is the first), with the history of the finished ones."""

    epoch: int = 0
    step: int = 0
    loss_sum: float = 0.0  # of the images seen in this epoch
    history: list[dict[str, Any]] = field(default_factory=list)


def save_checkpoint(folder: Path, position: TrainState, learner: Learner) -> Path:
    """Write the state as a new file and drop all but the newest two. Raises StorageError, the older ones untouched."""
    path = folder / f"epoch-{position.epoch:04d}-step-{position.step:08d}.safetensors"
    write_whole(path, packed(position, learner))
    for old in checkpoints(folder)[:-_KEPT]:
        old.unlink(missing_ok=True)
    return path


def packed(position: TrainState, learner: Learner) -> bytes:
    """The whole state of a run, the content of a checkpoint."""
    tensors = {
        f"{part}.{name}": tensor
        for part, module in learner.parts.items()
        for name, tensor in module.state_dict().items()
    }
    optimizers = [_optimizer_state(number, each, tensors) for number, each in enumerate(learner.optimizers)]
    tensors["rng"] = torch.get_rng_state()
    ready = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    content = {"position": vars(position), "optimizers": optimizers}
    text = json.dumps(content | {"tensors_sha256": tensors_sha256(ready)})
    return bytes(save(ready, metadata={KEY: text}))


def _optimizer_state(number: int, optimizer: optim.Optimizer, tensors: dict[str, Tensor]) -> dict[str, Any]:
    """The numbers of an optimizer's state; its tensors go into `tensors`."""
    state = optimizer.state_dict()
    numbers: dict[str, dict[str, Any]] = {}
    for index, entries in state["state"].items():
        for name, value in entries.items():
            if isinstance(value, Tensor):
                tensors[f"optimizer{number}.{index}.{name}"] = value
            else:
                numbers.setdefault(str(index), {})[name] = value
    return {"numbers": numbers, "groups": state["param_groups"]}


def checkpoints(folder: Path) -> list[Path]:
    """The checkpoints in a folder, oldest first."""
    return sorted(folder.glob("epoch-*.safetensors"))


def load_checkpoint(folder: Path, learner: Learner) -> TrainState | None:
    """Put the newest whole checkpoint into the learner and the random generator.

    None where there is no checkpoint yet. Raises RunError where there are some and none can be read.
    """
    found = checkpoints(folder)
    for path in reversed(found):
        try:
            return unpacked(path.read_bytes(), learner)
        except (OSError, SafetensorError, ValueError, LookupError, TypeError, AttributeError, RuntimeError):
            continue  # damaged from outside: the previous one is kept for this
    if found:
        raise RunError(f"{folder}: no checkpoint can be read. Train again in another folder.", see=("out",))
    return None


def unpacked(content: bytes, learner: Learner) -> TrainState:
    """Put what `packed` gave into the learner and the random generator. Damaged content raises nearly anything."""
    tensors = load(content)
    length = int.from_bytes(content[:8], "little")
    state = json.loads(json.loads(content[8 : 8 + length])["__metadata__"][KEY])
    if state["tensors_sha256"] != tensors_sha256(tensors):
        raise ValueError("the tensors do not match their hash")
    return _restore(state, tensors, learner)


def _restore(state: dict[str, Any], tensors: dict[str, Tensor], learner: Learner) -> TrainState:
    """Spread a checkpoint's content over the objects it came from."""
    for part, module in learner.parts.items():
        module.load_state_dict(_having(f"{part}.", tensors))
    for number, (optimizer, kept) in enumerate(zip(learner.optimizers, state["optimizers"], strict=True)):
        entries: dict[int, dict[str, Any]] = {int(index): dict(values) for index, values in kept["numbers"].items()}
        for name, tensor in _having(f"optimizer{number}.", tensors).items():
            index, _, key = name.partition(".")
            entries.setdefault(int(index), {})[key] = tensor
        optimizer.load_state_dict({"state": entries, "param_groups": kept["groups"]})
        _lay_out(optimizer)
    torch.set_rng_state(tensors["rng"])
    position = TrainState(**state["position"])
    records = [EpochRecord(**record) for record in position.history]
    if [record.epoch for record in records] != list(range(1, position.epoch + 1)) or position.step < 0:
        raise ValueError("the history does not match the position")
    return position


def _lay_out(optimizer: optim.Optimizer) -> None:
    """Order the state in memory as its parameters (channels last): fused steps go through both as they lie."""
    for parameter, entries in optimizer.state.items():
        for name, value in entries.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                entries[name] = torch.empty_like(parameter.detach()).copy_(value)


def _having(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix`, without it."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
