"""A shipped model's card as a page of Markdown (Mitchell et al. 2019, Model Cards for Model Reporting)."""

from __future__ import annotations

from typing import Any

from accuracy_tables import between, over_seeds, percent, table
from digit_recognizer.data.printed import PRINTED
from digit_recognizer.models.cards import Card
from digit_recognizer.synthetic.printed_fonts import FAMILIES

FAILURES = """\
- A letter, a scribble or a digit held upside down is sometimes answered all the same (docs/accuracy.md: how often).
- Its probabilities mean what they say on images like MNIST's; for others, `digits calibrate` with labelled ones.
- Of letters that look like digits some are answered as such; several characters on one picture are told apart mostly.
- It learned from people in the United States around 1990: a 1 with a long upstroke or a crossed 7 was rare there."""


FAILURES_OF = {
    "mixed": """
- Of printed digits of new fonts it takes a 4 whose slanted stroke is a blurred hairline for a 1 more often than any
  other.
- It learned from printed digits that earlier rules prepared. The network that finds writing now prepares them a little
  differently.
- Old-style figures, some as small as an x and some hanging below the line, were not learned; of seven-segment displays
  it knows one family."""
}
LEARNED_FROM = {
    "mnist": "MNIST's training images less validation and calibration: 50,000 images, 449 writers",
    "mixed": "MNIST's training images less validation and calibration (50,000 images, 449 writers), some of them once"
    f" more as phones' photos show them, and {PRINTED.counts['train']:,} printed digits of {len(FAMILIES['train'])}"
    " font families, drawn and spoilt as these photos are (`--data mixed`)",
}
ELSEWHERE = {"printed": "printed, fonts not learned from"}


def card_page(card: Card) -> str:
    """The page."""
    alone = card.data == "mnist"
    data, fonts = ("", "") if alone else (f" --data {card.data}", " (with the same versions of the fonts)")
    return f"""# `{card.name}`

{card.purpose}

| | |
|---|---|
| input | (N, 1, 28, 28) float32: MNIST's form, normalised to -1..1 (`Preprocess`, in the file) |
| output | logits (N, 10): the digits 0 to 9 |
| weights | {card.parameters:,}, {card.bytes / 1e6:.2f} MB as ONNX |
| learned from | {LEARNED_FROM[card.data]} |
| seed | {card.seed}, the first listed |
| trained at commit | `{card.commit}` |
| training took | {duration(card.training_seconds)} (with other programs running; docs/performance.md has quiet times) |
| weights' SHA-256 | `{card.weights_sha256}` |
| licence | MIT (the weights); the images are CC BY-SA 3.0 |

## Figures

{figures(card)}

Choices were made on validation images, but for one that [accuracy.md](../accuracy.md) names. It logs every look at the
test images, the discarded ones included.

## Recipe

`digits train{data} --recipe {card.name} --seed {card.seed}` follows it: at the commit above to the same
bits{fonts}, later within what chance moves.

{recipe(card.recipe)}

## Known failures

{FAILURES}{FAILURES_OF.get(card.name, "")}
"""


def figures(card: Card) -> str:
    """Accuracy on validation and test images, and over seeds."""
    mnist = [("validation", card.validation), ("test", card.test)]
    others = [
        (f"{ELSEWHERE[name]}: {split}", found) for name, each in card.elsewhere.items() for split, found in each.items()
    ]
    rows = [
        [
            f"{what}, {found['n']:,} images",
            f"{found['correct']:,}",
            f"{percent(found['accuracy'])} %",
            between(found["interval"]),
        ]
        for what, found in [*((f"MNIST: {split}" if others else split, found) for split, found in mnist), *others]
    ]
    made = table(["images", "correct", "accuracy", "95 % interval (Wilson)"], rows)
    return f"{made}\n\nTest images, mean ± standard deviation over seeds: {over_seeds(card)}."


def recipe(fields: dict[str, Any]) -> str:
    """The recipe's fields, or its members' names."""
    if "members" in fields:
        names = ", ".join(f"`{member['name']}`" for member in fields["members"])
        shared = f"Networks whose probabilities are averaged: {names}. Each by its own recipe:"
        return "\n\n".join([shared, *(f"### {each['name']}\n\n{recipe(each)}" for each in fields["members"])])
    rows = [[name.replace("_", " "), value(each)] for name, each in fields.items() if name != "name" and each]
    return table(["setting", "value"], rows)


def value(setting: Any) -> str:
    """A setting in words."""
    if isinstance(setting, dict):
        return ", ".join(f"{name} {each}" for name, each in setting.items())
    if isinstance(setting, list) and setting and isinstance(setting[0], dict):
        return "<br>".join(map(layer, setting))
    return ", ".join(map(str, setting)) if isinstance(setting, list) else str(setting)


def layer(fields: dict[str, int]) -> str:
    """One convolution in words."""
    words = f"{fields['channels']} filters of {fields['kernel']} x {fields['kernel']}"
    words += f", stride {fields['stride']}" if fields["stride"] > 1 else ""
    words += f", padding {fields['padding']}" if fields["padding"] else ""
    return words + (f", then {fields['pool']} x {fields['pool']} maxima" if fields["pool"] > 1 else "")


def duration(seconds: float) -> str:
    """Seconds or minutes."""
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
