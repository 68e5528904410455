"""A line reader calibrated on labelled lines: what is fitted, and which tables are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digit_recognizer.data import Dataset
from digit_recognizer.errors import DataError
from digit_recognizer.evaluation.lines import LabelledLines, calibrate_lines, observe, read_labelled_lines
from digit_recognizer.models.ctc import log_likelihoods, most_probable
from digit_recognizer.models.line_reader import LineReader, log_probabilities
from trials.strings import draw_string, plain

pytestmark = pytest.mark.arithmetic

N = 120


@pytest.fixture(scope="module")
def labelled(mnist: Dataset) -> LabelledLines:
    """Pairs of calibration digits, their boxes overlapping."""
    split, draw = mnist.split("calibration"), np.random.default_rng(0)
    crops, texts = [], []
    for picks in draw.integers(0, len(split), (N, 2)):
        line, _ = draw_string(split.take(picks), plain(0.1), draw)
        crops.append(np.asarray(255 - line, np.uint8))
        texts.append("".join(map(str, split.labels[picks])))
    return LabelledLines("pairs", tuple(crops), tuple(texts))


def test_the_temperature_makes_the_actual_texts_likeliest(line_reader: LineReader, labelled: LabelledLines) -> None:
    seen = observe(line_reader, labelled)
    fitted = calibrate_lines(line_reader, [labelled])

    def likelihood(temperature: float) -> float:
        return sum(
            float(log_likelihoods(log_probabilities(each.logits, temperature), np.array([list(map(int, text))]))[0])
            for each, text in zip(seen, labelled.texts, strict=True)
        )

    best = likelihood(fitted["temperature"])
    assert all(likelihood(fitted["temperature"] * factor) <= best + 1e-3 for factor in (0.8, 0.95, 1.05, 1.25))
    read = [most_probable(log_probabilities(each.logits, fitted["temperature"]))[0] for each in seen]
    right = sum("".join(map(str, string)) == text for string, text in zip(read, labelled.texts, strict=True))
    assert fitted["right"] == right
    assert fitted["answers"]["n"] == N
    assert fitted["answers"]["rows"][-1][1:3] == [N, N - right]
    assert fitted["source"] == [{"name": "pairs", "n": N, "sha256": labelled.sha256}]


def test_few_lines_are_refused(line_reader: LineReader, labelled: LabelledLines) -> None:
    few = LabelledLines("few", labelled.crops[:9], labelled.texts[:9])
    with pytest.raises(DataError, match="9 labelled lines are too few"):
        calibrate_lines(line_reader, [few])


def test_a_table_names_pictures_beside_it(tmp_path: Path) -> None:
    Image.fromarray(np.full((20, 50), 90, np.uint8)).save(tmp_path / "a.png")
    table = tmp_path / "lines.csv"
    table.write_text('file,text\na.png,"12,5"\n', "utf-8-sig")
    found = read_labelled_lines(table)
    assert found.texts == ("12,5",)
    assert found.crops[0].shape == (20, 50)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"file;text\na.png;1\n", "file,text"),
        (b"file,label\na.png,1\n", "file,text"),
        (b"file,text\n", "file,text"),
        (b"file,text\nabsent.png,1\n", "line 2: .*absent.png"),
        (b"file,text\nabsent.png,12x\n", "line 2: '12x'"),
        (b"file,text\n\xff\xfe,1\n", "cannot be read as CSV"),
    ],
)
def test_other_tables_are_refused(tmp_path: Path, content: bytes, said: str) -> None:
    table = tmp_path / "lines.csv"
    table.write_bytes(content)
    with pytest.raises(DataError, match=said):
        read_labelled_lines(table)
