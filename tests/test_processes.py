"""A process that works for another ends when that one is killed, on every system, even in the midst of its work."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from digit_recognizer.processes import cores, cpu_quota, process_pool

PATIENCE = 60  # seconds, of a test, on a busy machine
WORKERS = 2

# A parent whose two processes do not finish what they were given.
PARENTS = {
    "pool": """
from digit_recognizer.processes import process_pool
from test_processes import busy
pool = process_pool(2)
for _ in range(2):
    pool.submit(busy, port)
""",
    "server": """
import threading
from digit_recognizer.server.workers import Workers
from test_processes import all_busy
workers = Workers(all_busy, 2)
for _ in range(2):
    threading.Thread(target=workers.ask, args=([port],), daemon=True).start()
""",
}
BEGIN = """
import sys, time
sys.path.insert(0, sys.argv[1])
port = int(sys.argv[2])
if __name__ == "__main__":
"""


def busy(port: int) -> None:
    """Work until the test is over. The system closes the connection when this process ends, in whatever way."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.recv(1)


def all_busy(ports: list[int]) -> list[None]:
    """The same as an answer to questions."""
    return [busy(port) for port in ports]


@pytest.mark.parametrize("kind", PARENTS)
def test_processes_end_with_a_parent_that_was_killed(tmp_path: Path, kind: str) -> None:
    program = tmp_path / "parent.py"
    lines = [*PARENTS[kind].strip().splitlines(), "time.sleep(600)"]
    program.write_text(BEGIN + "".join(f"    {line}\n" for line in lines))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE)
        command = [sys.executable, program, Path(__file__).parent, str(server.getsockname()[1])]
        with subprocess.Popen(command) as parent:
            workers = [server.accept()[0] for _ in range(WORKERS)]
            parent.kill()
        for worker in workers:
            with worker:
                worker.settimeout(PATIENCE)
                assert ended(worker)


def ended(worker: socket.socket) -> bool:
    """Whether the process at the other end has ended, as it does without a word; TimeoutError where it goes on."""
    try:
        return worker.recv(1) == b""
    except ConnectionResetError:  # as Windows tells of it
        return True


def opencv_threads() -> int:
    from digit_recognizer.images.opencv import cv2

    return int(cv2.getNumThreads())


def test_opencv_takes_one_thread_in_a_process_that_works_for_another() -> None:
    """Processes of a core each, with threads on every core each, would take turns on the same cores."""
    with process_pool(1) as pool:
        assert pool.submit(opencv_threads).result(PATIENCE) == 1


@pytest.mark.parametrize(
    ("groups", "files", "quota"),
    [
        ("0::/\n", {"cpu.max": "50000 100000"}, 0.5),  # what a container sees of version 2
        ("0::/a/b\n", {"cpu.max": "max 100000", "a/cpu.max": "150000 100000", "a/b/cpu.max": "max 100000"}, 1.5),
        ("0::/a/b\n", {"a/cpu.max": "max 100000"}, None),
        ("4:cpu,cpuacct:/x\n", {"cpu/cpu.cfs_quota_us": "200000", "cpu/cpu.cfs_period_us": "100000"}, 2.0),
        ("4:cpu,cpuacct:/\n0::/\n", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ("0::/\n", {"cpu.max": "nonsense"}, None),
        ("nonsense", {}, None),
        (None, {}, None),
    ],
)
def test_a_containers_quota_is_read(
    tmp_path: Path, groups: str | None, files: dict[str, str], quota: float | None
) -> None:
    if groups is not None:
        (tmp_path / "proc/self").mkdir(parents=True)
        (tmp_path / "proc/self/cgroup").write_text(groups)
    for name, content in files.items():
        path = tmp_path / "sys/fs/cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    assert cpu_quota(tmp_path) == quota
    assert cores() >= 1
