"""The recipe `fast`, followed from start to end, reads the validation images as its card says."""

from __future__ import annotations

import pytest

from digit_recognizer import train
from digit_recognizer.models.cards import read_cards

pytestmark = pytest.mark.arithmetic


@pytest.mark.slow
def test_fast_repeats_what_its_card_states() -> None:
    (card,) = (each for each in read_cards() if each.name == "fast")
    accuracy = train("fast", "mnist", seed=card.seed, device="cpu").header.accuracy
    assert accuracy is not None
    assert accuracy["n"] == card.validation["n"]
    assert abs(accuracy["accuracy"] - card.validation["accuracy"]) < 0.005  # four deviations of its seeds
