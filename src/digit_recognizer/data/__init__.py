"""What there is to learn from, as arrays in memory or as pictures on disk."""

from typing import TYPE_CHECKING

from digit_recognizer.lazy import resolver

_CATALOGUE = ("SPECS", "Listing", "list_datasets", "load_dataset")
_SPEC = ("SPLITS", "TRAIN_ON", "ArraySplit", "Dataset", "DatasetSpec", "Split")
__all__ = [
    "SPECS",
    "SPLITS",
    "TRAIN_ON",
    "ArraySplit",
    "Dataset",
    "DatasetSpec",
    "Listing",
    "Split",
    "list_datasets",
    "load_dataset",
]

if TYPE_CHECKING:
    from digit_recognizer.data.catalogue import SPECS as SPECS
    from digit_recognizer.data.catalogue import Listing as Listing
    from digit_recognizer.data.catalogue import list_datasets as list_datasets
    from digit_recognizer.data.catalogue import load_dataset as load_dataset
    from digit_recognizer.data.spec import SPLITS as SPLITS
    from digit_recognizer.data.spec import TRAIN_ON as TRAIN_ON
    from digit_recognizer.data.spec import ArraySplit as ArraySplit
    from digit_recognizer.data.spec import Dataset as Dataset
    from digit_recognizer.data.spec import DatasetSpec as DatasetSpec
    from digit_recognizer.data.spec import Split as Split

__getattr__ = resolver(__name__, dict.fromkeys(_CATALOGUE, "catalogue") | dict.fromkeys(_SPEC, "spec"))
