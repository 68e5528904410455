"""`digits models`: what is shipped, for people and for programs, without torch."""

from __future__ import annotations

import json
import subprocess
import sys

from digit_recognizer.models import shipped_models
from digit_recognizer.models.cards import read_cards
from digit_recognizer.recognizer import DEFAULT_MODEL

WITHOUT_TORCH = """
import sys
for name in ("torch", "scipy", "sklearn", "safetensors", "matplotlib"):
    sys.modules[name] = None
from digit_recognizer.cli import main
main()
"""


def models(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT_TORCH, "models", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_each_model_with_size_accuracy_interval_and_speed() -> None:
    done = models("--json", "-")
    assert done.returncode == 0, done.stderr
    rows = {row["name"]: row for row in json.loads(done.stdout)["models"]}
    assert sorted(rows) == shipped_models()
    assert [name for name, row in rows.items() if row["default"]] == [DEFAULT_MODEL]
    for card in read_cards():
        row = rows[card.name]
        assert row["test"] == card.test
        assert row["test"]["interval"]["low"] < row["test"]["accuracy"] < row["test"]["interval"]["high"]
        assert row["speed"]["milliseconds"] > 0
        assert row["bytes"] > 4 * row["parameters"]


def test_the_words_name_every_model_and_the_default() -> None:
    done = models()
    assert done.returncode == 0, done.stderr
    for card in read_cards():
        assert card.purpose in " ".join(done.stdout.split())
        assert f"{100 * card.test['accuracy']:.2f} %" in done.stdout
    assert f"{DEFAULT_MODEL} (the default)" in done.stdout
