"""What the documents say of serving is so: their clients run as they stand, limits and refusals are the server's."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from digit_recognizer.server import Limits
from digit_recognizer.server.openapi import WORDS
from server_process import PATIENCE, Server, as_png, commanded, running, seven

ROOT = Path(__file__).parent.parent
ADDRESS = "http://127.0.0.1:8000"
SERVING = (ROOT / "docs/serving.md").read_text("utf-8")
PAGES = {"serving": SERVING, "readme": (ROOT / "README.md").read_text("utf-8")}
UNITS = {"": 1, "KiB": 2**10, "MiB": 2**20}


def blocks(language: str, holding: str) -> list[str]:
    """The blocks of code in a language that hold a word, of all pages."""
    found = [each for text in PAGES.values() for each in re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)]
    return [each for each in found if holding in each]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server")) as started:
        yield started


def run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("client", blocks("python", "/v1/predict"))
def test_the_python_client_runs(server: Server, client: str) -> None:
    assert len(client.replace("\n\n", "\n").splitlines()) <= 10
    assert ADDRESS in client
    assert run([sys.executable, "-W", "error", "-c", client.replace(ADDRESS, server.address)]) == "3\n"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("line", blocks("sh", "curl"))
def test_the_line_of_curl_runs(server: Server, line: str) -> None:
    assert ADDRESS in line
    answer = run([*shlex.split(line.replace(ADDRESS, server.address)), "--silent"])
    assert [each["label"] for each in json.loads(answer)["predictions"]] == [3]


def test_a_client_and_a_line_of_curl_are_there() -> None:
    assert blocks("python", "/v1/predict")
    assert blocks("sh", "curl")


def test_the_limits_are_the_servers() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([\d,.]+) ?(\w*) \|", SERVING, re.MULTILINE)
    assert {name: float(number.replace(",", "")) * UNITS[unit] for name, number, unit in rows} == asdict(Limits())


def test_every_refusal_is_told() -> None:
    rows = re.findall(r"^\| (\d{3}(?:, \d{3})*) \|", SERVING, re.MULTILINE)
    assert {*map(str, WORDS), "404", "405", "500"} == {status for row in rows for status in row.split(", ")}


def test_every_option_is_told() -> None:
    shown = run([sys.executable, "-m", "digit_recognizer", "serve", "--help"])
    told = set(re.findall(r"^\| `(--[\w-]+)[ `]", SERVING, re.MULTILINE)) | {"--port", "--help"}
    assert set(re.findall(r"--[a-z-]+", re.sub(r"\x1b\[[\d;]*m", "", shown))) == told


def test_a_server_with_other_limits_starts_from_python(tmp_path: Path) -> None:
    (code,) = blocks("python", "Limits(")
    log = (tmp_path / "log").open("wb")
    command = [sys.executable, "-W", "error", "-u", "-c", code.replace("port=8000", "port=0")]
    with log, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env={**os.environ}) as process:
        try:
            assert process.stdout is not None
            started = Server(process, process.stdout.readline().decode().strip(), tmp_path / "log")
            assert started.post("/v1/predict", as_png(seven())).status == 200
            assert started.post("/v1/predict", bytes(9 * 2**20)).status == 413
        finally:
            process.kill()


def test_behind_a_server_that_speaks_tls(tmp_path: Path) -> None:
    """As the examples for Caddy and nginx pass requests on: the outer name in Host, the page's own origin."""
    program = [sys.executable, "-m", "digit_recognizer"]
    made = run([*program, "serve", "--new-token", "--token-file", str(tmp_path / "tokens")])
    name, token = "digits.example.org", {"authorization": f"Bearer {made.strip()}"}
    options = ("--token-file", tmp_path / "tokens", "--allowed-host", name)
    with commanded(program, tmp_path, "classic", *options, **os.environ) as server:
        own = server.post("/v1/predict", as_png(seven()), host=name, origin=f"https://{name}", **token)
        other = server.post("/v1/predict", as_png(seven()), host=name, origin="https://example.com", **token)
        assert (own.status, other.status) == (200, 403)
        assert server.ask("GET", "/", host=name).status == 200
        assert server.ask("GET", "/metrics", host=name).status == 401
