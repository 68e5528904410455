"""Which data set is meant: the arguments of `load_dataset` as one frozen dataclass."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from digit_recognizer.data.catalogue import load_dataset
from digit_recognizer.data.spec import Dataset
from digit_recognizer.images import Preprocess


@dataclass(frozen=True)
class DataSettings:
    """A set's name, folder or table, and how it is loaded; `load_dataset` tells what each field means."""

    name: str | Path = "mnist"
    data_dir: str | Path | None = None
    unverified: str | Path | None = None
    positive: str | None = None
    preprocess: Preprocess | None = None

    def changed(
        self,
        name: str | Path | None = None,
        data_dir: str | Path | None = None,
        unverified: str | Path | None = None,
        positive: str | None = None,
    ) -> DataSettings:
        """The same with what is given; None leaves a field as it is."""
        return DataSettings(
            self.name if name is None else name,
            self.data_dir if data_dir is None else data_dir,
            self.unverified if unverified is None else unverified,
            self.positive if positive is None else positive,
            self.preprocess,
        )

    def load(self) -> Dataset:
        """The set. Raises what `load_dataset` raises."""
        return load_dataset(self.name, self.data_dir, self.preprocess, self.unverified, self.positive)
