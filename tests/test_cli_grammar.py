"""One grammar for all verbs: shares, JSON, data sets; an option of one name is of one kind wherever it stands."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Annotated, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from typer.models import OptionInfo

from digit_recognizer.cli.app import app
from digit_recognizer.cli.options import share, with_values
from digit_recognizer.errors import ConfigError
from helpers_cli import digits, draw_blank, draw_seven, is_complaint

# Each option that takes a share, with the rest of a command that would go on from there.
SHARES = {
    "predict --max-error": ("predict", "absent.png"),
    "predict --level": ("predict", "absent.png"),
    "score --max-error": ("score", "absent", "--out", "out"),
    "evaluate --sensitivity": ("evaluate", "absent"),
    "evaluate --prevalence": ("evaluate", "absent"),
    "plan --width": ("plan", "--accuracy", "90%"),
    "plan --auroc": ("plan", "--width", "10%", "--prevalence", "10%"),
    "plan --sensitivity": ("plan", "--width", "10%", "--prevalence", "10%"),
    "plan --specificity": ("plan", "--width", "10%", "--prevalence", "10%"),
    "plan --accuracy": ("plan", "--width", "10%"),
    "plan --prevalence": ("plan", "--width", "10%", "--auroc", "90%"),
    "plan --level": ("plan", "--width", "10%", "--accuracy", "90%"),
}


def options() -> dict[str, dict[str, tuple[type, OptionInfo]]]:
    """Of each verb its options by name, with the type that their values have."""
    found: dict[str, dict[str, tuple[type, OptionInfo]]] = {}
    for command in app.registered_commands:
        assert command.callback
        found[str(command.name)] = {}
        for name, hint in get_type_hints(command.callback, include_extras=True).items():
            if get_origin(hint) is not Annotated or not isinstance(hint.__metadata__[0], OptionInfo):
                continue
            kind, told = get_args(hint)[0], hint.__metadata__[0]
            while get_args(kind):  # of `list[str] | None`, an option that may be given several times, the text
                kind = get_args(kind)[0]
            written = next(iter(told.param_decls or ()), f"--{name.replace('_', '-')}")
            found[str(command.name)][written] = kind, told
    return found


def test_an_option_of_one_name_is_of_one_kind() -> None:
    kinds, shares = defaultdict[str, set[type]](set), set[str]()
    for verb, own in options().items():
        for name, (kind, told) in own.items():
            kinds[name].add(str if kind is Path else kind)
            if told.metavar == "SHARE":
                shares.add(f"{verb} {name}")
    assert {name: found for name, found in kinds.items() if len(found) > 1} == {}
    assert shares == set(SHARES)  # those that are tried below
    taking = {each.split()[1] for each in shares}
    assert {f"{verb} {name}" for verb, own in options().items() for name in own if name in taking} == shares


@pytest.mark.parametrize("option", SHARES)
def test_a_share_is_refused_with_the_option_and_what_to_write(option: str) -> None:
    name = option.split()[1]
    for text, remedy in (
        ("95", "is not a valid fraction. Write 95% or 0.95."),
        ("99.9", "is not a valid fraction. Write 99.9% or 0.999."),
        ("1", "could mean 1% or 100%. Write the one that is meant, with its %."),
        ("much", "is not a valid fraction. Write it like "),
        ("0", "is not a valid fraction. Write it like "),
        ("101%", "is not a valid fraction. Write it like "),
        ("-5%", "is not a valid fraction. Write it like "),
    ):
        is_complaint(digits(*SHARES[option], f"{name}={text}"), f"{name}: '{text}' {remedy}")


@given(hundredths=st.integers(1, 9999))
def test_both_ways_of_writing_a_share_are_one_number(hundredths: int) -> None:
    percent, plain = f"{hundredths / 100:.2f}", f"{hundredths / 10_000:.4f}"
    for text in (f"{percent}%", f" {percent} %", plain, plain.lstrip("0")):
        assert share("--level", text) == hundredths / 10_000
    if hundredths > 100:
        with pytest.raises(ConfigError) as refused:
            share("--level", percent)
        *_, first, _, second = str(refused.value).rstrip(".").split()  # what the message offers is what was written
        assert (first.endswith("%"), share("--level", first), share("--level", second)) == (True, *[float(plain)] * 2)


@pytest.mark.parametrize("text", ["", "%", "nan", "inf", "-inf%", "1e999999", "1e-999999", "5 5", "0,95", "٩٥%%"])
def test_what_is_no_number_is_no_share(text: str) -> None:
    with pytest.raises(ConfigError, match=r"--level: .* is not a valid fraction\. Write it like 95% or 0\.95"):
        share("--level", text)


def test_the_whole_is_a_share_in_per_cent() -> None:
    assert share("--max-error", "100%") == 1


def test_plan_takes_the_shares_that_evaluate_takes() -> None:
    told = [
        json.loads(digits("plan", "--auroc", a, "--width", w, "--prevalence", p, "--level", c, "--json").out)
        for a, w, p, c in ((".90", ".10", ".27", "0.95"), ("90%", "10%", "27%", "95%"))
    ]
    assert told[0] == told[1]
    assert told[0]["level"] == 0.95


@pytest.mark.parametrize(
    ("words", "read_as"),
    [
        ("models --json", "models --json -"),
        ("models --json --quiet", "models --json - --quiet"),
        ("models --json -", "models --json -"),
        ("models --json told.json", "models --json told.json"),
        ("models --json=told.json", "models --json=told.json"),
        ("predict --json a.png", "predict --json - a.png"),
        ("read a.png --json", "read a.png --json -"),
        ("read --csv a.png", "read --csv - a.png"),
        ("read a.png --csv --json=told.json", "read a.png --csv - --json=told.json"),
        ("predict --csv told.CSV a.png", "predict --csv told.CSV a.png"),
        ("predict a.csv --csv", "predict a.csv --csv -"),
        ("predict --csv -- a.csv", "predict --csv - -- a.csv"),
        ("predict --csv=told a.png", "predict --csv=told a.png"),
        ("predict --json - a.png", "predict --json - a.png"),
        ("read --json=told.json a.png", "read --json=told.json a.png"),
        ("predict -- --json a.png", "predict -- --json a.png"),
        ("predict --json -- a.png", "predict --json - -- a.png"),
        ("evaluate predict --json told.json", "evaluate predict --json told.json"),
    ],
)
def test_a_value_of_json_may_be_left_out(words: str, read_as: str) -> None:
    assert with_values(words.split()) == read_as.split()


@pytest.mark.parametrize("words", [("--json",), ("--json", "-"), ("--json=-",)])
def test_json_goes_to_standard_output_however_that_is_said(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert json.loads(digits("data", "--data-dir", tmp_path, *words).out)["datasets"]
    seven = draw_seven(tmp_path / "seven.png")
    assert json.loads(digits("predict", "--model", "classic", *words, seven).out)["label"] == 7
    assert json.loads(digits("read", "--model", "classic", *words, seven).out)["source"] == str(seven)
    # Its ruled grid is not there; the object says so.
    assert json.loads(digits("read", "--model", "classic", "--grid", "2x2", seven, *words).out)["source"] == str(seven)


@pytest.mark.parametrize("verb", [("predict",), ("read",), ("read", "--grid", "2x2")])
def test_json_in_a_file_leaves_standard_output_to_words(tmp_path: Path, verb: tuple[str, ...]) -> None:
    target, names = tmp_path / "told.json", [draw_seven(tmp_path / "seven.png"), draw_blank(tmp_path / "blank.png")]
    call = (*verb, "--model", "classic", *names, tmp_path / "absent.png")
    plain, listed = digits(*call), digits(*call, "--json")
    answer = digits(*call, f"--json={target}")
    assert (answer.code, answer.out, answer.err) == (plain.code, plain.out, plain.err)
    assert target.read_text() == listed.out
    assert [json.loads(line)["source"] for line in listed.out.splitlines()] == [*map(str, names), str(call[-1])]
    if verb[0] == "read":
        table = digits(*call, "--csv", f"--json={target}")
        assert (table.out, target.read_text()) == (digits(*call, "--csv").out, listed.out)
        is_complaint(digits(*call, "--csv", "--json"), "--json and --csv exclude each other", "--json=FILE")
        in_file = digits(*call, "--csv", tmp_path / "told.csv")
        assert (in_file.code, in_file.out) == (table.code, "")
        assert (tmp_path / "told.csv").read_bytes() == table.out.encode()


def test_a_file_that_cannot_be_written_is_refused_before_a_picture_is_read(tmp_path: Path) -> None:
    place = tmp_path / "absent" / "told.json"
    place.parent.write_text("a file")
    is_complaint(
        digits("predict", f"--json={place}", draw_seven(tmp_path / "seven.png")), "told.json", "cannot be written"
    )


TOLD = b'\n {"schema": "some"}'  # what a run before this one wrote


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (b"\x08\x09an ONNX file", ("evaluate", "--split", "validation", "--json")),
        (b"\x93NUMPY", ("evaluate", "--labels", "y.npy", "--predictions", "p.npy", "--json")),
        (b"  text", ("plan", "--accuracy", "90%", "--width", "10%", "--json")),
        (b"\xff\xd8\xff\xe0", ("predict", "seven.png", "--json=")),
    ],
)
def test_a_file_of_another_kind_is_not_overwritten_with_json(
    tmp_path: Path, held: bytes, words: tuple[str, ...]
) -> None:
    place = tmp_path / "held"
    place.write_bytes(held)
    *before, option = words
    answer = digits(*before, *((f"{option}{place}",) if option.endswith("=") else (option, place)))
    is_complaint(answer, f"--json {place}: ", "does not hold JSON", f"--json - {place}", "--json=FILE")
    assert place.read_bytes() == held


@pytest.mark.parametrize("held", [b"", b" \n", b"[]", TOLD])
def test_json_and_empty_files_are_overwritten_with_json(tmp_path: Path, held: bytes) -> None:
    place = tmp_path / "told"
    place.write_bytes(held)
    assert digits("data", "--data-dir", tmp_path, "--json", place).code == 0
    assert json.loads(place.read_text())["datasets"]


@pytest.mark.parametrize("verb", ["evaluate", "compare", "export"])
def test_a_model_after_json_is_not_taken_for_a_file(verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    is_complaint(digits(verb, "--json", "classic", "mlp"), "a shipped model", "--json - classic", "--json=FILE")
    assert not list(tmp_path.iterdir())
    assert digits("data", "--data-dir", tmp_path, "--json", "./classic").code == 0
    assert digits("data", "--data-dir", tmp_path, "--json=classic.json").code == 0


def test_a_set_to_audit_is_an_argument_or_data(tmp_path: Path) -> None:
    for number in range(8):
        folder = tmp_path / "set" / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("L", (30, 30), 20 * number).save(folder / f"{number}.png")
    by_argument, by_option = (
        digits("audit", *words, "--json", "--device", "cpu")
        for words in ((tmp_path / "set",), ("--data", tmp_path / "set"))
    )
    assert (by_argument.code, by_argument.out) == (0, by_option.out)
    assert json.loads(by_option.out)["schema"].startswith("digit-recognizer/audit")
    for words in ((), (tmp_path / "set", "--data", tmp_path / "set")):
        is_complaint(digits("audit", *words), "Name one data set", "--data NAME|FOLDER")
