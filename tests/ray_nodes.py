"""A Ray cluster of several nodes on this machine, each begun by `ray start` as its user would, and killed at will."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

OBJECTS = 80_000_000  # bytes of a node's object store, about the least that Ray takes
TRIES = 3  # Ray gives the processes of a node fifteen to thirty seconds to stand, too few on a busy machine


class Nodes:
    """Nodes with one core each; the first is the head."""

    def __init__(self, count: int) -> None:
        # In a folder with a short name: a socket's path has at most 107 characters, and a test's own folder has more.
        self.folder = Path(tempfile.mkdtemp(prefix="ray"))
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
        self.environment |= {"RAY_TMPDIR": str(self.folder), "RAY_USAGE_STATS_ENABLED": "0", "OMP_NUM_THREADS": "1"}
        self.environment |= dict.fromkeys(
            ("HOME", "USERPROFILE"), str(self.folder)
        )  # a user's home may hold a Ray token
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        self.running: list[subprocess.Popen[bytes]] = []
        try:
            self.start("--head", f"--port={port}", "--include-dashboard=false", "--no-monitor")
            for _ in range(count - 1):
                self.start(f"--address={self.address}")
        except BaseException:
            self.stop()
            raise

    def start(self, *arguments: str) -> None:
        """One node more. Raises RuntimeError with what Ray said where it does not stand."""
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--disable-usage-stats"]
        command += [f"--object-store-memory={OBJECTS}", "--num-cpus=1", *arguments]
        log = self.folder / f"node-{len(self.running)}.log"
        for _ in range(TRIES):
            with log.open("wb") as file:
                node = subprocess.Popen(command, stdout=file, stderr=file, env=self.environment)
            while node.poll() is None:
                if b"Ray runtime started" in log.read_bytes():
                    self.running.append(node)
                    return
                time.sleep(0.1)
            kill(self.processes() - self.standing())  # what it left
        raise RuntimeError(log.read_text()[-2000:])

    def standing(self) -> set[int]:
        """The processes of the nodes that stand."""
        processes = listed()
        return {pid for node in self.running for pid in tree(node.pid, processes)}

    def processes(self) -> set[int]:
        """All processes that were begun here, those too whose node has gone."""
        return self.standing() | {pid for pid, (_, title) in listed().items() if str(self.folder) in title}

    def titles(self, number: int) -> list[str]:
        """What the processes of a node call themselves; one at work is "ray::" and the function's name."""
        processes = listed()
        return [processes[pid][1] for pid in tree(self.running[number].pid, processes)]

    def kill(self, number: int) -> None:
        """Every process of a node at once, as when its machine loses its power."""
        kill(tree(self.running[number].pid, listed()))
        self.running[number].wait()

    def stop(self) -> set[int]:
        """Kill all nodes; the processes that are left after that, of which there should be none."""
        ours = self.processes()
        kill(ours)
        for node in self.running:
            node.wait()
        ends = time.monotonic() + 20
        while (left := ours & listed().keys()) and time.monotonic() < ends:
            time.sleep(0.1)
        shutil.rmtree(self.folder, ignore_errors=True)
        return left


def listed() -> dict[int, tuple[int, str]]:
    """Every process of this machine that lives: its parent and its title."""
    shown = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True)
    rows = (line.split(None, 3) for line in shown.stdout.splitlines())
    return {int(row[0]): (int(row[1]), row[3] if len(row) > 3 else "") for row in rows if not row[2].startswith("Z")}


def tree(root: int, processes: dict[int, tuple[int, str]]) -> set[int]:
    """A process and all that it began."""
    found = {root} & processes.keys()
    while more := {pid for pid, (parent, _) in processes.items() if parent in found} - found:
        found |= more
    return found


def kill(pids: set[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])
