"""The interface for programs: the objects of the command, told over HTTP by a real server."""

from __future__ import annotations

import asyncio
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from PIL import Image

from digit_recognizer import Recognizer
from digit_recognizer.models import load_model, shipped_models
from digit_recognizer.server.app import shortened
from helpers_cli import digits
from server_process import PATIENCE, Server, as_png, form, running, seven

SEVEN = as_png(seven())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.mark.arithmetic
def test_one_picture_gets_the_object_of_the_command(server: Server, tmp_path: Path) -> None:
    (tmp_path / "seven.png").write_bytes(SEVEN)
    expected = json.loads(digits("predict", "--json", "--model", "classic", tmp_path / "seven.png").out)
    (found,) = server.post("/v1/predict", SEVEN).json["predictions"]
    assert found == expected | {"source": "picture 0", "probability": pytest.approx(expected["probability"], abs=1e-5)}
    assert found["label"] == 7


def test_many_pictures_are_answered_in_order_and_a_bad_one_stops_no_other(server: Server) -> None:
    blank = as_png(Image.new("L", (60, 80), 250))
    body, kind = form(("a.png", SEVEN), ("b.png", b"no picture"), ("c.png", blank), ("", SEVEN))
    answer = server.post("/v1/predict", body, kind)
    found = answer.json["predictions"]
    assert [(each["source"], each["status"]) for each in found] == [
        ("a.png", "ok"),
        ("b.png", "error"),
        ("c.png", "not a digit"),
        ("picture 3", "ok"),
    ]
    assert "not a picture of a known kind" in found[1]["error"]


def test_the_shorter_way_gives_what_the_longer_gives(server: Server) -> None:
    for body in (SEVEN, b"no picture", b"", form(("a.png", SEVEN), ("b.png", b"?"))[0]):
        kind = form()[1] if body.startswith(b"--") else "image/png"
        short, long = (server.post(f"/v1/predict{query}", body, kind) for query in ("", "?probabilities=false"))
        assert (short.status, short.body) == (long.status, long.body)
        assert {name for name, _ in {*short.headers.items()} ^ {*long.headers.items()}} <= {"date"}


def test_a_failure_of_its_own_is_told_and_raised_for_the_log() -> None:
    app, told = FastAPI(), list[Any]()
    app.state.service = None  # which can do nothing
    scope = {"type": "http", "method": "POST", "path": "/v1/predict", "query_string": b"", "headers": []}

    async def send(message: Any) -> None:
        told.append(message)

    with pytest.raises(AttributeError):
        asyncio.run(shortened(app)(scope, None, send))  # type: ignore[arg-type]  # nothing is received
    assert told[0]["status"] == 500
    assert b"Internal error" in told[1]["body"]


def test_probabilities_where_asked_for(server: Server) -> None:
    (found,) = server.post("/v1/predict?probabilities=true", SEVEN).json["predictions"]
    assert sum(found["probabilities"]) == pytest.approx(1)
    assert found["probabilities"][7] == found["probability"]


def test_large_pictures_are_answered_too(server: Server) -> None:
    large = seven().resize((1500, 2000))
    body, kind = form(("large.png", as_png(large)), ("small.png", SEVEN))
    labels = [each["label"] for each in server.post("/v1/predict", body, kind).json["predictions"]]
    assert labels == [each.label for each in Recognizer.load("classic").predict([large, seven()])]


def test_a_page_gets_the_object_of_the_command(server: Server, tmp_path: Path) -> None:
    page = Image.new("L", (400, 160), 250)
    for place in range(3):
        page.paste(seven(), (40 + 55 * place, 40))
    (tmp_path / "page.png").write_bytes(as_png(page))
    expected = json.loads(digits("read", "--json", "--model", "classic", tmp_path / "page.png").out)
    (found,) = server.post("/v1/read", as_png(page)).json["pages"]
    assert found == expected | {"source": "picture 0"}


def test_a_grid_gets_the_object_of_the_command(server: Server, tmp_path: Path) -> None:
    grid = Image.new("L", (420, 420), 250)
    for place in range(4):
        offset = 20 + 125 * place
        grid.paste(10, (offset, 20, offset + 5, 400))
        grid.paste(10, (20, offset, 400, offset + 5))
    grid.paste(seven(), (55, 45))
    (tmp_path / "grid.png").write_bytes(as_png(grid))
    arguments = ("read", "--json", "--grid", "3x3", "--model", "classic", tmp_path / "grid.png")
    expected = json.loads(digits(*arguments).out)
    (found,) = server.post("/v1/read?grid=3x3", as_png(grid)).json["grids"]
    assert found == expected | {"source": "picture 0"}
    assert len(found["cells"]) == 9
    for shape in ("2", "1x1", "9x9x9", "%00"):
        assert server.post(f"/v1/read?grid={shape}", as_png(grid)).status == 422


def test_a_line_gets_the_object_of_the_command(server: Server, tmp_path: Path) -> None:
    line = Image.new("L", (150, 60), 250)
    for place in range(2):
        line.paste(seven(), (20 + 55 * place, 10))
    (tmp_path / "line.png").write_bytes(as_png(line))
    expected = json.loads(digits("read", "--json", "--line", tmp_path / "line.png").out)
    body, kind = form(("line.png", as_png(line)), ("flat.png", as_png(Image.new("L", (400, 5), 90))))
    found, flat = server.post("/v1/read?line=true", body, kind).json["lines"]
    assert found == expected | {"source": found["source"]}
    assert (flat["status"], flat["text"]) == ("error", None)
    assert server.post("/v1/read?line=true&grid=auto", body, kind).status == 422
    assert server.post("/v1/read?line=true", b"no picture").status == 415


def test_an_explanation_shows_what_the_model_saw(server: Server) -> None:
    found = server.post("/v1/explain", SEVEN).json
    seen = load_model("classic").preprocess.fit(np.asarray(seven()))
    assert found["seen"] == seen.tolist()  # type: ignore[union-attr]
    assert np.shape(found["heat"]) == (28, 28)
    assert found["label"] == found["prediction"]["label"] == 7
    other = server.post("/v1/explain?label=1", SEVEN).json
    assert (other["label"], other["heat"] != found["heat"]) == (1, True)
    blank = server.post("/v1/explain", as_png(Image.new("L", (60, 80), 250))).json
    assert (blank["seen"], blank["heat"], blank["prediction"]["status"]) == (None, None, "not a digit")
    for label in ("10", "-1", "x"):
        answer = server.post(f"/v1/explain?label={label}", SEVEN)
        assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")


@pytest.mark.parametrize("path", ["/v1/predict", "/v1/read", "/v1/read?grid=3x3", "/v1/explain"])
def test_an_error_names_the_file_that_was_sent(server: Server, path: str) -> None:
    body, kind = form(("torn.png", as_png(seven().resize((600, 800)))[:1000]))
    answer = server.post(path, body, kind)
    assert answer.status == 422
    assert json.dumps(answer.json).count('"torn.png: is damaged') == 1


def test_an_explanation_is_of_the_picture_as_it_was_read(server: Server) -> None:
    """One that states a turn which it does not need, as some phones' photos do."""
    exif = Image.Exif()
    exif[274] = 3  # upside down
    content = io.BytesIO()
    seven().save(content, "PNG", exif=exif)
    (prediction,), (given,) = Recognizer.load("classic").predict(
        [Image.open(io.BytesIO(content.getvalue()))], return_inputs=True
    )
    assert given is not None
    found = server.post("/v1/explain", content.getvalue()).json
    assert (found["label"], found["seen"]) == (prediction.label, given.tolist())


def test_the_models_are_listed(server: Server) -> None:
    found = server.ask("GET", "/v1/models").json
    assert found["serving"] == "classic"
    assert sorted(each["name"] for each in found["models"]) == shipped_models()
    assert "/" not in json.dumps([each["name"] for each in found["models"]])


def test_it_tells_how_it_is(server: Server) -> None:
    assert server.ask("GET", "/healthz").json == server.ask("GET", "/readyz").json == {"status": "ok"}
    server.post("/v1/predict", SEVEN)
    told = server.ask("GET", "/metrics").body.decode()
    for name in ('path="/v1/predict",status="200"', 'digits_predictions_total{status="ok"}', "digits_batch_size_sum"):
        assert name in told
    assert "process_resident_memory_bytes" in told


def test_what_is_unknown_is_a_problem(server: Server) -> None:
    for method, path, status in (("GET", "/nowhere", 404), ("GET", "/v1/predict", 405), ("DELETE", "/", 405)):
        answer = server.ask(method, path)
        assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
        assert answer.json["status"] == status
        assert answer.json["detail"].endswith(".")


def test_the_description_names_all_routes(server: Server) -> None:
    found = server.ask("GET", "/openapi.json").json
    assert set(found["paths"]) == {
        *("/v1/predict", "/v1/read", "/v1/explain", "/v1/models", "/healthz", "/readyz", "/metrics"),
    }
    predict = found["paths"]["/v1/predict"]["post"]
    example = predict["responses"]["200"]["content"]["application/json"]["example"]
    (answered,) = server.post("/v1/predict", SEVEN).json["predictions"]
    assert list(example["predictions"][0]) == list(answered)
    assert set(predict["requestBody"]["content"]) >= {"image/png", "multipart/form-data"}


def test_the_page_fetches_nothing_from_elsewhere(server: Server) -> None:
    answer = server.ask("GET", "/")
    assert answer.status == 200
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert b"http://" not in answer.body.replace(b"http://www.w3.org/", b"")
    assert b"https://" not in answer.body
    again = server.ask("GET", "/", if_none_match=answer.headers["etag"])
    assert (again.status, again.body) == (304, b"")


def test_the_log_says_no_more_than_it_must(server: Server) -> None:
    body, kind = form(("my-secret-name.png", SEVEN))
    server.post("/v1/predict?token=secret-query", body, kind)
    before = server.log.read_text().count('"path": "other"')
    server.ask("GET", "/secret-path")
    until = time.monotonic() + PATIENCE
    while server.log.read_text().count('"path": "other"') == before:  # a line is written once its answer is sent
        assert time.monotonic() < until
        time.sleep(0.05)
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    assert {"time", "level", "message", "method", "path", "status", "ms"} == set(lines[-1])
    assert (lines[-1]["path"], lines[-1]["status"]) == ("other", 404)
    assert "secret" not in server.log.read_text()
