"""A process that works for another ends when that one is killed, on every system, even in the midst of its work."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

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
