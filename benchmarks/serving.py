"""`digits serve` against the plain way (FastAPI, PIL, eager torch) and LitServe, under the load of Debian's wrk.

One 28 x 28 PNG as the body of a POST, the model `cnn`, servers one after another in turn, each in a process of its own
on this machine, wrk beside it. Top load: as many requests as 32 connections get through. Half load: as many connections
as give about half of that, for the latency that a server has which is not worn out.

    python benchmarks/serving.py [--seconds 6] [--rounds 3] [--litserve PYTHON] [--json FILE|-]
    python benchmarks/serving.py --soak MINUTES [--json FILE|-]

--litserve: the interpreter of an environment that has LitServe beside this project (pip install litserve); it takes no
bare picture, so it gets the same one in a form. --soak: half load for so long on `digits serve` alone, for its memory
and its errors; it tells no times, so that other programs may run meanwhile.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from common import conditions, parser, report, say
from digit_recognizer import load_dataset

HERE = Path(__file__).parent / "servers"
MODEL, PORT, PATH = "cnn", 8765, "/v1/predict"
OURS = [sys.executable, "-m", "digit_recognizer", "serve", "--quiet", "--port", str(PORT), "--model", MODEL]
LIT = "litserve"
TOP = 32  # connections
FEWER = (1, 2, 3, 4, 6, 8, 12, 16)  # of which some number gives about half of the top load
FORM = "multipart/form-data; boundary=BOUND"
LUA = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "{kind}"
wrk.body = io.open("{body}", "rb"):read("*a")
function done(summary, latency)
    local e = summary.errors
    io.write(string.format("RESULT %d %d %d %d %d %d %d\\n", summary.requests, summary.duration,
        latency:percentile(50), latency:percentile(99), e.status, e.connect + e.read + e.write, e.timeout))
end
"""


def commands(litserve: str | None) -> dict[str, list[str]]:
    """How each server is started; litserve: the interpreter that has it, if any."""
    found = {"digits_serve": OURS, "plain": [sys.executable, str(HERE / "plain.py"), MODEL, str(PORT)]}
    return found | ({LIT: [litserve, str(HERE / "lit.py"), MODEL, str(PORT)]} if litserve else {})


@contextmanager
def running(command: list[str]) -> Iterator[int]:
    """A server that answers; the id of its process."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, start_new_session=True)
        try:
            for _ in range(240):
                if process.poll() is not None:
                    break
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", PORT), timeout=5):
                    break
                time.sleep(0.25)
            else:
                process.kill()
            if process.poll() is not None:
                log.seek(0)
                raise SystemExit(f"{command} does not answer:\n{log.read().decode()[-2000:]}")
            yield process.pid
        finally:
            process.terminate()
            process.wait(60)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # the workers that LitServe leaves behind


def make_script(folder: Path, name: str, picture: bytes) -> Path:
    """What tells wrk to send a picture as the server of this name takes it."""
    folder.mkdir()
    head = b'--BOUND\r\nContent-Disposition: form-data; name="picture"; filename="x.png"\r\n\r\n'
    as_form = name == LIT
    (folder / "body").write_bytes(head + picture + b"\r\n--BOUND--\r\n" if as_form else picture)
    script = folder / "post.lua"
    script.write_text(LUA.format(body=folder / "body", kind=FORM if as_form else "image/png"))
    return script


def address() -> str:
    return f"http://127.0.0.1:{PORT}{PATH}"


def load(script: Path, connections: int, seconds: float) -> dict[str, Any]:
    """What wrk measured: requests a second, latency in milliseconds, errors."""
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{round(seconds)}s",
        "--timeout",
        "10s",
        "-s",
        str(script),
        address(),
    ]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)", told)
    assert found, told
    requests, microseconds, p50, p99, status, broken, late = map(int, found.groups())
    return {
        "connections": connections,
        "requests": requests,
        "requests_per_s": requests / microseconds * 1e6,
        "p50_ms": p50 / 1000,
        "p99_ms": p99 / 1000,
        "errors": status + broken + late,
    }


def memory(pid: int) -> float:
    """Memory that a process and its children have filled, MB; without files, whose share hangs on other processes."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        own = re.search(r"^Pss_Anon:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    except (FileNotFoundError, ProcessLookupError):  # it has ended
        return 0.0
    return (int(own[1]) / 1000 if own else 0.0) + sum(memory(int(child)) for child in children)


def half_load(script: Path, top: float, seconds: float) -> dict[str, Any]:
    """The run whose requests a second come nearest to half of the top load, among growing numbers of connections."""
    runs: list[dict[str, Any]] = []
    for connections in FEWER:
        runs.append(load(script, connections, seconds))
        if runs[-1]["requests_per_s"] > top / 2:
            break
    return min(runs, key=lambda run: abs(run["requests_per_s"] - top / 2))


def measure_server(command: list[str], script: Path, seconds: float) -> dict[str, Any]:
    """One server: warmed up, at top load, at half of it; its memory before and after."""
    with running(command) as pid:
        load(script, TOP, max(2, seconds / 5))
        before = memory(pid)
        top = load(script, TOP, seconds)
        return {
            "top": top,
            "half": half_load(script, top["requests_per_s"], seconds),
            "memory_mb": {"before": before, "after": memory(pid)},
        }


def soak(minutes: float) -> dict[str, Any]:
    """`digits serve` under half load for long: requests, errors, and its memory each minute."""
    with tempfile.TemporaryDirectory() as folder, running(OURS) as pid:
        script = make_script(Path(folder) / "digits_serve", "digits_serve", picture())
        connections = half_load(script, load(script, TOP, 10)["requests_per_s"], 5)["connections"]
        memories, runs = [memory(pid)], []
        for minute in range(max(1, round(minutes))):
            runs.append(load(script, connections, min(60, 60 * minutes)))
            memories.append(memory(pid))
            say(f"minute {minute + 1}: {runs[-1]['requests']} requests, {memories[-1]:.1f} MB")
    return {
        "minutes": minutes,
        "connections": connections,
        "requests": sum(run["requests"] for run in runs),
        "errors": sum(run["errors"] for run in runs),
        "memory_mb": memories,
    }


def picture() -> bytes:
    """The PNG that is sent."""
    image = load_dataset("mnist").split("validation").take(np.arange(1))[0]
    content = io.BytesIO()
    Image.fromarray(image).save(content, "PNG")
    return content.getvalue()


def measure(seconds: float, rounds: int, litserve: str | None) -> dict[str, Any]:
    """All servers in turn, and the ratio of the medians of their requests a second."""
    started = commands(litserve)
    sent = picture()
    with tempfile.TemporaryDirectory() as folder:
        scripts = {name: make_script(Path(folder) / name, name, sent) for name in started}
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in started}
        for _ in range(rounds):
            for name, command in started.items():
                found[name].append(measure_server(command, scripts[name], seconds))
                say(f"{name}: {found[name][-1]['top']['requests_per_s']:.0f} a second")
    speeds = {name: statistics.median(run["top"]["requests_per_s"] for run in runs) for name, runs in found.items()}
    if not all(speeds.values()):
        raise SystemExit(f"a server answered nothing in {seconds:g} seconds: {speeds}. Is the machine busy?")
    return {
        **{"model": MODEL, "picture_bytes": len(sent), "seconds": seconds, "servers": found},
        "requests_per_s": speeds,
        "ratio": {name: speeds["digits_serve"] / speed for name, speed in speeds.items()},
        "litserve": version_of(litserve) if litserve else None,
    }


def version_of(litserve: str) -> str:
    """The version of LitServe that an interpreter has."""
    asked = [litserve, "-c", "from importlib.metadata import version; print(version('litserve'))"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("--seconds", type=float, default=6, help="of each load")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--litserve", metavar="PYTHON", help="the interpreter that has LitServe")
    arguments.add_argument("--soak", type=float, default=0, metavar="MINUTES", help="this alone")
    options = arguments.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed (Debian: apt-get install wrk)")
    if options.soak:
        report({"soak": soak(options.soak)}, options.json)
    else:
        report({**conditions(), "serving": measure(options.seconds, options.rounds, options.litserve)}, options.json)


if __name__ == "__main__":
    main()
