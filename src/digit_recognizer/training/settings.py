"""What one training is told: the arguments of `train` as one frozen dataclass."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from digit_recognizer.data import Dataset, load_dataset
from digit_recognizer.errors import ConfigError
from digit_recognizer.training.any_recipe import AnyRecipe


@dataclass(frozen=True)
class TrainSettings:
    """By what recipe a network is trained, from which images, and where the run is kept."""

    recipe: str | AnyRecipe = "classic"  # a name ("auto" suits any set) or a recipe
    data: str | Path | Dataset = "mnist"  # a set's name, a folder of class folders, or a loaded set
    train_on: str = "train"  # or "train+validation", "all"
    seed: int = 0  # 0 to 2**63 - 1
    out: str | Path | None = None  # the run folder; None: nothing is written
    resume: bool = False  # go on with the run in `out`
    data_dir: str | Path | None = None  # where the named sets are; None: the user's cache folder
    device: str | None = None  # "cpu" or "cuda"; None: the GPU where there is one
    checkpoint_seconds: float = 60.0  # between two checkpoints inside an epoch

    def load(self) -> Dataset:
        """The set: loaded now, unless it was before. Raises what `load_dataset` raises."""
        return self.data if isinstance(self.data, Dataset) else load_dataset(self.data, self.data_dir)

    def check(self) -> None:
        """Raise ConfigError for a seed out of range, and for a run to resume that lies nowhere."""
        if not 0 <= self.seed < 2**63:
            raise ConfigError(f"The seed {self.seed} is out of range. Give a whole number from 0 to 2**63 - 1.")
        if self.resume and self.out is None:
            raise ConfigError("A run is resumed in its own folder. Name that folder as out.", see=("out",))
