"""All verbs under one command, and what each kind of failure looks like to the user."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import warnings
from typing import Annotated, Any

import typer

from digit_recognizer.cli import (
    audit,
    calibrate,
    compare,
    data,
    demo,
    evaluate,
    export,
    models,
    plan,
    predict,
    read,
    score,
    serve,
    show,
    train,
)
from digit_recognizer.cli.options import with_values
from digit_recognizer.cli.output import complain, note
from digit_recognizer.cli.remedies import with_remedy
from digit_recognizer.errors import DigitRecognizerError, DigitRecognizerWarning
from digit_recognizer.version import __version__

app = typer.Typer(
    name="digits",
    no_args_is_help=True,
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def digits(
    version: Annotated[bool, typer.Option("--version", is_eager=True, help="Show the version and exit.")] = False,
) -> None:
    """Recognise handwritten digits and numbers in pictures; train and evaluate models."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


app.command("data")(data.data)
app.command("show")(show.show)
app.command("train")(train.train)
app.command("models")(models.models)
app.command("evaluate")(evaluate.evaluate)
app.command("compare")(compare.compare)
app.command("calibrate")(calibrate.calibrate)
app.command("audit")(audit.audit)
app.command("plan")(plan.plan)
app.command("predict")(predict.predict)
app.command("read")(read.read)
app.command("score")(score.score)
app.command("serve")(serve.serve)
app.command("export")(export.export)
app.command("demo")(demo.demo)


def main() -> None:
    """Run the command line. Exit 0: done; 1: some inputs gave no answer, or nobody read on; 2: could not be done; 130:
    interrupted."""
    _check_streams()
    warnings.simplefilter("always", DigitRecognizerWarning)
    warnings.showwarning = Shown()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file name that the terminal cannot show
    try:
        try:
            app(with_values(sys.argv[1:]), prog_name="digits", standalone_mode=True)
        finally:
            sys.stdout.flush()  # a full disk behind it shows here, not in a traceback at the exit
    except DigitRecognizerError as error:
        complain(with_remedy(error))
        sys.exit(2)
    except (MemoryError, ImportError) as error:  # a library that cannot be mapped into the memory there is
        complain(
            f"A library cannot be loaded, or memory is short ({error or 'it is used up'}). Free or allow more of it."
        )
        sys.exit(2)
    except OSError as error:  # a folder that may not be entered, a name that is too long, a full output
        place = error.filename if error.filename is not None else "the output"
        complain(f"{place}: {error.strerror or error}. Check the name, the permissions and the space left.")
        _silence_output()
        sys.exit(2)
    except KeyboardInterrupt:
        complain("Interrupted.")
        sys.exit(130)


def _check_streams() -> None:
    """Refuse to begin without standard output: the first file that is opened would be taken for it."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115 - as long as the process
    if sys.stdout is None:
        complain("Standard output is closed, so no answer can be given. Send it to a file, or to /dev/null.")
        sys.exit(2)


def _silence_output() -> None:
    """Let the exit not try again to write what could not be written."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Shown:
    """Our own warnings in one line, each once in a command; libraries' warnings are theirs to their developers."""

    def __init__(self) -> None:
        self.texts: set[str] = set()

    def __call__(self, message: Warning | str, category: type[Warning], *_where: Any, **_more: Any) -> None:
        text = with_remedy(message)
        if issubclass(category, DigitRecognizerWarning) and text not in self.texts:
            self.texts.add(text)
            note(text)
