"""Every input is in the output once, whatever it came in, whatever was damaged, whenever the run was killed."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from digit_recognizer.data import Dataset
from digit_recognizer.errors import ConfigError, DataError, RunError, StorageError
from digit_recognizer.recognizer import Recognizer
from digit_recognizer.scoring import Settings, score, score_shard
from digit_recognizer.scoring import shards as shards_module
from digit_recognizer.scoring.inputs import inputs
from digit_recognizer.scoring.parts import counts_in, part_name
from digit_recognizer.scoring.plan import PLAN, SHARDS
from digit_recognizer.scoring.shards import Shard, find_shards
from helpers_cli import digits, is_complaint
from scoring_files import archive_of, png, rows_in, scored

MODEL = "classic"


@pytest.fixture(scope="module")
def pictures(mnist: Dataset) -> list[bytes]:
    """Sixty digits as PNG."""
    return [png(image) for image in mnist.split("validation").take(np.arange(60))]


def folder_of(path: Path, pictures: list[bytes]) -> Path:
    for number, content in enumerate(pictures):
        place = path / f"{number % 3}" / f"{number:03}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return path


def table_of(path: Path, pictures: list[bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    keys = [f"key {number}" for number in range(len(pictures))]
    pq.write_table(pa.table({"image": pictures, "key": keys}), path, row_group_size=25)
    return path


def settings_for(model: str = MODEL) -> Settings:
    return Settings(model, Recognizer.load(model).model.sha256)


@pytest.mark.arithmetic
def test_folders_archives_and_tables_give_what_predict_gives(pictures: list[bytes], tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "folder", pictures)
    expected = {
        path.name: (found.label, found.status, found.prediction_set)
        for path in folder.rglob("*.png")
        for found in Recognizer.load(MODEL).predict(str(path))
    }
    tar = archive_of(tmp_path / "tar" / "a.tar", pictures)
    table = table_of(tmp_path / "table" / "a.parquet", pictures)
    by_number = [expected[f"{number:03}.png"] for number in range(60)]
    for kind, source in (("folder", folder), ("tar", tar.parent), ("table", table)):
        rows = scored(source, tmp_path / f"out-{kind}", MODEL)
        assert len(rows) == 60
        assert len({row["source"] for row in rows}) == 60
        found = [(row["label"], row["status"], tuple(row["prediction_set"])) for row in rows]  # type: ignore[arg-type]
        if kind == "folder":
            assert all(value == expected[Path(str(row["source"])).name] for row, value in zip(rows, found, strict=True))
        else:
            assert found == by_number
        assert {row["model_sha256"] for row in rows} == {settings_for().model_sha256}


def test_the_unit_of_work_gives_the_same_part_at_every_call(pictures: list[bytes], tmp_path: Path) -> None:
    (shard,) = find_shards(str(archive_of(tmp_path / "a.tar", pictures)))
    score_shard(shard, str(tmp_path), settings_for())
    first = (tmp_path / part_name(0)).read_bytes()
    score_shard(shard, str(tmp_path), settings_for())
    assert (tmp_path / part_name(0)).read_bytes() == first
    assert not list(tmp_path.glob(".*.tmp"))


def test_what_cannot_be_read_is_a_row_with_the_reason(pictures: list[bytes], tmp_path: Path) -> None:
    damaged = [pictures[0], b"no picture", pictures[1][:40], b"", pictures[2]]
    rows = scored(archive_of(tmp_path / "a.tar", damaged), tmp_path / "out", MODEL)
    assert [row["status"] == "error" for row in rows] == [False, True, True, True, False]
    assert all(str(row["source"]) in str(row["error"]) for row in rows[1:4])
    assert counts_in(str(tmp_path / "out"))[0]["error"] == 3


def test_an_archive_cut_short_gives_what_is_there_and_one_row_more(pictures: list[bytes], tmp_path: Path) -> None:
    tar = archive_of(tmp_path / "a.tar", pictures)
    tar.write_bytes(tar.read_bytes()[: 20 * 2048 + 700])
    rows = scored(tar, tmp_path / "out", MODEL)
    assert 10 <= len(rows) < 60
    assert [row["status"] == "error" for row in rows] == [False] * (len(rows) - 1) + [True]
    assert "is truncated" in str(rows[-1]["error"])


def test_a_table_that_is_none_is_a_row_and_one_without_the_column_is_refused(
    pictures: list[bytes], tmp_path: Path
) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 no table")
    assert [row["status"] for row in scored(tmp_path / "a.parquet", tmp_path / "out", MODEL)] == ["error"]
    (shard,) = find_shards(str(table_of(tmp_path / "t" / "b.parquet", pictures[:20])))
    with pytest.raises(DataError, match="has no column 'picture'"):
        list(inputs(shard, "picture"))


def test_shards_of_a_folder_hold_every_file_once(
    pictures: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_of(tmp_path, pictures)
    monkeypatch.setattr(shards_module, "FILES", 7)
    found = list(find_shards(str(folder)))
    assert [shard.number for shard in found] == list(range(9))
    names = [place for shard in found for place in shard.places]
    assert len(names) == len(set(names)) == 60
    assert [Shard.from_line(shard.to_line()) for shard in found] == found
    assert list(find_shards(str(folder))) == found


def test_sources_that_cannot_be_scored_are_refused(pictures: list[bytes], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        list(find_shards(str(tmp_path / "absent")))
    with pytest.raises(DataError, match="cannot be reached"):
        list(find_shards("nosuchprotocol://x"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no pictures"):
        list(find_shards(str(tmp_path / "empty")))
    archive_of(tmp_path / "both" / "a.tar", pictures[:1])
    table_of(tmp_path / "both" / "b.parquet", pictures[:1])
    with pytest.raises(DataError, match="twice"):
        list(find_shards(str(tmp_path / "both")))


@pytest.mark.arithmetic
def test_a_run_goes_on_where_its_parts_end(pictures: list[bytes], tmp_path: Path) -> None:
    for number in range(4):
        archive_of(tmp_path / "in" / f"{number}.tar", pictures[number * 15 : number * 15 + 15], number * 15)
    out = tmp_path / "out"
    whole = score(tmp_path / "in", out, MODEL, workers=1)
    assert (whole.shards, whole.done, whole.inputs) == (4, 4, 60)
    kept = {part.name: part.stat().st_mtime_ns for part in out.glob("part-*")}
    before = rows_in(out)
    (out / part_name(2)).unlink()
    again = score(tmp_path / "in", out, MODEL, workers=2)
    assert (again.kept, again.done) == (3, 1)
    assert rows_in(out) == before
    still = {part.name: part.stat().st_mtime_ns for part in out.glob("part-*")}
    assert [still[name] == kept[name] for name in sorted(kept)] == [True, True, False, True]
    with pytest.raises(RunError, match="model_sha256"):
        score(tmp_path / "in", out, "mlp", workers=1)
    with pytest.raises(RunError, match="source"):
        score(tmp_path, out, MODEL, workers=1)
    with pytest.raises(ConfigError, match="workers"):
        score(tmp_path / "in", out, MODEL, workers=0)


def test_a_run_counts_what_it_kept_too(pictures: list[bytes], tmp_path: Path) -> None:
    for number in range(3):
        archive_of(tmp_path / "in" / f"{number}.tar", [*pictures[:4], b"none"], number * 5)
    whole = score(tmp_path / "in", tmp_path / "out", MODEL, workers=1)
    (tmp_path / "out" / part_name(1)).unlink()
    again = score(tmp_path / "in", tmp_path / "out", MODEL, workers=1)
    assert again.statuses == whole.statuses == counts_in(str(tmp_path / "out"))[0]
    assert whole.statuses["error"] == 3
    assert counts_in(str(tmp_path / "out"), [0, 2])[0]["error"] == 2
    assert not counts_in(str(tmp_path / "out"), [])[0]


def test_a_full_disk_is_said_and_leaves_no_half_a_part(
    pictures: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shard,) = find_shards(str(archive_of(tmp_path / "in" / "a.tar", pictures)))
    out = tmp_path / "out"
    out.mkdir()

    def full(_source: Path, _target: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        with pytest.raises(StorageError, match="Free some space"):
            score_shard(shard, str(out), settings_for())
    assert not list(out.iterdir())
    score_shard(shard, str(out), settings_for())
    assert len(rows_in(out)) == 60


def test_two_runs_do_not_share_a_folder(pictures: list[bytes], tmp_path: Path) -> None:
    from filelock import FileLock

    archive_of(tmp_path / "in" / "a.tar", pictures)
    (tmp_path / "out").mkdir()
    with FileLock(tmp_path / "out" / ".lock"), pytest.raises(RunError, match="another run"):
        score(tmp_path / "in", tmp_path / "out", MODEL, workers=1)


def test_the_command_tells_how_many_gave_no_answer(pictures: list[bytes], tmp_path: Path) -> None:
    archive_of(tmp_path / "in" / "a.tar", [*pictures[:5], b"none"])
    asked = "score", tmp_path / "in", "--out", tmp_path / "out", "--model", MODEL, "--workers", "1"
    answer = digits(*asked, "--json", "-")
    assert answer.code == 1
    told = json.loads(answer.out)
    assert (told["shards"], sum(told["rows"].values()), told["rows"]["error"]) == (1, 6, 1)
    is_complaint(digits("score", tmp_path / "absent", "--out", tmp_path / "o2"), "does not exist")


def test_pages_give_a_row_a_digit(pictures: list[bytes], tmp_path: Path) -> None:
    page = np.full((300, 500), 255, np.uint8)
    for place in range(3):
        digit = Image.open(io.BytesIO(pictures[place])).resize((56, 56))
        page[120:176, 120 + 50 * place : 176 + 50 * place] -= np.asarray(digit)
    folder = folder_of(tmp_path / "in", [png(page), png(np.full((300, 500), 255, np.uint8))])
    out = tmp_path / "out"
    out.mkdir()
    (shard,) = find_shards(str(folder))
    model = Recognizer.load("cnn").model
    score_shard(shard, str(out), Settings("cnn", model.sha256, read=True))
    rows = rows_in(out)
    assert [row["status"] for row in rows][-1] == "no digits"
    assert len({row["text"] for row in rows[:-1]}) >= 1
    assert all(row["width"] for row in rows[:-1])


@pytest.mark.slow
def test_runs_killed_at_random_moments_lose_nothing(pictures: list[bytes], tmp_path: Path) -> None:
    for number in range(24):
        archive_of(tmp_path / "in" / f"{number:02}.tar", pictures * 20, number * 1200)
    out, draw = tmp_path / "out", np.random.default_rng(0)
    command = [sys.executable, "-m", "digit_recognizer", "score", str(tmp_path / "in"), "--out", str(out)]
    command += ["--model", MODEL, "--quiet"]
    kept: dict[str, int] = {}
    for _ in range(8):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        time.sleep(float(draw.uniform(1.5, 5)))
        process.kill()
        process.wait()
        there = {part.name: part.stat().st_mtime_ns for part in out.glob("part-*")}
        assert all(there[name] == when for name, when in kept.items())
        for name in there:
            pq.read_table(out / name)  # whole
        time.sleep(2)  # its processes end with it; what they finish meanwhile counts
        kept = {part.name: part.stat().st_mtime_ns for part in out.glob("part-*")}
    assert subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0
    rows = rows_in(out)
    assert len(rows) == len({row["source"] for row in rows}) == 24 * 1200
    assert not list(out.glob(".part-*.tmp"))


def test_the_lines_that_are_printed_read_the_table(pictures: list[bytes], tmp_path: Path) -> None:
    """In real processes, on the folder as it lies, with the run's own files in it."""
    out = tmp_path / "it's scored"
    answer = digits("score", archive_of(tmp_path / "a.tar", pictures[:3]), "--out", out, "--model", MODEL, "--quiet")
    assert (answer.code, answer.out) == (0, "")
    said = digits("score", tmp_path / "a.tar", "--out", out, "--model", MODEL).out
    for line in said.partition("Read them with: ")[2].strip().split(", or "):
        library = line.partition("(")[0].rpartition(".")[0]
        command = [sys.executable, "-c", f"import {library}; print(len({line}))"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout.strip()) == (0, "3"), done.stderr
    assert said.count("read_") == 2


def test_what_is_left_of_another_run_is_refused(pictures: list[bytes], tmp_path: Path) -> None:
    source = archive_of(tmp_path / "set/a.tar", pictures[:3]).parent
    out = tmp_path / "out"
    score(source, out, "classic", workers=1)
    listed, part = (out / SHARDS).read_text(), (out / part_name(0)).read_bytes()
    lines = [
        listed[:-20],
        '{"number": 0}\n',
        "3\n",
        "[]\n",
        listed.replace('"number": 0', '"number": "0"'),
        "",
        listed * 2,
    ]
    (out / part_name(0)).unlink()
    for torn in lines:
        (out / SHARDS).write_text(torn)
        with pytest.raises(RunError, match=r"_shards.jsonl: (is damaged in line|has)"):
            score(source, out, "classic", workers=1)
    (out / SHARDS).write_text(listed)
    for garbage in (b"garbage", b"", part[:-30]):
        (out / part_name(0)).write_bytes(garbage)
        answer = digits("score", source, "--out", out, "--model", "classic", "--workers", 1)
        assert answer.code == 2
        assert "is damaged, so its rows cannot be counted" in answer.err
    (out / part_name(0)).write_bytes(part)
    for name in (PLAN, SHARDS):
        (out / name).unlink()
    with pytest.raises(RunError, match="may be of another run"):
        score(source, out, "classic", workers=1)
