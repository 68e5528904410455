"""What good clients of `digits serve` see while others send the worst that its limits let in.

    python benchmarks/attacks.py [--each 200] [--model classic] [--json FILE|-]

Eight clients send one kind of attack again and again, as soon as they are answered; meanwhile one good client sends a
small picture EACH times, a twentieth of a second apart. Its 99th percentile is compared with that of the same server
without an attack, before and after, in one run.
"""

from __future__ import annotations

import http.client
import io
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from common import conditions, parser, say, write

PORT, CLIENTS, PATIENCE, PAUSE = 8766, 8, 120, 0.05
PREDICT, READ = "/v1/predict", "/v1/read"


@dataclass(frozen=True)
class Attack:
    """One request that is sent again and again."""

    name: str
    path: str
    body: bytes
    kind: str = "image/png"
    encoding: str = ""
    leaves: bool = False  # without its answer


def picture(height: int, width: int, form: str, **options: Any) -> bytes:
    """Noise, which no format packs well, in an image file."""
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, form, **options)
    return content.getvalue()


def scans(width: int, height: int, count: int) -> bytes:
    """A progressive JPEG of one colour whose every scan goes over all blocks (ITU-T T.81, annexes B and G)."""
    content = b"\xff\xd8\xff\xdb" + struct.pack(">HB", 67, 0) + bytes([1] * 64)
    content += b"\xff\xc2" + struct.pack(">HBHHB", 11, 8, height, width, 1) + bytes([1, 0x11, 0])
    for table, symbol in ((0x00, 0), (0x10, 0x00)):  # one code each: the difference 0; the end of a block
        content += b"\xff\xc4" + struct.pack(">HB", 20, table) + bytes([1] + [0] * 15) + bytes([symbol])
    blocks = -(-width // 8) * -(-height // 8)
    bits = b"\x00" * -(-blocks // 8)
    first = b"\xff\xda" + struct.pack(">HB", 8, 1) + bytes([1, 0x00, 0, 0, 0]) + bits
    later = b"\xff\xda" + struct.pack(">HB", 8, 1) + bytes([1, 0x00, 1, 63, 0]) + bits
    return content + first + later * count + b"\xff\xd9"


def empty_png(side: int) -> bytes:
    """A PNG of few bytes and many pixels."""
    content = io.BytesIO()
    Image.new("L", (side, side), 255).save(content, "PNG")
    return content.getvalue()


def attacks() -> list[Attack]:
    """The worst of each kind that was found."""
    return [
        Attack("JPEG of 200 scans, 1 megapixel", PREDICT, scans(1000, 1000, 199), "image/jpeg"),
        Attack("JPEG of 200 scans, 25 megapixels", PREDICT, scans(5000, 5000, 199), "image/jpeg"),
        Attack("JPEG of 5,000 scans", PREDICT, scans(1000, 1000, 5000), "image/jpeg"),
        Attack("PNG of 64 megapixels", PREDICT, empty_png(8000)),
        Attack("PNG of noise, 0.4 megapixels", PREDICT, picture(632, 632, "PNG", compress_level=1)),
        Attack("JPEG 2000 of 3 megapixels", PREDICT, picture(1500, 2000, "JPEG2000"), "image/jp2"),
        Attack("photo of noise, 5 megapixels, to be read", READ, picture(2000, 2500, "JPEG"), "image/jpeg"),
        Attack("the same; the client leaves", READ, picture(2000, 2500, "JPEG"), "image/jpeg", leaves=True),
        Attack("gzip of 4 GB", PREDICT, _bomb(), encoding="gzip"),
        Attack("JSON of 30 MB", PREDICT, b"[" * (30 * 2**20), "application/json"),
    ]


def _bomb() -> bytes:
    """Zeros, packed."""
    packer, block = zlib.compressobj(9, zlib.DEFLATED, 31), bytes(2**24)
    return b"".join(packer.compress(block) for _ in range(256)) + packer.flush()


def ask(path: str, body: bytes, kind: str, encoding: str = "", leaves: bool = False) -> int:
    """The status of one answer; 0 where the connection ended, or was left."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=PATIENCE)
    try:
        connection.request("POST", path, body, {"content-type": kind, "content-encoding": encoding or "identity"})
        if leaves:
            time.sleep(PAUSE)
            return 0
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except OSError:
        return 0
    finally:
        connection.close()


@contextmanager
def under(attack: Attack | None, counts: Counter[int]) -> Iterator[None]:
    """The block, while eight clients send it again and again. counts: their answers' statuses."""
    over = threading.Event()

    def send() -> None:
        while not over.is_set() and attack is not None:
            counts[ask(attack.path, attack.body, attack.kind, attack.encoding, attack.leaves)] += 1

    threads = [threading.Thread(target=send) for _ in range(CLIENTS if attack else 0)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(1)  # until all are at it
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def good(each: int) -> dict[str, Any]:
    """How long good requests take, and what comes of them. It runs apart, so that it never waits for the attackers."""
    code = f"from attacks import good_here; print(good_here({each}))"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parent
    )
    times, right = found.stdout.rsplit(" ", 1)
    seconds = sorted(float(each) for each in times.split())
    return {"median_ms": _at(seconds, 0.5), "p99_ms": _at(seconds, 0.99), "answered": int(right), "n": each}


def _at(seconds: list[float], share: float) -> float:
    return round(1000 * seconds[min(len(seconds) - 1, int(share * len(seconds)))], 1)


def good_here(each: int) -> str:
    """The seconds of each request, and how many were answered."""
    content = io.BytesIO()
    Image.fromarray(np.full((80, 60), 250, np.uint8)).save(content, "PNG")
    times, right = [], 0
    for _ in range(each):
        began = time.perf_counter()
        right += ask(PREDICT, content.getvalue(), "image/png") == 200
        times.append(time.perf_counter() - began)
        time.sleep(PAUSE)
    return " ".join(f"{each:.6f}" for each in times) + f" {right}"


def main() -> None:
    options = parser(__doc__ or "")
    options.add_argument("--each", type=int, default=200)
    options.add_argument("--model", default="classic")
    given = options.parse_args()
    command = [
        sys.executable,
        "-m",
        "digit_recognizer",
        "serve",
        "--quiet",
        "--port",
        str(PORT),
        "--model",
        given.model,
    ]
    rows: list[dict[str, Any]] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            server.stdout.readline()
            time.sleep(3)  # until all its processes have started
            for attack in (None, *attacks(), None):
                counts: Counter[int] = Counter()
                with under(attack, counts):
                    row = {"attack": attack.name if attack else "none", **good(given.each)}
                statuses = {str(status): count for status, count in sorted(counts.items())}
                rows.append({**row, "bytes": len(attack.body) if attack else 0, "statuses": statuses})
                say(str(rows[-1]))
        finally:
            server.terminate()
            server.wait()
    write({"rows": rows, "model": given.model, "clients": CLIENTS, "machine": conditions()}, given.json)


if __name__ == "__main__":
    main()
