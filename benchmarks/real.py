"""Real pictures: cells of clinics' logbooks, single digits and pages, read by this project and its peers in one run.

    python benchmarks/real.py DATA [--choosing] [--model NAME|FILE|RUN] [--json FILE|-]

Lines are read in turn, on one thread each. DATA holds real-pictures/ (single/ and pages/, a labels.csv each; see
real_pictures.py) and logbook-cells/: grey pictures and labels.csv with the columns file and label. Networks are chosen
and thresholds fitted on cells whose file number is 5 mod 25 (--choosing); figures are of those 12 mod 25. PP-OCRv6
takes part where the package rapidocr is installed, Tesseract where its command is. Doubtful labels are listed in
real_labels.json; figures are given with them and without.
"""

from __future__ import annotations

import csv
import json
import shutil
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common import parser, say, timed, write
from digit_recognizer.images import read_picture
from digit_recognizer.models.line_reader import LineReader, load_line_reader
from digit_recognizer.models.locations import LINE_READERS
from digit_recognizer.reading import read_line
from digit_recognizer.statistics.intervals import wilson
from real_peers import pp_ocr, tesseract
from real_pictures import in_words, model_figures, page_figures, single_figures
from trials.intervals import clopper_pearson

CHOOSING, GOAL, PARTS = 5, 12, 25
Read = Callable[[NDArray[np.uint8]], tuple[str, bool]]  # a crop -> its text, and whether the reader is sure


@dataclass(frozen=True)
class Cell:
    """One picture and what is written on it."""

    file: str
    crop: NDArray[np.uint8]
    label: str

    @property
    def whole(self) -> bool:
        """Whether it is a whole number without any sign."""
        return self.label.isdigit()


@dataclass(frozen=True)
class Answer:
    """What a reader made of a cell."""

    cell: Cell
    text: str
    sure: bool
    seconds: float

    @property
    def exact(self) -> bool:
        """Whether every character is right."""
        return self.text == self.cell.label

    @property
    def right(self) -> bool:
        """Whether it is, a comma counted as a point."""
        return self.text.replace(",", ".") == self.cell.label.replace(",", ".")

    @property
    def digits_right(self) -> bool:
        """Whether its digits are."""
        read, wanted = (["".join(filter(str.isdigit, text))] for text in (self.text, self.cell.label))
        return read == wanted


def cells_of(folder: Path, part: int) -> list[Cell]:
    """The cells whose file number is `part` mod 25, by number."""
    with (folder / "labels.csv").open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if int(Path(row["file"]).stem) % PARTS == part]
    rows.sort(key=lambda row: int(Path(row["file"]).stem))
    return [Cell(row["file"], read_picture(folder / row["file"]), row["label"]) for row in rows]


def ours(reader: LineReader) -> Read:
    """This project's line reader."""

    def read(crop: NDArray[np.uint8]) -> tuple[str, bool]:
        line = read_line(crop, reader)
        return line.text, line.status == "ok"

    return read


def answers_of(readers: dict[str, Read], cells: Sequence[Cell]) -> dict[str, list[Answer]]:
    """What each reader makes of each cell, the readers in turn at every cell."""
    found: dict[str, list[Answer]] = {name: [] for name in readers}
    for read in readers.values():
        read(cells[0].crop)  # warm
    for cell in cells:
        for name, read in readers.items():
            (text, sure), seconds = timed(partial(read, cell.crop))
            found[name].append(Answer(cell, text, sure, seconds))
    return found


def figures_of(answers: Sequence[Answer]) -> dict[str, Any]:
    """One reader's figures."""
    whole = [each for each in answers if each.cell.whole]
    signed = [each for each in answers if not each.cell.whole]
    lengths = sorted({len(each.cell.label) for each in whole})
    return {
        "whole": counted([each.exact for each in whole]),
        "signed_exactly": counted([each.exact for each in signed]),
        "signed_comma_as_point": counted([each.right for each in signed]),
        "signed_digits": counted([each.digits_right for each in signed]),
        "whole_sure": sureness(whole),
        "signed_sure": sureness(signed),
        "sure_by_length": {
            str(length): sureness([each for each in whole if len(each.cell.label) == length]) for length in lengths
        },
        "milliseconds": 1000 * statistics.median(each.seconds for each in answers),
    }


def counted(right: Sequence[bool]) -> dict[str, Any]:
    """Right of all, with Wilson's interval."""
    return {"n": len(right), "right": sum(right), "interval": wilson(sum(right), len(right)).to_dict()}


def sureness(answers: Sequence[Answer]) -> dict[str, Any]:
    """How many are sure, and how many of those wrong (a comma counted as a point), with the exact interval."""
    sure = [each for each in answers if each.sure]
    wrong = [each for each in sure if not each.right]
    bound = clopper_pearson(len(wrong), len(sure)).to_dict()
    told = [f"{each.cell.file}: {each.cell.label} read as {each.text}" for each in wrong]
    return {"n": len(answers), "sure": len(sure), "wrong": len(wrong), "interval": bound, "which": told}


def line_in_words(name: str, told: dict[str, Any]) -> str:
    """One row of the table."""

    def share(counts: dict[str, Any], what: str = "right") -> str:
        return f"{counts[what]} of {counts['n']} ({100 * counts[what] / max(1, counts['n']):.1f} %)"

    sure, signed = told["whole_sure"], told["signed_sure"]
    return (
        f"{name}: whole numbers {share(told['whole'])}; with signs exactly {share(told['signed_exactly'])}, comma as"
        f" point {share(told['signed_comma_as_point'])}, their digits {share(told['signed_digits'])}; sure"
        f" {share(sure, 'sure')} and {share(signed, 'sure')}, of them wrong {sure['wrong']} and {signed['wrong']};"
        f" {told['milliseconds']:.1f} ms a cell"
    )


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("data", type=Path, help="the folder that holds logbook-cells")
    arguments.add_argument("--choosing", action="store_true", help="the cells that networks are chosen on")
    arguments.add_argument("--model", type=Path, default=Path(LINE_READERS[0]), help="a line reader; the shipped one")
    options = arguments.parse_args()
    part = CHOOSING if options.choosing else GOAL
    cells = cells_of(options.data / "logbook-cells", part)
    reader = load_line_reader(options.model, threads=1)
    readers = {"this project": ours(reader)}
    if (peer := pp_ocr()) is not None:
        readers["PP-OCRv6 small, restricted"] = peer
    if shutil.which("tesseract"):
        readers["Tesseract"] = tesseract
    answers = answers_of(readers, cells)
    doubtful = json.loads((Path(__file__).parent / "real_labels.json").read_text())[str(part)]
    result: dict[str, Any] = {"part": f"file number {part} mod {PARTS}", "n": len(cells), "doubtful": len(doubtful)}
    result["weights_sha256"] = reader.model.header.weights_sha256
    for name, all_of_it in answers.items():
        clear = [each for each in all_of_it if each.cell.file not in doubtful]
        result[name] = {"all": figures_of(all_of_it), "without_doubtful": figures_of(clear)}
        say(line_in_words(name, result[name]["all"]))
        say(f"  without {len(doubtful)} doubtful labels: {line_in_words(name, result[name]['without_doubtful'])}")
    pictures = options.data / "real-pictures"
    result["singles"] = singles = single_figures(pictures / "single", readers.get("PP-OCRv6 small, restricted"))
    result["models"] = model_figures(pictures / "single")
    result["pages"] = pages = page_figures(pictures / "pages")
    for line in in_words(singles, pages):
        say(line)
    write(result, options.json)


if __name__ == "__main__":
    main()
