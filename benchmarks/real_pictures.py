"""Single digits and pages of other people, as they put them into public repositories, for real.py."""

from __future__ import annotations

import csv
import statistics
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common import timed
from digit_recognizer import Recognizer
from digit_recognizer.images import read_picture
from digit_recognizer.models import shipped_models
from digit_recognizer.reading import read_page
from digit_recognizer.statistics.intervals import wilson
from trials.intervals import clopper_pearson
from trials.string_figures import edit_distance

PHOTOGRAPHS = {"single": ("a",), "pages": ("a", "b")}  # whose pictures are photographs
COUNTING = "c"  # whose pages count 0 to 9, in squares of SQUARE pixels
SQUARE = 28
Read = Callable[[NDArray[np.uint8]], tuple[str, bool]]  # a picture -> its text, and whether the reader is sure


def single_figures(folder: Path, peer: Read | None) -> dict[str, Any]:
    """Figures of the single digits in a folder: of each writer, of photographs, of all."""
    told = {"this project": figures_of_model("best", folder)}
    if peer is not None:
        others = [(row, *peer(read_picture(folder / row["file"]))) for row in rows_of(folder)]
        told["PP-OCRv6 small, restricted"] = by_writer(others, "single")
    return told


def model_figures(folder: Path) -> dict[str, Any]:
    """Figures of the single digits in a folder, all together, of each shipped model."""
    found = {name: figures_of_model(name, folder) for name in shipped_models()}
    return {name: each["all"] | {"milliseconds": each["milliseconds"]} for name, each in found.items()}


def figures_of_model(name: str, folder: Path) -> dict[str, Any]:
    """A shipped model's figures of the single digits in a folder, and its milliseconds a picture."""
    rows = rows_of(folder)
    recognizer = Recognizer.load(name)
    recognizer.predict([folder / rows[0]["file"]])  # warm
    seconds, found = [], []
    for row in rows:
        (each,), took = timed(partial(recognizer.predict, [folder / row["file"]]))
        seconds.append(took)
        found.append((row, str(each.label), each.status == "ok"))
    return by_writer(found, "single") | {"milliseconds": 1000 * statistics.median(seconds)}


def page_figures(folder: Path) -> dict[str, Any]:
    """Figures of the pages in a folder: edits of their digits, and numbers that are sure; also with digits shuffled."""
    recognizer = Recognizer.load("mixed")
    told: dict[str, Any] = {"as they are": {}, "shuffled": {}}
    for row in rows_of(folder):
        label = row["label"].replace(" / ", " ")
        told["as they are"][row["file"]] = one_page(read_picture(folder / row["file"]), label, recognizer)
        if row["writer"] == COUNTING:
            picture, digits = shuffled(read_picture(folder / row["file"]), label)
            told["shuffled"][row["file"]] = one_page(picture, digits, recognizer)
    photographs = [each for name, each in told["as they are"].items() if name[0] in PHOTOGRAPHS["pages"]]
    return told | {"all": summed(list(told["as they are"].values())), "photographs": summed(photographs)}


def shuffled(page: NDArray[np.uint8], label: str) -> tuple[NDArray[np.uint8], str]:
    """A page of squares with its squares in another order, and what stands on it then."""
    digits = label.split()
    across, down = page.shape[1] // SQUARE, page.shape[0] // SQUARE
    squares = page[: down * SQUARE, : across * SQUARE].reshape(down, SQUARE, across, SQUARE).swapaxes(1, 2)
    order = np.random.default_rng(0).permutation(down * across)
    mixed = squares.reshape(-1, SQUARE, SQUARE)[order].reshape(down, across, SQUARE, SQUARE)
    return np.ascontiguousarray(mixed.swapaxes(1, 2).reshape(down * SQUARE, -1)), " ".join(digits[i] for i in order)


def one_page(page: NDArray[np.uint8], label: str, recognizer: Recognizer) -> dict[str, Any]:
    """Edits of a page's digits, and its sure numbers; one that stands nowhere in the label is wrong."""
    found, seconds = timed(lambda: read_page(page, recognizer))
    numbers = found.numbers
    wanted, read = label.replace(" ", ""), "".join(filter(str.isdigit, "".join(each.text for each in numbers)))
    sure = [each.text for each in numbers if each.status == "ok"]
    wrong = [text for text in sure if text not in label.split() and text not in wanted]
    counts = {"digits": len(wanted), "edits": edit_distance(read, wanted), "sure_digits": sum(map(len, sure))}
    return counts | {"sure_and_wrong": wrong, "seconds": seconds}


def summed(pages: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The counts of several pages."""
    total = {key: sum(page[key] for page in pages) for key in ("digits", "edits", "sure_digits")}
    empty = sum(page["edits"] == page["digits"] for page in pages)
    return total | {"pages": len(pages), "empty": empty, "wrong": sum(len(page["sure_and_wrong"]) for page in pages)}


def by_writer(found: Sequence[tuple[dict[str, str], str, bool]], kind: str) -> dict[str, Any]:
    """Counts of each writer, of photographs and of all, and the mean of the writers."""
    writers = sorted({row["writer"] for row, _, _ in found})
    each = {writer: counted([one for one in found if one[0]["writer"] == writer]) for writer in writers}
    photographs = counted([one for one in found if one[0]["writer"] in PHOTOGRAPHS[kind]])
    return {
        "writers": each,
        "photographs": photographs,
        "all": counted(found),
        "mean": {
            key: statistics.mean(told[key] / told["n"] for told in each.values()) for key in ("right", "answered")
        },
        "not_right": [f"{row['file']}: {row['label']} as {text}" for row, text, _ in found if text != row["label"]],
    }


def counted(found: Sequence[tuple[dict[str, str], str, bool]]) -> dict[str, Any]:
    """How many are right, answered, and answered wrongly."""
    right = sum(text == row["label"] for row, text, _ in found)
    answered = [(row, text) for row, text, sure in found if sure]
    wrong = sum(text != row["label"] for row, text in answered)
    return {
        "n": len(found),
        "right": right,
        "interval": wilson(right, len(found)).to_dict(),
        "answered": len(answered),
        "wrong": wrong,
        "wrong_interval": clopper_pearson(wrong, len(answered)).to_dict(),
    }


def rows_of(folder: Path) -> list[dict[str, str]]:
    """The rows of a folder's labels.csv: file, label, writer."""
    with (folder / "labels.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def in_words(told: dict[str, Any], pages: dict[str, Any]) -> list[str]:
    """The figures as lines of text."""
    lines = []
    for name, each in told.items():
        lines.append(
            f"{name}, single digits: right {100 * each['mean']['right']:.1f} % in the mean of {len(each['writers'])}"
            f" writers, answered {100 * each['mean']['answered']:.1f} %; of all {each['all']['n']} right"
            f" {each['all']['right']}, answered {each['all']['answered']}, of them wrong {each['all']['wrong']};"
            f" photographs {each['photographs']['right']} of {each['photographs']['n']}"
        )
    whole, photographs = pages["all"], pages["photographs"]
    again = summed(list(pages["shuffled"].values()))
    lines.append(
        f"this project, pages: {whole['edits']} edits of {whole['digits']} digits on {whole['pages']} pages,"
        f" {whole['empty']} empty; {whole['sure_digits']} digits sure, {whole['wrong']} numbers sure and wrong;"
        f" photographs {photographs['edits']} of {photographs['digits']};"
        f" shuffled {again['edits']} of {again['digits']}"
    )
    return lines
