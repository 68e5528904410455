"""One training by several processes, which torchrun started: each takes its part of every batch, and all stay equal.

Every process draws and bends the same batches (the draws depend on seed, epoch and step alone), computes the logits of
its own part, and is told those of the others. The loss is therefore that of the whole batch, whatever its form, and
DistributedDataParallel adds the gradients up. Batch normalisation takes the statistics of the whole batch, too. The
first process alone writes and tells.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from digit_recognizer.errors import ConfigError, RunError
from digit_recognizer.training.arithmetic import ARITHMETICS, computing
from digit_recognizer.training.batches import Batch, Batches
from digit_recognizer.training.checkpoint import TrainState, packed, unpacked
from digit_recognizer.training.interrupt import Interrupt
from digit_recognizer.training.learner import Learner
from digit_recognizer.training.loop import Loop
from digit_recognizer.training.synchronised import synchronised

FEWEST = 2  # images of a part
Score = Callable[[nn.Module, Batches], float]


def rank() -> int:
    """The number of this process among those of torchrun, 0 for the first; 0 where it runs alone."""
    return int(os.environ["RANK"]) if _started_together() else 0


def first_here() -> bool:
    """Whether this process is the first of torchrun's on its machine, or runs alone."""
    return not _started_together() or os.environ["LOCAL_RANK"] == "0"


def _started_together() -> bool:
    """Whether torchrun started this process, and others with it."""
    return dist.is_available() and dist.is_torchelastic_launched() and int(os.environ.get("WORLD_SIZE", "1")) > 1


def own_device(device: torch.device, gpus: int | None = None) -> torch.device:
    """The device of this process: of several processes on one machine, each has a GPU of its own.

    gpus: of this machine, as torch counts them by default. Raises ConfigError where there are fewer than processes.
    """
    if not _started_together() or str(device) != "cuda":  # one with a number was chosen before
        return device
    number, wanted = int(os.environ["LOCAL_RANK"]), os.environ["LOCAL_WORLD_SIZE"]
    there = torch.cuda.device_count() if gpus is None else gpus
    if number >= there:
        raise ConfigError(
            f"{wanted} processes were started here, and there are {there} GPUs. Start as many as there are"
            " (torchrun --nproc-per-node), or train on the CPU.",
            see=("device",),
        )
    return torch.device("cuda", number)


@contextmanager
def joined(device: torch.device) -> Iterator[None]:
    """Within the block the processes that torchrun started work together; nothing where there is but one.

    Raises RunError where another one is lost.
    """
    join(device)
    try:
        yield
    except RuntimeError as error:
        if not isinstance(error, dist.DistError) and "gloo" not in str(error):
            raise
        raise RunError(
            f"Process {rank()} has lost the others. Saved work is kept: resume the run.", see=("resume",)
        ) from error


def join(device: torch.device) -> None:
    """Join the other processes, once and to the end: a second group would call the addresses that torch's store has
    kept of the first.
    """
    if not _started_together() or dist.is_initialized():
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" and dist.is_nccl_available() else "gloo")
    atexit.register(dist.destroy_process_group)


def arithmetic_of_all(arithmetic: str, device: torch.device) -> str:
    """The first process's arithmetic, for all of them: it is noted in run.json, and one sum is made of all parts."""
    if not dist.is_initialized():
        return arithmetic
    number = torch.tensor([ARITHMETICS.index(arithmetic)], device=device)
    dist.broadcast(number, 0)
    return ARITHMETICS[int(number)]


def share(loop: Loop, arithmetic: str) -> None:
    """Let the processes follow this loop together, from where the first one's stands."""
    if not dist.is_initialized():
        return
    loop.position = _as_the_first(loop.position, loop.learner)
    agreed = Interrupt()  # what one process heard, all do after the same step
    learner = loop.learner
    learner.forward = Together(learner.network, learner.device, loop.interrupt, agreed, arithmetic)
    loop.interrupt = agreed
    loop.score = together(loop.score)


def _as_the_first(position: TrainState, learner: Learner) -> TrainState:
    """The first process's position; its learner's state is put into the others' learners."""
    content = packed(position, learner) if dist.get_rank() == 0 else b""
    length = torch.tensor([len(content)], device=learner.device)
    dist.broadcast(length, 0)
    state = torch.empty(int(length), dtype=torch.uint8, device=learner.device)
    if content:
        state.copy_(torch.frombuffer(bytearray(content), dtype=torch.uint8))
    dist.broadcast(state, 0)
    return position if content else unpacked(state.cpu().numpy().tobytes(), learner)


class Together:
    """A network's forward pass, by all processes together: inputs (n, ...) -> logits (n, ...), the same in each."""

    def __init__(
        self, network: nn.Module, device: torch.device, heard: Interrupt, agreed: Interrupt, arithmetic: str
    ) -> None:
        parallel = DistributedDataParallel(network, device_ids=[device.index] if device.type == "cuda" else None)
        self.forward = computing(parallel, device, arithmetic)
        self.network, self.heard, self.agreed = network, heard, agreed

    def __call__(self, inputs: Tensor) -> Tensor:
        parts = inputs.tensor_split(dist.get_world_size())
        if len(parts[-1]) < FEWEST:
            return self.forward(inputs)  # too few to deal out: each process does all of it
        with synchronised(self.network):
            logits = self.forward(parts[dist.get_rank()])
        # DistributedDataParallel takes the mean over processes; of the parts of one loss the sum is wanted.
        logits.register_hook(lambda gradient: gradient * dist.get_world_size())
        every = self.gathered(logits.detach(), [len(part) for part in parts])
        every[dist.get_rank()] = logits
        return torch.cat(every)

    def gathered(self, own: Tensor, lengths: list[int]) -> list[Tensor]:
        """The logits of every process, each as long as its part; one row more tells who heard an interrupt."""
        sent = own.new_zeros(max(lengths) + 1, *own.shape[1:])
        sent[: len(own)] = own
        sent[-1] = float(self.heard.asked)
        received = [torch.empty_like(sent) for _ in lengths]
        dist.all_gather(received, sent)
        self.agreed.asked |= bool(torch.stack([each[-1] for each in received]).any())
        return [each[:length] for each, length in zip(received, lengths, strict=True)]


def together(score: Score) -> Score:
    """A score, the share of images that are right, for which each process looks at its own part of them, once."""

    def scored(network: nn.Module, batches: Batches) -> float:
        right = round(score(network, _Part(batches)) * len(batches))
        total = torch.tensor([right], device=next(network.parameters()).device)
        dist.all_reduce(total)
        return int(total) / len(batches)

    return scored


class _Part:
    """This process's part of each batch, under the length of the whole."""

    resumes_inside_epochs = False

    def __init__(self, batches: Batches) -> None:
        self.batches = batches

    def __len__(self) -> int:
        """Images of all processes."""
        return len(self.batches)

    def epoch(self, seed: int, epoch: int, first_step: int = 0) -> Iterator[Batch]:
        number, count = dist.get_rank(), dist.get_world_size()
        for inputs, labels in self.batches.epoch(seed, epoch, first_step):
            if len(own := inputs.tensor_split(count)[number]):
                yield own, labels.tensor_split(count)[number]
