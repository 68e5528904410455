"""Fashion-MNIST: downloaded by torchvision's own code from a server of this test, found, or refused."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torchvision.datasets import FashionMNIST

from digit_recognizer.data import SPECS, Dataset, list_datasets, load_dataset
from digit_recognizer.data.idx_sets import DEBIAN_FASHION_MNIST
from digit_recognizer.errors import DataError, DigitRecognizerWarning

RAW = Path("FashionMNIST", "raw")
CLOSED = "http://127.0.0.1:9/"  # the discard port: refused at once, on any machine
LABELS = {"train": np.arange(200) % 10, "t10k": np.arange(50) % 10}


class Handler(SimpleHTTPRequestHandler):
    """Serves files, and counts; `rude` closes the connection without a word, `wrong` sends other bytes."""

    asked: list[str]
    manner: str

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.manner == "rude":
            self.close_connection = True
        elif self.manner == "wrong":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>Sign in to the network first</html>")
        else:
            super().do_GET()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def image_of(label: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.full((28, 28), 20 * label + 5, np.uint8)


def idx_files() -> dict[str, bytes]:
    """A small set in the published format: the label can be told from each image."""
    files = {}
    for part, labels in LABELS.items():
        pixels = np.stack([image_of(label) for label in labels]).tobytes()
        header = np.array([2051, len(labels), 28, 28], ">u4").tobytes()
        files[f"{part}-images-idx3-ubyte"] = header + pixels
        files[f"{part}-labels-idx1-ubyte"] = (
            np.array([2049, len(labels)], ">u4").tobytes() + labels.astype(np.uint8).tobytes()
        )
    return files


@pytest.fixture
def packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the gz files of a small set that stands in for Fashion-MNIST; no mirror is reachable."""
    folder = tmp_path / "packed"
    folder.mkdir()
    files = idx_files()
    for name, content in files.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(content, mtime=0))
    spec = replace(
        SPECS["fashion-mnist"],
        counts={"train": 160, "validation": 20, "calibration": 20, "test": 50},
        sha256={name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    )
    md5s = [(path.name, hashlib.md5(path.read_bytes()).hexdigest()) for path in sorted(folder.iterdir())]
    monkeypatch.setitem(SPECS, "fashion-mnist", spec)
    monkeypatch.setattr(FashionMNIST, "resources", md5s)
    monkeypatch.setattr(FashionMNIST, "mirrors", [CLOSED])
    monkeypatch.setattr("digit_recognizer.data.idx_sets.DEBIAN_FASHION_MNIST", tmp_path / "not installed")
    return folder


@pytest.fixture
def server(packed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Handler]]:
    """A mirror on this machine."""
    handler = type("ThisHandler", (Handler,), {"asked": [], "manner": "polite"})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(packed))) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        monkeypatch.setattr(FashionMNIST, "mirrors", [f"http://127.0.0.1:{running.server_port}/"])
        yield handler
        running.shutdown()
        thread.join()


def check(dataset: Dataset) -> None:
    """Whether all images came through, each with its label."""
    assert {name: len(split) for name, split in dataset.splits.items()} == dict(dataset.spec.counts)
    for split in dataset.splits.values():
        images = split.take(np.arange(len(split)))
        assert np.array_equal(images, np.stack([image_of(label) for label in split.labels]))
        assert set(np.bincount(split.labels)) == {len(split) // 10}


def test_it_is_downloaded_once(server: type[Handler], tmp_path: Path) -> None:
    check(load_dataset("fashion-mnist", tmp_path / "data"))
    asked = server.asked.copy()
    assert set(asked) == {f"/{name}.gz" for name in SPECS["fashion-mnist"].sha256}
    check(load_dataset("fashion-mnist", tmp_path / "data"))
    assert server.asked == asked
    assert {p.name for p in (tmp_path / "data" / RAW).iterdir()} == set(SPECS["fashion-mnist"].sha256)


@pytest.mark.parametrize("manner", ["rude", "wrong"])
def test_a_server_that_fails_gives_the_remedy_and_leaves_nothing(
    server: type[Handler], tmp_path: Path, manner: str
) -> None:
    server.manner = manner
    with pytest.raises(DataError, match="could not be downloaded"):
        load_dataset("fashion-mnist", tmp_path / "data")
    assert server.asked
    assert [p for p in (tmp_path / "data").rglob("*") if p.is_file()] == []


def test_offline_the_error_names_files_and_folder_and_its_advice_works(packed: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load_dataset("fashion-mnist", tmp_path / "data")
    message = str(caught.value)
    assert message.count("\n") <= 2
    assert str(tmp_path / "data" / RAW) in message
    for path in packed.iterdir():
        assert path.name in message
        (tmp_path / "data" / RAW / path.name).write_bytes(path.read_bytes())
    check(load_dataset("fashion-mnist", tmp_path / "data"))


@pytest.mark.parametrize(
    "content", [b"", b"words", gzip.compress(b"x", mtime=0)[:-1], gzip.compress(b"another file", mtime=0)]
)
def test_a_damaged_file_of_the_users_is_not_unpacked(packed: Path, tmp_path: Path, content: bytes) -> None:
    own = tmp_path / "data" / RAW
    own.mkdir(parents=True)
    for path in packed.iterdir():
        (own / path.name).write_bytes(content)
    with pytest.raises(DataError, match="could not be downloaded"):
        load_dataset("fashion-mnist", tmp_path / "data")


def test_the_package_of_the_system_is_found(packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in packed.iterdir():  # Debian packs the files anew, so their md5s are not those that torchvision pins
        path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), compresslevel=1, mtime=7))
    monkeypatch.setattr("digit_recognizer.data.idx_sets.DEBIAN_FASHION_MNIST", packed)
    check(load_dataset("fashion-mnist", tmp_path / "data"))
    (tmp_path / "file").write_bytes(b"")
    with pytest.warns(DigitRecognizerWarning, match="cannot be written .* fashion-mnist is unpacked for this run only"):
        check(load_dataset("fashion-mnist", tmp_path / "file" / "data"))
    assert len([*packed.iterdir()]) == 4


def test_other_content_than_was_published_is_refused(
    server: type[Handler], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = SPECS["fashion-mnist"]
    name = "t10k-labels-idx1-ubyte"
    monkeypatch.setitem(SPECS, spec.name, replace(spec, sha256={**spec.sha256, name: "0" * 64}))
    with pytest.raises(DataError, match=f"fashion-mnist: {name} is not the published file"):
        load_dataset("fashion-mnist", tmp_path / "data")
    assert server.asked


@pytest.mark.usefixtures("packed")
def test_the_list_tells_absent_from_damaged(tmp_path: Path) -> None:
    def state() -> str:
        return next(each.state for each in list_datasets(tmp_path / "data") if each.spec.name == "fashion-mnist")

    before = state()
    folder = tmp_path / "data" / RAW
    folder.mkdir(parents=True)
    (folder / "t10k-labels-idx1-ubyte").write_bytes(b"")
    assert (before, state()) == ("not here", "damaged")


def test_the_real_set_where_it_is_installed(tmp_path: Path) -> None:
    if not DEBIAN_FASHION_MNIST.is_dir():
        pytest.skip(f"{DEBIAN_FASHION_MNIST} is absent: Debian's package dataset-fashion-mnist is not installed")
    dataset = load_dataset("fashion-mnist", tmp_path)
    assert {name: len(split) for name, split in dataset.splits.items()} == dict(dataset.spec.counts)
    assert np.bincount(dataset.training("all")[0].labels).tolist() == [6000] * 10
