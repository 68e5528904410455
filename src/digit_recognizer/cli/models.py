"""`digits models`: what is shipped, how large, how accurate, how fast here."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

from digit_recognizer.cli.options import Json

if TYPE_CHECKING:
    from digit_recognizer.models import Model

_WARM_UP, _CALLS = 5, 50


def models(json: Json = None) -> None:
    """List the shipped models: size, accuracy on the MNIST test images with its interval, and speed on this machine."""
    from digit_recognizer.cli.output import write_json
    from digit_recognizer.models import load_model
    from digit_recognizer.models.cards import read_cards
    from digit_recognizer.recognizer import DEFAULT_MODEL

    rows: list[dict[str, Any]] = []
    for card in read_cards():
        speed = {"milliseconds": milliseconds(load_model(card.name)), "calls": _CALLS}
        rows.append(vars(card) | {"default": card.name == DEFAULT_MODEL, "speed": speed})
    if json:
        write_json(json, {"schema": "digit-recognizer/models/1", "models": rows})
    if json != "-":
        _print_models(rows)


def milliseconds(model: Model) -> float:
    """The median time that the network takes for one image on this machine, now."""
    import numpy as np

    size = model.preprocess.size
    image = np.zeros((1, size, size), np.uint8)
    times = []
    for _ in range(_WARM_UP + _CALLS):
        began = time.perf_counter()
        model.logits(image)
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times[_WARM_UP:])


def _print_models(rows: list[dict[str, Any]]) -> None:
    """A block a model, narrow enough for a telephone."""
    from rich.table import Table

    from digit_recognizer.cli.output import answers

    for row in rows:
        title = f"{row['name']} (the default)" if row["default"] else row["name"]
        table = Table(show_header=False, box=None, title=title, title_justify="left", title_style="bold")
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        table.add_row("for", row["purpose"])
        table.add_row("size", f"{row['parameters']:,} weights, {row['bytes'] / 1e6:.2f} MB")
        table.add_row("accuracy", _score_in_words(row["test"], "MNIST"))
        for name, figures in row["elsewhere"].items():
            table.add_row("", _score_in_words(figures["test"], name))
        speed = row["speed"]
        table.add_row(
            "speed", f"{speed['milliseconds']:.2f} ms per picture on this machine (median of {speed['calls']} calls)"
        )
        answers().print(table)
    answers().print("Use one: digits predict PICTURE --model NAME. Their cards: docs/models")


def _score_in_words(figures: dict[str, Any], data: str) -> str:
    """An accuracy on test images with its interval."""
    low, high = (100 * figures["interval"][end] for end in ("low", "high"))
    return (
        f"{100 * figures['accuracy']:.2f} % of {figures['n']:,} {data} test images"
        f" (95% interval {low:.2f} to {high:.2f} %)"
    )
