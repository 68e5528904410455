"""The same tables by a Ray cluster as by this machine alone, though a node dies or the command is killed in mid-run."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from digit_recognizer.cli.options import with_values
from digit_recognizer.data import Dataset
from digit_recognizer.engines.ray_address import check_answers, known_address
from digit_recognizer.errors import ConfigError
from digit_recognizer.scoring import score
from helpers_cli import digits, digits_apart, is_complaint
from ray_nodes import Nodes, free_port
from scoring_files import Rows, archive_of, png, rows_in

pytestmark = pytest.mark.arithmetic

MODEL = "classic"
SHARDS, PICTURES = 50, 300
TRAIN = ("train", "--epochs", "1", "--seeds", "4", "--seed", "3", "--out", "seeds", "--quiet", "--json", "told.json")


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    """Two nodes of one core each."""
    pytest.importorskip("ray", reason="ray is not installed: the extra [scale] is absent")
    if sys.platform == "win32" or shutil.which("ps") is None:
        pytest.skip("this system lacks a ps that tells the processes of a node")
    made = Nodes(2)
    yield made
    assert not made.stop()


@pytest.fixture(scope="module")
def source(mnist: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Archives of digits, one picture in a hundred of them damaged."""
    folder = tmp_path_factory.mktemp("source")
    images = mnist.split("validation").take(np.arange(PICTURES))
    pictures = [b"damaged" if i % 100 == 7 else png(image) for i, image in enumerate(images)]
    for number in range(SHARDS):
        archive_of(folder / f"{number:02}.tar", pictures, number * PICTURES)
    return folder


def scoring(nodes: Nodes, source: Path, out: str, address: str, where: Path) -> subprocess.Popen[bytes]:
    """`digits score --ray`, running."""
    command = [sys.executable, "-m", "digit_recognizer", "score", str(source), "--out", out, "--model", MODEL]
    return subprocess.Popen(
        [*command, "--ray", address, "--json", "told.json", "--quiet"],
        cwd=where,
        env=nodes.environment,
        stderr=subprocess.PIPE,
    )


def finish(process: subprocess.Popen[bytes], code: int) -> str:
    """Wait for its end and give what it complained of; where it does not end, nothing of it is left."""
    try:
        _, complaint = process.communicate(timeout=150)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == code, complaint.decode()
    return complaint.decode()


def same(rows: Rows, expected: Rows) -> None:
    """The same rows, the probabilities within 1e-6."""
    both = zip(rows, expected, strict=True)
    assert all(one | {"probability": 0} == other | {"probability": 0} for one, other in both)
    given, wanted = (
        [np.nan if row["probability"] is None else row["probability"] for row in r] for r in (rows, expected)
    )
    np.testing.assert_allclose(np.array(given, float), np.array(wanted, float), rtol=0, atol=1e-6)


def parts_of(out: Path) -> list[Path]:
    """The parts that are there."""
    return list(out.glob("part-*"))


def wait_until(condition: Callable[[], bool], seconds: float = 120) -> None:
    """Look until it is so."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.05)


@pytest.mark.slow
def test_a_cluster_trains_what_this_machine_does(nodes: Nodes, tmp_path: Path) -> None:
    local, far = tmp_path / "local", tmp_path / "far"
    local.mkdir()
    far.mkdir()
    on_ray = [sys.executable, "-m", "digit_recognizer", *TRAIN, "--ray", nodes.address]
    killed = subprocess.Popen(on_ray, cwd=far, env=nodes.environment)
    while not list(far.glob("seeds/seed-*/model.onnx")) and killed.poll() is None:
        time.sleep(0.02)
    assert killed.poll() is None
    killed.kill()
    killed.wait()
    kept = {path: path.stat().st_mtime_ns for path in far.glob("seeds/seed-*/checkpoints/*")}
    done = subprocess.run(on_ray, cwd=far, env=nodes.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert any(path.exists() and path.stat().st_mtime_ns == when for path, when in kept.items())
    subprocess.run([sys.executable, "-m", "digit_recognizer", *TRAIN], cwd=local, env=nodes.environment, check=True)
    told = json.loads((far / "told.json").read_text())
    assert told == json.loads((local / "told.json").read_text())
    assert [row["seed"] for row in told["seeds"]] == [3, 4, 5, 6]
    for row in told["seeds"]:
        names = [{path.name for path in (place / row["run"]).iterdir()} for place in (far, local)]
        assert names[0] == names[1]
        ours, theirs = ((place / row["run"] / "model.safetensors").read_bytes() for place in (far, local))
        assert ours == theirs


@pytest.mark.slow
def test_a_killed_run_and_a_killed_node_cost_no_row(nodes: Nodes, source: Path, tmp_path: Path) -> None:
    local, out = tmp_path / "local", tmp_path / "out"
    score(source, local, MODEL, workers=1)
    process = scoring(nodes, source, "out", nodes.address, tmp_path)
    wait_until(lambda: len(parts_of(out)) >= 2 or process.poll() is not None)
    process.kill()
    process.communicate()
    process = scoring(nodes, source, "out", nodes.address, tmp_path)
    try:
        kept = len(parts_of(out))
        wait_until(lambda: len(parts_of(out)) >= kept + 4 or process.poll() is not None)
        wait_until(lambda: any("ray::work_on" in title for title in nodes.titles(1)) or process.poll() is not None)
        nodes.kill(1)
        there = len(parts_of(out))
    finally:
        finish(process, 1)  # the damaged pictures gave no answer
    assert 2 <= kept < kept + 4 <= there < SHARDS
    assert len({row["source"] for row in rows_in(out)}) == len(rows_in(out)) == SHARDS * PICTURES
    same(rows_in(out), rows_in(local))
    assert not list(out.glob(".part-*.tmp"))
    told = json.loads((tmp_path / "told.json").read_text())
    assert told["shards"] == SHARDS
    assert told["kept"] >= kept
    assert told["rows"]["error"] == SHARDS * PICTURES // 100


@pytest.mark.slow
def test_an_error_of_the_work_is_told_as_of_a_local_run(nodes: Nodes, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"picture": [b"none"]}), tmp_path / "a.parquet")
    process = scoring(nodes, tmp_path / "a.parquet", "out", "auto", tmp_path)
    complaint = finish(process, 2)
    assert complaint.strip().startswith(f"Error: {tmp_path / 'a.parquet'}: has no column 'image'")


@pytest.fixture
def no_cluster_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ray's folder, as if no cluster had ever been on this machine."""
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    (tmp_path / "ray").mkdir()
    return tmp_path / "ray"


def test_an_address_without_a_cluster_is_refused_at_once(no_cluster_known: Path) -> None:
    closed = f"127.0.0.1:{free_port()}"
    for address in (closed, f"ray://{closed}", "[::1]:1", "nowhere.invalid:6379"):
        with pytest.raises(ConfigError, match="no cluster answers"):
            check_answers(address)
    for address in ("", "6379", "host", "host:", "host:x", "host:0", "host:65536", "host:²"):
        with pytest.raises(ConfigError, match="HOST:PORT"):
            check_answers(address)
    check_answers("local")
    check_answers("auto")  # known nowhere: Ray says so itself, at once
    (no_cluster_known / "ray_current_cluster").write_text(closed)  # a machine that lost its power left it
    assert known_address() == closed
    with pytest.raises(ConfigError, match=closed):
        check_answers("auto")


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_what_is_no_cluster_is_told_from_one(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(answer)

        server = threading.Thread(target=serve)
        server.start()
        with pytest.raises(ConfigError, match="is not a Ray cluster"):
            check_answers(f"127.0.0.1:{listening.getsockname()[1]}")
        server.join()


@pytest.mark.slow
def test_the_command_says_that_no_cluster_answers(source: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="ray is not installed")
    address = f"127.0.0.1:{free_port()}"
    # Ray alone would wait for more than three minutes, longer than a command may take here.
    answer = digits_apart("score", source, "--out", tmp_path / "out", "--model", MODEL, "--ray", address)
    is_complaint(answer, f"Ray, {address}: no cluster answers", "ray start --head")
    assert not (tmp_path / "out").exists()


def test_an_address_may_be_left_out() -> None:
    assert with_values(["train", "--ray", "--seeds", "2"]) == ["train", "--ray", "auto", "--seeds", "2"]
    assert with_values(["score", "a", "--ray"]) == ["score", "a", "--ray", "auto"]
    assert with_values(["score", "--ray", "h:1", "a"]) == ["score", "--ray", "h:1", "a"]
    assert with_values([]) == []


def test_one_seed_is_not_dealt_out_and_no_cluster_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    is_complaint(digits("train", "--ray", "auto", "--out", "run"), "--seeds")
    pytest.importorskip("ray", reason="ray is not installed")
    address = f"127.0.0.1:{free_port()}"
    is_complaint(digits("train", "--ray", address, "--seeds", "2", "--out", "run"), "no cluster answers", "--ray")
    assert list(tmp_path.iterdir()) == []
