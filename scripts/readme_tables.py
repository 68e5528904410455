"""The README's tables: accuracy on pictures of other people, and the shipped models."""

from __future__ import annotations

from collections.abc import Callable

from accuracy_tables import between, percent, table
from digit_recognizer.models.cards import read_cards
from results import read


def real_short() -> str:
    """The README's rows: what is right on other people's pictures, what is `ok`, and what of that is wrong."""
    measured = read("real")
    ours, peer = (measured[name]["all"] for name in ("this project", "PP-OCRv6 small, restricted"))
    singles = {name: each["all"] for name, each in measured["singles"].items()}
    pages = measured["pages"]["all"]

    rows = [
        [
            "single digits by nine people",
            of(singles["this project"]["right"], singles["this project"]["n"]),
            of(singles["this project"]["answered"], singles["this project"]["n"]),
            f"{singles['this project']['wrong']} of {singles['this project']['answered']}",
            f"{100 * singles['PP-OCRv6 small, restricted']['right'] / singles['this project']['n']:.1f} %",
        ],
        [
            f"digits on {pages['pages']} pages",
            of(pages["digits"] - pages["edits"], pages["digits"]),
            of(pages["sure_digits"], pages["digits"]),
            f"{pages['wrong']} number{'s' if pages['wrong'] != 1 else ''}",
            "",
        ],
    ]
    for name, what, sure in (
        ("whole numbers in logbooks of clinics", "whole", "whole_sure"),
        ("the same, with comma, point or minus", "signed_exactly", "signed_sure"),
    ):
        rows.append(
            [
                name,
                of(ours[what]["right"], ours[what]["n"]),
                of(ours[sure]["sure"], ours[sure]["n"]),
                f"{ours[sure]['wrong']} of {ours[sure]['sure']}",
                f"{100 * peer[what]['right'] / peer[what]['n']:.1f} %",
            ]
        )
    return table(["pictures", "correct", "status `ok`", "wrong among the `ok`", "PP-OCRv6 small, correct"], rows)


def models_short() -> str:
    """What is shipped, the most accurate first: description, size, accuracy on MNIST and on real pictures, speed."""
    real = read("real")["models"]
    rows = [
        [
            f"[`{card.name}`](docs/models/{card.name}.md)",
            card.purpose,
            f"{card.bytes / 1e6:.1f} MB",
            f"{percent(card.test['accuracy'])} % ({between(card.test['interval'])})",
            f"{real[card.name]['right']}, {real[card.name]['answered']}, {real[card.name]['wrong']}",
            f"{real[card.name]['milliseconds']:.0f}",
        ]
        for card in read_cards()
    ]
    n = next(iter(real.values()))["n"]
    head = ["model", "description", "file", "accuracy on MNIST's test images (95 % interval)"]
    return table([*head, f"of {n} real digits: correct, `ok`, wrong among the `ok`", "ms a picture"], rows)


def of(part: int, whole: int) -> str:
    """A share in per cent, and of how many."""
    return f"{100 * part / whole:.1f} % of {whole}"


BLOCKS: dict[str, Callable[[], str]] = {"real-short": real_short, "models-short": models_short}
