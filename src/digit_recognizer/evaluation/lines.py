"""A line reader on labelled lines of one's own: what it reads, and its calibration on them."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.errors import DataError, ImageError
from digit_recognizer.images import read_picture
from digit_recognizer.images.lines import scaled_line
from digit_recognizer.models.ctc import log_likelihoods, most_probable
from digit_recognizer.models.line_reader import CHARACTERS, LineReader, Seen, log_probabilities
from digit_recognizer.statistics.selective import answer_table

Grey = NDArray[np.uint8]

LEAST = 100  # labelled lines that a calibration takes
_MOST = 100_000
_COLDEST, _WARMEST = 0.3, 10.0  # temperatures that are searched
_OOD_QUANTILE = 0.995  # share of the labelled lines that are not too strange


@dataclass(frozen=True)
class LabelledLines:
    """Crops of lines and what is written on them."""

    name: str
    crops: tuple[Grey, ...]  # (H, W) uint8 each
    texts: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """Of pictures and texts."""
        digest = hashlib.sha256()
        for crop, text in zip(self.crops, self.texts, strict=True):
            digest.update(str(crop.shape).encode() + np.ascontiguousarray(crop).tobytes() + text.encode())
        return digest.hexdigest()


def read_labelled_lines(table: Path) -> LabelledLines:
    """The lines that a CSV file with the columns file and text names; files lie beside it.

    Raises DataError for a table of another form, for a text with other characters than 0-9 . , - / : + % ( ), and for
    pictures that cannot be read: each is named.
    """
    try:
        with table.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{table}: cannot be read as CSV ({error}). Write it as UTF-8 with the header file,text."
        ) from error
    if not rows or not {"file", "text"} <= set(rows[0]):
        raise DataError(f"{table}: lacks rows with the columns file and text. Its first line must be: file,text")
    if len(rows) > _MOST:
        raise DataError(f"{table}: has {len(rows):,} rows; at most {_MOST:,} are read.")
    crops, texts = [], []
    for number, row in enumerate(rows, 2):
        text = (row["text"] or "").strip()
        if unknown := set(text) - set(CHARACTERS):
            raise DataError(f"{table}, line {number}: {text!r} holds {sorted(unknown)}; allowed are {CHARACTERS}.")
        try:
            crops.append(read_picture(table.parent / (row["file"] or "")))
        except ImageError as error:
            raise DataError(f"{table}, line {number}: {error}") from error
        texts.append(text)
    return LabelledLines(table.name, tuple(crops), tuple(texts))


def observe(reader: LineReader, lines: LabelledLines) -> list[Seen]:
    """What the network says of each line."""
    return reader.observe([scaled_line(crop) for crop in lines.crops])


def calibrate_lines(reader: LineReader, several: Sequence[LabelledLines]) -> dict[str, Any]:
    """Temperature, answer table and the highest usual energy, fitted on labelled lines, as a header keeps them.

    The temperature is that by which the log likelihood of the actual texts is greatest (Guo et al. 2017, for strings).
    Raises DataError for fewer than LEAST lines.
    """
    seen = [each for lines in several for each in observe(reader, lines)]
    texts = [text for lines in several for text in lines.texts]
    if len(texts) < LEAST:
        raise DataError(f"{len(texts)} labelled lines are too few to calibrate on. Give at least {LEAST}.")
    wanted = [tuple(reader.classes.index(character) for character in text) for text in texts]
    temperature = _fit_temperature(seen, wanted)
    read = [most_probable(log_probabilities(each.logits, temperature)) for each in seen]
    right = np.array([string == text for (string, _), text in zip(read, wanted, strict=True)])
    answers = answer_table(np.array([probability for _, probability in read]), right)
    energies = np.array([each.energy for each in seen])[right]
    return {
        "source": [{"name": each.name, "n": len(each.texts), "sha256": each.sha256} for each in several],
        "temperature": temperature,
        "answers": answers.to_dict(),
        "ood_limit": float(np.quantile(energies, _OOD_QUANTILE)) if len(energies) else None,
        "right": int(right.sum()),
    }


def _fit_temperature(seen: Sequence[Seen], wanted: Sequence[tuple[int, ...]]) -> float:
    from scipy.optimize import minimize_scalar

    def loss(log_temperature: float) -> float:
        total = 0.0
        for each, text in zip(seen, wanted, strict=True):
            logs = log_probabilities(each.logits, float(np.exp(log_temperature)))
            total -= max(-50.0, float(log_likelihoods(logs, np.array([text], np.int64))[0]))
        return total

    bounds = (np.log(_COLDEST), np.log(_WARMEST))
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-3})
    return float(np.exp(found.x))
