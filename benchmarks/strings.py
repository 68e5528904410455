"""How well the line reader reads strings of MNIST's digits, lengths 1 to 12, neighbouring boxes overlapping or not.

The strings are made by trials/strings.py of the digits of one split, drawn by the seed in trials/string_figures.py:
digits as they are, boxes overlapping by 0, 10 and 25 % of the mean width of the two; with --hard also leaned, turned,
scaled, ruled, dirty and broken. Validation digits unless --split test is given, which is a logged evaluation.

    python benchmarks/strings.py [--model NAME|FILE|RUN] [--split NAME] [--each N] [--lengths N ...] [--hard]
                                 [--rendered DATA] [--json FILE|-]

With --rendered instead lines rendered from the pen strokes of UNIPEN's contributors that are held back (DATA/unipen).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from common import parser, report, say
from digit_recognizer import load_dataset
from digit_recognizer.models.line_reader import CHARACTERS, LineReader, load_line_reader
from digit_recognizer.models.locations import LINE_READERS
from digit_recognizer.reading.line import read_crops
from digit_recognizer.statistics.intervals import wilson
from digit_recognizer.synthetic.lines import line_picture
from digit_recognizer.training.line_sources import held_out_sources
from trials.string_figures import EACH, LENGTHS, SEED, StringFigures, score_strings
from trials.strings import hard, plain


def measure(reader: LineReader, split: str, each: int, lengths: list[int], *, hardly: bool) -> dict[str, Any]:
    """The figures of every length and overlap."""
    found, test_evaluations = score_strings(
        reader, load_dataset("mnist"), split, lengths=lengths, each=each, styled=hard if hardly else plain
    )
    for figures in found:
        say(in_words(figures))
    return {
        "model": reader.model.header.name,
        "weights_sha256": reader.model.header.weights_sha256,
        "split": split,
        "test_evaluations": test_evaluations,
        "style": "hard" if hardly else "plain",
        "seed": SEED,
        "strings": [figures.to_dict() for figures in found],
    }


def rendered(reader: LineReader, data: Path, count: int) -> dict[str, Any]:
    """The share of rendered lines of unseen people that are read wholly right, and of the sure ones."""
    dataset = load_dataset("mnist", data)
    sources = held_out_sources(dataset, dataset.split("validation"))
    pictures = [line_picture(sources, (SEED, place)) for place in range(count)]
    shown = [each for each in pictures if set(each.text) <= set(CHARACTERS)]
    read = read_crops([each.image for each in shown], reader, [""] * len(shown))
    pairs = list(zip(read, shown, strict=True))
    right = sum(line.text == picture.text for line, picture in pairs)
    sure = [line.text == picture.text for line, picture in pairs if line.status == "ok"]
    found = {"n": len(shown), "right": right, "sure": len(sure), "wrong_and_sure": len(sure) - sum(sure)}
    low, high = (100 * wilson(right, len(shown)).to_dict()[end] for end in ("low", "high"))
    say(
        f"{right} of {len(shown)} rendered lines wholly right: {100 * right / len(shown):.2f} % ({low:.2f} to"
        f" {high:.2f} %); {len(sure)} sure, {found['wrong_and_sure']} of them wrong"
    )
    return found | {"interval": wilson(right, len(shown)).to_dict()}


def in_words(figures: StringFigures) -> str:
    """One row."""
    told = figures.to_dict()
    low, high = (100 * told["interval"][end] for end in ("low", "high"))
    errors = 100 * told["digit_error_rate"]
    return (
        f"{figures.length:2} digits, overlap {100 * figures.overlap:2.0f} %: {100 * told['share_right']:.2f} % of"
        f" {figures.n} wholly right ({low:.2f} to {high:.2f} %), digit error rate {errors:.2f} %"
    )


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("--model", type=Path, default=Path(LINE_READERS[0]), help="a line reader; the shipped one")
    arguments.add_argument("--split", default="validation", help="test is a look, and noted")
    arguments.add_argument("--each", type=int, default=EACH, metavar="N", help="strings of a length and an overlap")
    arguments.add_argument("--lengths", type=int, nargs="+", default=list(LENGTHS), metavar="N")
    arguments.add_argument("--hard", action="store_true", help="leaned, turned, scaled, ruled, dirty and broken too")
    arguments.add_argument("--rendered", type=Path, metavar="DATA", help="lines of unseen people's pen strokes")
    options = arguments.parse_args()
    reader = load_line_reader(options.model)
    if options.rendered:
        report({"rendered": rendered(reader, options.rendered, options.each)}, options.json)
        return
    result = measure(reader, options.split, options.each, options.lengths, hardly=options.hard)
    report({"line_reader": result}, options.json)


if __name__ == "__main__":
    main()
