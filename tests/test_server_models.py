"""A server of a model that is no reader of digits: several labels, colour, and what its every answer must say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from digit_recognizer.errors import ModelFileError
from digit_recognizer.exporting import export_web
from helpers_cli import digits
from model_files import CAVEATS, write_reader_of_colour
from server_process import as_png, running, seven


@pytest.mark.parametrize("task", ["multi-class", "multi-label"])
def test_it_answers_as_the_command_does(tmp_path: Path, task: str) -> None:
    model = write_reader_of_colour(tmp_path / "colour.safetensors", task=task)
    (tmp_path / "seven.png").write_bytes(as_png(seven().convert("RGB")))
    expected = json.loads(digits("predict", "--json", "--model", model, tmp_path / "seven.png").out)
    assert expected["caveats"] == list(CAVEATS)
    with running(tmp_path, str(model)) as server:
        answer = server.post("/v1/predict", (tmp_path / "seven.png").read_bytes())
        assert answer.status == 200
        (found,) = answer.json["predictions"]
        assert found == expected | {"source": "picture 0"}
        assert ("labels" in found) == (task == "multi-label")
        explained = server.post("/v1/explain", (tmp_path / "seven.png").read_bytes()).json
        assert (explained["seen"], explained["heat"]) == (None, None)
        assert explained["prediction"]["caveats"] == list(CAVEATS)
        told = server.ask("GET", "/v1/models").json
        assert (told["classes"], told["caveats"]) == (["left", "middle", "right"], list(CAVEATS))


def test_the_page_without_a_server_takes_readers_of_digits_alone(tmp_path: Path) -> None:
    model = write_reader_of_colour(tmp_path / "colour.safetensors")
    with pytest.raises(ModelFileError, match="this model takes other pictures"):
        export_web(model, tmp_path / "page")
    assert not (tmp_path / "page").exists()
