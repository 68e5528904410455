"""What there is to learn from, as arrays in memory or as pictures on disk."""

from digit_recognizer.data.catalogue import SPECS, Listing, list_datasets, load_dataset
from digit_recognizer.data.spec import SPLITS, TRAIN_ON, ArraySplit, Dataset, DatasetSpec, Split

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
