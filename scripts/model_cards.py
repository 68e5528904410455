"""A shipped model's card as a page of Markdown (Mitchell et al. 2019, Model Cards for Model Reporting)."""

from __future__ import annotations

from typing import Any

from accuracy_tables import between, over_seeds, percent, table
from digit_recognizer.data.printed import PRINTED
from digit_recognizer.models.cards import Card
from digit_recognizer.synthetic.printed_fonts import FAMILIES

FAILURES = """\
- Out-of-distribution pictures (letters, scribbles, digits turned upside down) are sometimes answered as digits.
  [accuracy.md](../accuracy.md) says how often.
- Several characters on one picture are mostly, not always, recognised as such and refused.
- Its probabilities are calibrated for images like MNIST's. For others, use `digits calibrate` with labelled pictures.
- The training digits were written in the United States around 1990. A 1 with a long upstroke and a crossed 7 are rare
  among them."""


FAILURES_OF = {
    "mixed": """
- The most frequent error on new fonts is a 4 read as a 1, where its slanted stroke is a blurred hairline.
- Its printed training digits were prepared by the former rules. The network that finds the writing today prepares them
  slightly differently.
- It was not trained on old-style figures (some as small as an x, some below the line), and on one family of
  seven-segment displays only."""
}
LEARNED_FROM = {
    "mnist": "MNIST's training images without validation and calibration: 50,000 images, 449 writers",
    "mixed": "MNIST's training images without validation and calibration (50,000 images, 449 writers), some of them"
    f" again, degraded as in phone photos, and {PRINTED.counts['train']:,} printed digits of {len(FAMILIES['train'])}"
    " font families, degraded in the same way (`--data mixed`)",
}
ELSEWHERE = {"printed": "printed, fonts not in training"}


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
| trained on | {LEARNED_FROM[card.data]} |
| seed | {card.seed}, the first listed |
| trained at commit | `{card.commit}` |
| training time | {duration(card.training_seconds)} on a busy machine ([on an idle one](../performance.md)) |
| weights' SHA-256 | `{card.weights_sha256}` |
| licence | MIT (the weights); the images are CC BY-SA 3.0 |

## Figures

{figures(card)}

The recipe was chosen on validation images; the exceptions are in
[the appendix](../accuracy-appendix.md#how-the-recipes-were-chosen), and so is every evaluation of the test split.

## Recipe

`digits train{data} --recipe {card.name} --seed {card.seed}` repeats the training. At the commit above it gives the same
weights, bit for bit{fonts}; at later commits the accuracy may differ by chance.

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
        shared = f"An ensemble: the probabilities of {names} are averaged. Each member has its own recipe:"
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
    return words + (f", then {fields['pool']} x {fields['pool']} max pooling" if fields["pool"] > 1 else "")


def duration(seconds: float) -> str:
    """Seconds or minutes."""
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
