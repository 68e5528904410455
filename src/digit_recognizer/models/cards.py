"""What is known of each shipped model: its card, a small JSON file beside the weights."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from digit_recognizer.errors import ModelFileError
from digit_recognizer.models.locations import pretrained, shipped_models

SCHEMA = "digit-recognizer/card/1"


@dataclass(frozen=True)
class Card:
    """Facts that `scripts/ship_model.py` measured; the Markdown cards and `digits models` are written from them."""

    name: str
    purpose: str  # what it is for, one line
    parameters: int
    bytes: int  # of the file
    commit: str  # of the code that trained it
    recipe: dict[str, Any]
    seed: int
    training_seconds: float  # of the shipped seed, on the machine that the documents name
    validation: dict[str, Any]  # of MNIST: n, correct, accuracy, interval
    test: dict[str, Any]  # of MNIST: n, correct, accuracy, interval
    seeds: dict[str, Any] | None  # accuracies on test of several seeds of the recipe; None where only one was trained
    weights_sha256: str
    data: str = "mnist"  # the set that it learned from
    # The same figures of the other sets that it learned from: set -> "validation" and "test" -> figures.
    elsewhere: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def to_text(self) -> str:
        """The card as JSON."""
        return json.dumps({"schema": SCHEMA, **vars(self)}, indent=2) + "\n"


def card_path(name: str) -> Path:
    """Where the card of a shipped model lies."""
    return pretrained() / f"{name}.json"


def read_card(name: str) -> Card:
    """The card of a shipped model. Raises ModelFileError where it is absent or damaged."""
    path = card_path(name)
    try:
        fields = json.loads(path.read_text("utf-8"))
        if fields.pop("schema") != SCHEMA:
            raise ValueError("another schema")
        return Card(**fields)
    except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise ModelFileError(
            f"{path}: is not the card of a shipped model ({error}). Install the package again."
        ) from error


def read_cards() -> list[Card]:
    """The cards of all shipped models, the most accurate first."""
    return sorted(map(read_card, shipped_models()), key=lambda card: -card.test["accuracy"])
