"""Each command of README.md and docs runs as it stands there; of those that no test can run, the options are there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from PIL import Image, ImageFilter

from digit_recognizer.cli.app import app
from digit_recognizer.cli.options import with_values
from digit_recognizer.data import load_dataset
from doc_commands import PROGRAMS, ROOT, TEXT, Command, commands, fences, python_blocks
from server_process import PATIENCE

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
VERBS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]

# What is run for each command, in a folder with small stand-ins for what it names. None: it is run as it stands.
# In this order: some need what those before them left.
RUN: dict[str, str | None] = {
    # blocks
    "digits predict photo.jpg": None,
    "digits read page.jpg": None,
    "digits models": None,
    "digits --help": None,
    "digits score scans/ --out scored/": None,
    """python -c 'import pyarrow.parquet as p; print(p.read_table("scored/")["status"].value_counts())'""": None,
    "digits serve": "digits serve --port 0",
    "digits serve --token-file tokens --new-token": None,
    "digits serve --token-file tokens --allowed-host digits.example.org": (
        "digits serve --token-file tokens --allowed-host digits.example.org --port 0"
    ),
    "digits serve --token-file tokens --root-path /digits --trusted-proxy 127.0.0.1"
    " --allowed-host digits.example.org": (
        "digits serve --token-file tokens --root-path /digits --trusted-proxy 127.0.0.1"
        " --allowed-host digits.example.org --port 0"
    ),
    # in the text
    "digits predict PICTURES... [--model M] [--json]": "digits predict three.png photo.jpg --model classic --json",
    "digits predict FILE": "digits predict photo.jpg",
    "digits predict three.png": None,
    "digits train --data train.csv": "digits train --data train.csv --epochs 1 --out of-table",
    "digits predict test.csv --csv submission.csv": None,
    "digits predict --json": "digits predict --json three.png",
    "digits train [--recipe NAME] [--data NAME|FOLDER] [--seed N | --seeds N] [--out RUN] [--resume]": (
        "digits train --recipe classic --data mine --seed 1 --epochs 2 --out run"
    ),
    "digits evaluate MODEL [--split ...] [--report FILE] [--json FILE|-] [--each] [--figures FOLDER]": (
        "digits evaluate classic --split validation --report report.html --json found.json --each --figures figures"
    ),
    "digits evaluate --predictions FILE --labels FILE [--groups FILE] [--report FILE]": (
        "digits evaluate --predictions p.csv --labels y.csv --groups g.csv --report tables.html"
    ),
    "digits evaluate --predictions FILE --labels FILE": "digits evaluate --predictions p.csv --labels y.csv",
    "digits compare A B": "digits compare classic cnn --split validation",
    "digits read PHOTOS... [--line] [--grid 9x9|auto] [--json] [--csv] [--annotate FILE]": (
        "digits read page.jpg --json --annotate drawn.png"
    ),
    "digits read PHOTO...": "digits read page.jpg --csv",
    "digits read --json": "digits read --json page.jpg",
    "digits read --grid 9x9": "digits read --grid 9x9 grid.png",
    "digits serve [--port N]": "digits serve --port 0",
    "digits export MODEL --to onnx|web OUT": "digits export classic --to onnx out.onnx",
    "digits score SOURCE --out FOLDER [--ray ADDRESS]": "digits score scans --out scored-2",
    "digits score SOURCE --out FOLDER": "digits score scans --out scored-3",
    "digits calibrate MODEL [--data FOLDER] [--out FILE]": "digits calibrate classic --data mine --out c.safetensors",
    "digits calibrate best --data FOLDER --out mine.safetensors": (
        "digits calibrate best --data mine --out mine.safetensors"
    ),
    "digits read --line CROP...": "digits read --line line.png",
    "digits calibrate lines --data lines.csv --out mine.safetensors": None,
    "digits read --line --model mine.safetensors": "digits read --line --model mine.safetensors line.png",
    "digits plan --auroc .90 --width .10 --prevalence .27": None,
    "digits show [MODEL] [--save FILE]": "digits show classic --save samples.png",
    "digits VERB --help": "digits plan --help",
}
ENDLESS = "digits serve"  # such a command is ended once it says its address

# What no test runs: a pattern of the command, and why. Its options are looked up all the same.
NOT_RUN = {
    r"make .*|pip install .*": "installs packages, from the network",
    r"curl .*": "test_server_docs runs it",
    r"docker .*": "needs a Docker daemon",
    r"python (benchmarks|scripts)/.*": "measures for minutes or hours, or needs data of others",
    r"ray (start|stop)\b.*|ray start": "needs a cluster; test_engines_ray starts one",
    r"digits .*--ray .*": "needs a cluster; test_engines_ray runs the same",
    r"torchrun .*": "trains for minutes; test_training_distributed runs it on less",
    r"digits train .*--(recipe|data) .*": "trains for minutes or hours; the same with small data is run above",
    r"digits audit DATASET": "trains for a minute; docs/python.md does the same and is run",
    r"digits train --seed N": "trains for minutes; the same with small data is run above",
    r"digits evaluate (RUNS|seeds/|runs/breast .*|RUN .*)": "needs trainings of hours, or a download",
    r"digits evaluate (NAME|classic|best .*)": "evaluates on the test split, which is logged",
    r"digits show MODEL --split test": "evaluates on the test split, which is logged",
    r"digits demo( --picture FILE)?": "trains for a minute; test_cli_train runs it",
    r"digits evaluate MODEL --report out\.html": "draws for a minute; the same with more options is run above",
    r"digits export best --to web FOLDER": "needs npm and its registry; test_exporting_page runs it",
}


def reason(command: Command) -> str | None:
    """Why a command is not run; None for one that is, or should be."""
    return (
        None
        if command.text in RUN
        else next((why for pattern, why in NOT_RUN.items() if re.fullmatch(pattern, command.text)), None)
    )


def test_every_block_says_what_it_is_and_a_blocks_commands_are_known() -> None:
    assert {kind for _, kind, _ in fences()} <= {"sh", "python", *TEXT}
    assert {each.words[0] for each in commands() if each.whole} <= set(PROGRAMS)


@pytest.mark.parametrize("command", commands(), ids=lambda each: each.text)
def test_every_command_is_run_or_says_why_not(command: Command) -> None:
    mentioned = not command.whole and all(word.startswith("-") for word in (command.of_digits or ["word"])[1:])
    assert command.text in RUN or reason(command) or mentioned


def test_what_is_run_stands_in_the_documents() -> None:
    texts = {each.text for each in commands()}
    assert set(RUN) <= texts, set(RUN) - texts
    for pattern in NOT_RUN:
        assert any(re.fullmatch(pattern, text) for text in texts), pattern


@pytest.mark.parametrize("command", [each for each in commands() if each.of_digits], ids=lambda each: each.text)
def test_a_commands_options_are_there(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    verb, *words = command.of_digits or []
    if verb.startswith("-"):
        assert verb in ("--help", "--version")
        return
    if verb == "VERB":
        return
    known = {name for each in VERBS[verb].params for name in each.opts} | {"--help"}
    words = [word for word in re.sub(r"[\[\]]", " ", " ".join(words)).split() if word not in ("|", "...")]
    assert {word for word in words if word.startswith("--")} <= known
    if "|" in command.text or "--help" in words:  # a choice of several
        return
    numbers = [re.sub(r"^N$", "3", word) for word in words]
    try:
        VERBS[verb].make_context(verb, with_values([verb, *numbers])[1:])
    except Exception as error:  # of click, which some releases of Typer bring with them under another name
        if type(error).__name__ != "MissingParameter" or (command.whole and not command.text.endswith("...")):
            raise


SCRIPTS = [each for each in commands() if re.match(r"python (benchmarks|scripts)/", each.text)]


@pytest.mark.parametrize("command", SCRIPTS, ids=lambda each: each.text)
def test_a_scripts_options_are_there(command: Command) -> None:
    source = sources(ROOT / command.words[1])
    for word in command.words[2:]:
        assert not word.startswith("--") or f'"{word}"' in source, word


def sources(script: Path) -> str:
    """The text of a script and of the modules beside it that it imports."""
    text = script.read_text("utf-8")
    names = {name for pair in re.findall(r"^(?:from (\w+) import|import (\w+))", text, re.MULTILINE) for name in pair}
    return text + "".join(sources(beside) for name in names if (beside := script.parent / f"{name}.py").is_file())


def test_what_is_installed_and_made_is_there() -> None:
    extras, targets = PROJECT["project"]["optional-dependencies"], (ROOT / "Makefile").read_text("utf-8")
    for each in commands():
        if each.words[0] == "make":
            assert re.search(rf"^{each.words[1]}:", targets, re.MULTILINE), each
        for extra in re.findall(r"\.\[([\w,-]+)\]", each.text):
            assert set(extra.split(",")) <= set(extras), each
        for group in re.findall(r"--group (\w+)", each.text):
            assert group in PROJECT["dependency-groups"]
        for file in re.findall(r"-r (\S+)", each.text):
            assert (ROOT / file).is_file()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with small stand-ins for what the documents name."""
    folder = tmp_path_factory.mktemp("documents")
    split = load_dataset("mnist").split("train")
    for label in range(10):
        for index in np.flatnonzero(split.labels == label)[:40]:
            image = Image.fromarray(split.take(np.array([index]))[0])
            for name in (f"mine/{label}/{index}.png", *([f"scans/{index}.png"] if index < 60 else ())):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                image.save(folder / name)
    for path in sorted((folder / "mine/1").iterdir())[:3]:  # among them hard ones, as digits calibrate asks for
        path.rename(folder / "mine/7" / path.name)
    pictures = folder / "docs/pictures"
    pictures.mkdir(parents=True)
    for target in (pictures / "three.png", folder / "three.png"):
        shutil.copy(ROOT / "docs/pictures/three.png", target)
    Image.open(folder / "three.png").convert("L").save(folder / "photo.jpg")
    lines, page = np.full((660, 660), 245, np.uint8), np.full((400, 600), 245, np.uint8)
    for at in range(15, 646, 70):
        lines[at : at + 4, 15:649] = lines[15:649, at : at + 4] = 30
    for number in range(6):
        digit = Image.fromarray(255 - split.take(np.array([number]))[0]).resize((56, 56), Image.Resampling.BICUBIC)
        part = np.minimum(np.asarray(digit), 245)
        down, across = 60 + 150 * (number // 3), 60 + 44 * (number % 3)
        page[down : down + 56, across : across + 56] = np.minimum(page[down : down + 56, across : across + 56], part)
        small = np.minimum(np.asarray(digit.resize((48, 48))), 245)
        down = 28 + 70 * number
        lines[down : down + 48, down : down + 48] = np.minimum(lines[down : down + 48, down : down + 48], small)
    for name, drawn in (("page.jpg", page), ("grid.png", lines)):
        Image.fromarray(drawn).filter(ImageFilter.GaussianBlur(0.8)).save(folder / name, quality=95)
    pair = np.hstack([split.take(np.array([number]))[0] for number in (0, 1)])
    Image.fromarray(np.asarray(240 - 0.8 * pair, np.uint8)).save(folder / "line.png")
    said = "".join(str(split.labels[number]) for number in (0, 1))
    (folder / "lines.csv").write_text("file,text\n" + f"line.png,{said}\n" * 100)
    (folder / "p.csv").write_text("a,b\n" + "0.8,0.2\n0.3,0.7\n0.6,0.4\n" * 10)
    (folder / "y.csv").write_text("label\n" + "a\nb\nb\n" * 10)
    for name, some in (("train.csv", range(400)), ("test.csv", range(400, 420))):
        kept = [[split.labels[row], *split.take(np.array([row])).ravel()][name == "test.csv" :] for row in some]
        names = [*["label"][name == "test.csv" :], *(f"pixel{number}" for number in range(784))]
        lines_of = [",".join(map(str, row)) for row in (names, *kept)]
        (folder / name).write_text("\n".join(lines_of) + "\n")
    (folder / "g.csv").write_text("group\n" + "".join(f"{number // 3}\n" for number in range(30)))
    return folder


def started(words: list[str], folder: Path) -> subprocess.Popen[str]:
    """A process as a user's shell would start it, in a folder of its own."""
    program = {"digits": [sys.executable, "-m", "digit_recognizer"], "python": [sys.executable]}[words[0]]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([*program, *words[1:]], cwd=folder, env={**os.environ}, **pipes)  # type: ignore[call-overload, no-any-return]


def ended(process: subprocess.Popen[str], endless: bool) -> tuple[str, str]:
    """What a process said, once it has ended well; one that serves is ended when it has said where."""
    with process:
        try:
            first = ""
            if endless:
                assert process.stdout is not None
                first = process.stdout.readline()
                process.terminate()
            out, err = process.communicate(timeout=10 * PATIENCE)
        finally:
            process.kill()
    assert process.returncode == 0 or (endless and sys.platform == "win32"), err
    assert "Traceback" not in err
    return first + out, err


@pytest.mark.slow
@pytest.mark.parametrize("text", RUN)
def test_the_command_runs(text: str, place: Path) -> None:
    (command,) = (each for each in commands() if each.text == text)
    words = Command(RUN[text] or text, command.page, True).words
    endless = words[:2] == ENDLESS.split() and "--new-token" not in words
    out, err = ended(started(words, place), endless)
    assert "http://127.0.0.1:" in out or not endless
    assert out or err  # it said something


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, text in python_blocks().items() if "urlopen" not in text])
def test_the_python_runs(name: str, place: Path) -> None:
    """But for the clients, which test_server_docs runs."""
    text = python_blocks()[name].replace("port=8000", "port=0")
    out, _ = ended(started(["python", "-W", "error", "-c", text], place), "ready=print" in text)
    for said in re.findall(r"^print\(.*#(.*)$", text, re.MULTILINE):
        assert out.strip() == said.strip()
    assert out
