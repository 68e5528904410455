"""The text that travels with the weights: what the model is, how pictures were prepared, where it comes from."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from digit_recognizer.data.class_names import as_numbers
from digit_recognizer.data.spec import TASKS
from digit_recognizer.errors import ModelFileError
from digit_recognizer.images import Preprocess
from digit_recognizer.statistics.selective import AnswerTable

SCHEMA = 6
_OTHER_WORDS = 5  # the schema before said the same in other words: it is read too
KEY = "digit_recognizer"  # of the safetensors metadata and of the ONNX metadata_props
MAX_CLASSES = 1000
_MAX_FEATURES = 2**20
_WARMEST = 1000.0  # of temperatures, and its inverse the coldest; fitting searches 0.02 to 50


@dataclass(frozen=True)
class ModelHeader:
    """A model file's header, the same in the safetensors file and in its ONNX form."""

    name: str
    architecture: dict[str, Any]
    preprocess: Preprocess
    class_names: tuple[str, ...]  # K names, in the order of the logits
    recipe: dict[str, Any]
    seed: int
    data: dict[str, Any]  # name, train_on, n, sha256 of what it learned from
    versions: dict[str, str]
    accuracy: dict[str, Any] | None  # split, n, correct, accuracy, interval; None where nothing was held out
    weights_sha256: str  # of the tensors: names, shapes and bytes
    calibration: dict[str, Any] | None = None  # evaluation.calibration.Calibration as a dict; None: not calibrated
    ood: dict[str, Any] | None = None  # of models.ood: features, axes, weight, sha256 of its tensors; or none
    task: str = "multi-class"  # as DatasetSpec has it
    positive: int | None = None  # the class that is looked for, where one of two is
    caveats: tuple[str, ...] = ()  # what every output of the model says
    schema: int = field(default=SCHEMA)

    @property
    def multi_label(self) -> bool:
        """Whether each logit stands for a label by itself, of which a picture may bear several."""
        return self.task == "multi-label"

    @cached_property
    def numbers(self) -> tuple[int, ...] | None:
        """The classes' names as whole numbers, in the order of the logits; None where some name is another word."""
        return as_numbers(self.class_names)

    def label_of(self, index: int) -> int:
        """A class's label in Python: the number that is its name, or its index where the names are other words."""
        return index if self.numbers is None else self.numbers[index]

    def shown(self, label: int) -> int | str:
        """What stands for the class of a label wherever one is shown or stored: its name, as a number where all are."""
        return self.class_names[label] if self.numbers is None else label

    def knows(self, labels: Iterable[int]) -> bool:
        """Whether each of some labels is that of a class."""
        return set(labels) <= set(map(self.label_of, range(len(self.class_names))))

    @property
    def temperature(self) -> float:
        """What logits are divided by before they become probabilities (Guo et al. 2017); 1 without calibration."""
        return float(self.calibration["temperature"]) if self.calibration else 1.0

    def to_text(self) -> str:
        """The header as JSON."""
        return json.dumps(asdict(self) | {"preprocess": self.preprocess.to_dict()}, sort_keys=True)

    @classmethod
    def from_text(cls, text: str) -> ModelHeader:
        """Read back from JSON. Raises ModelFileError, without the file's name, which the caller knows."""
        try:
            fields = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ModelFileError("its header is not JSON.") from error
        if not isinstance(fields, dict) or not isinstance(fields.get("schema"), int):
            raise ModelFileError("its header states no schema.")
        if fields["schema"] > SCHEMA:
            raise ModelFileError(
                f"it has schema {fields['schema']}; this version reads schema {SCHEMA}. Upgrade this package."
            )
        if fields["schema"] < _OTHER_WORDS:
            raise ModelFileError(
                f"it has schema {fields['schema']}; this version reads schema {SCHEMA}. Train the model again."
            )
        try:
            header = cls(
                **{
                    **_in_own_words(fields),
                    "preprocess": Preprocess.from_dict(fields["preprocess"]),
                    "class_names": tuple(str(name) for name in fields["class_names"]),
                    "caveats": tuple(str(each) for each in fields.get("caveats", ())),
                }
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ModelFileError(f"its header lacks a field or has an unknown one ({error}).") from error
        header.check()
        if not _all_finite(fields):
            raise ModelFileError("its header holds a number that is infinite, or none at all.")
        return header

    def check(self) -> None:
        """Raise ModelFileError where a field has another kind than this schema says."""
        dicts = (self.architecture, self.recipe, self.data, self.versions, self.accuracy or {})
        if not all(isinstance(value, dict) for value in dicts) or not isinstance(self.name, str):
            raise ModelFileError("its header has a field of the wrong kind.")
        if self.task not in TASKS or not (self.positive is None or self.positive in range(len(self.class_names))):
            raise ModelFileError("its task is unknown, or its positive class is not one of its classes.")
        if not (self.calibration is None or (isinstance(self.calibration, dict) and sound(self.calibration))):
            raise ModelFileError("its calibration states no temperature, or numbers that none can have.")
        if not (self.ood is None or (isinstance(self.ood, dict) and _possible_detector(self.ood))):
            raise ModelFileError("its OOD score has impossible sizes or an impossible weight.")
        if not 2 <= len(self.class_names) <= MAX_CLASSES:
            raise ModelFileError(f"it has {len(self.class_names)} classes; 2 to {MAX_CLASSES} are possible.")


def sound(calibration: dict[str, Any]) -> bool:
    """Whether a calibration states a temperature that logits can be divided by, and shares where it states some."""
    temperature, answers = calibration.get("temperature"), calibration.get("answers")
    try:
        if answers is not None:
            AnswerTable.from_dict(answers)
        float(calibration.get("ood_limit") or 0)
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return False
    return isinstance(temperature, float) and 1 / _WARMEST <= temperature <= _WARMEST


def _all_finite(value: Any) -> bool:
    """Whether all numbers within some JSON are finite."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, dict | list):
            left += each.values() if isinstance(each, dict) else each
        elif isinstance(each, float) and not math.isfinite(each):
            return False
    return True


def _in_own_words(fields: dict[str, Any]) -> dict[str, Any]:
    """A header's fields as this schema names them."""
    if fields["schema"] == SCHEMA:
        return fields
    calibration = fields["calibration"]
    if calibration is not None:
        calibration = {name: value for name, value in calibration.items() if name != "strangest"}
        calibration["ood_limit"] = fields["calibration"]["strangest"]
    kept = {name: value for name, value in fields.items() if name != "watch"}
    return {**kept, "calibration": calibration, "ood": fields["watch"], "schema": SCHEMA}


def _possible_detector(ood: dict[str, Any]) -> bool:
    """Whether an OOD detector states sizes that a network can have."""
    features, axes, weight = ood.get("features"), ood.get("axes"), ood.get("weight")
    sizes = type(features) is int and type(axes) is int and 0 < axes <= features <= _MAX_FEATURES
    return sizes and isinstance(weight, float) and 0 <= weight < math.inf
