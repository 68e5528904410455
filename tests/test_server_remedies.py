"""What only the owner of the machine can do is in the server's log; no client is told of commands and folders."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom.uid import JPEGLSLossless

from digit_recognizer.dicom.unpack import needs_others
from digit_recognizer.errors import ReaderMissingError
from digit_recognizer.installed import install_command
from digit_recognizer.server.app import problem_of
from digit_recognizer.server.problems import remedy_of
from server_process import Answer, Server, as_png, form, running, seven

SEVEN = as_png(seven())
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
BODIES = (HEIC, b"%PDF-1.7\n", b"\0" * 128 + b"DICM" + b"\0" * 64, b"no picture", SEVEN[:60], b"")
PATHS = ("/v1/predict", "/v1/predict?probabilities=true", "/v1/read", "/v1/read?grid=auto", "/v1/explain")
FOLDER = re.compile(r"""(^|[\s"'(=])(/\w|[A-Za-z]:\\)""")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server, with a process that recognises, without the packages that the extras `formats` and `medical` bring."""
    folder = tmp_path_factory.mktemp("server")
    absent = ["pillow_heif", "pypdfium2", "pydicom"]
    (folder / "sitecustomize.py").write_text(f"import sys\nsys.modules.update(dict.fromkeys({absent}))\n")
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(paths))
        with running(folder) as started:
            yield started


def remedies(log: Path) -> list[str]:
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return [each["message"] for each in lines if each["level"] == "warning"]


def is_for_clients(text: str) -> None:
    """A text names no command and no folder."""
    assert "install" not in text.lower()
    assert not FOLDER.search(text)


def is_refused(answer: Answer, name: str) -> None:
    assert (answer.status, answer.headers["content-type"]) == (415, "application/problem+json")
    assert answer.json["detail"] == f"{name}: this server does not read HEIC files. Send a PNG or JPEG."


@pytest.mark.parametrize("path", PATHS)
def test_a_kind_that_is_not_read_here_is_told_without_the_command_that_would_mend_it(server: Server, path: str) -> None:
    before = len(remedies(server.log))
    is_refused(server.post(path, *form(("x.heic", HEIC))), "x.heic")
    is_refused(server.post(path, HEIC, "image/heic"), "picture 0")
    told = remedies(server.log)[before:]
    assert len(told) == 2  # one a request
    for each in told:
        assert "pillow_heif" in each
        assert install_command("formats") in each
        assert "x.heic" not in each  # a client's words stay out of the log


@pytest.mark.parametrize("path", PATHS)
def test_no_problem_names_a_command_or_a_folder(server: Server, path: str) -> None:
    for content in BODIES:
        answer = server.post(path, content)
        assert answer.headers["content-type"] == "application/problem+json"
        is_for_clients(answer.json["detail"])


def test_among_other_pictures_it_is_told_alike_and_logged_once(server: Server) -> None:
    before = len(remedies(server.log))
    body, kind = form(("a.heic", HEIC), ("b.png", SEVEN), ("c.heic", HEIC))
    found = server.post("/v1/predict", body, kind).json["predictions"]
    assert [each["status"] for each in found] == ["error", "ok", "error"]
    for each in (found[0], found[2]):
        is_for_clients(each["error"])
        assert each["error"].endswith("does not read HEIC files. Send a PNG or JPEG.")
    assert len(remedies(server.log)) == before + 1


def test_a_missing_decoder_is_the_owners_too() -> None:
    error = needs_others("scan", JPEGLSLossless, ["pylibjpeg - requires numpy"])
    assert isinstance(error, ReaderMissingError)
    assert install_command("medical-codecs") in str(error)
    problem = problem_of(error)
    assert (problem.status, problem.detail) == (415, "scan: this server does not read DICOM files. Send a PNG or JPEG.")
    assert install_command("medical-codecs") in (remedy_of(error) or "")
