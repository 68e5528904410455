"""The half of `digits calibrate` that is for line readers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SCHEMA = "digit-recognizer/line-calibration/1"


def is_table_of_lines(data: str) -> bool:
    """Whether data are a CSV file of lines: its header names the columns file and text."""
    path = Path(data)
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    with path.open("rb") as file:
        columns = file.readline(1000).decode("utf-8-sig", "replace").strip().replace('"', "").split(",")
    return {"file", "text"} <= {column.strip() for column in columns}


def print_calibrated_lines(model: str, data: str, out: Path, json: str | None, *, quiet: bool) -> None:
    """Calibrate a line reader on the labelled lines of a CSV file and write it to `out`."""
    from digit_recognizer.cli.output import answers, write_json
    from digit_recognizer.errors import ConfigError
    from digit_recognizer.evaluation.lines import calibrate_lines, read_labelled_lines
    from digit_recognizer.models.line_reader import load_line_reader
    from digit_recognizer.models.model_file import copy_model

    if not is_table_of_lines(data):
        raise ConfigError(
            f"{data}: is not a list of lines. A line reader is calibrated on a CSV file whose first row is file,text;"
            " name it with --data."
        )
    reader = load_line_reader(model)
    calibration = calibrate_lines(reader, [read_labelled_lines(Path(data))])
    copy_model(reader.model.path, out, calibration)
    result = {"schema": SCHEMA, "model": str(out), **calibration}
    if json:
        write_json(json, result)
    if json != "-" and not quiet:
        answers().print(_in_words(result), markup=False)


def _in_words(result: dict[str, Any]) -> str:
    """What was fitted, for people."""
    from digit_recognizer.reading.line import threshold_of

    (source,) = result["source"]
    found = threshold_of(result["answers"])
    sure = (
        f"From {100 * found.threshold:.4g} % on a line is 'ok': {found.answered} of these {found.n}, {found.wrong} of"
        f" them wrong; with 95 % confidence at most {100 * found.bound:.2g} % are."
        if found
        else "No line will be 'ok': the most confident ones have too many errors. Give more lines."
    )
    return (
        f"Calibrated on {source['n']:,} lines of {source['name']}, {result['right']:,} of them correct:"
        f" temperature {result['temperature']:.3f} (1: probabilities are unchanged).\n{sure}\n"
        f"The model is in {result['model']}: digits read --line --model {result['model']}"
    )
