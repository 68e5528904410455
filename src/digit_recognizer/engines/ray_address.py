"""Where a Ray cluster is said to be, and whether one answers there: Ray itself waits minutes for one that does not."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from digit_recognizer.errors import ConfigError

AUTO, LOCAL = "auto", "local"
_CLIENT = "ray://"
PATIENCE = 5.0  # seconds for the port to open, and for its first bytes
# Ray speaks gRPC, which is HTTP/2: a client's preface and empty settings are answered by settings (RFC 9113, 3.4).
_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
_FRAME = 9  # bytes of a frame's header
SETTINGS = 4  # the type of the frame that a server sends first, in byte 3


def check_answers(address: str) -> None:
    """Raise ConfigError, within seconds, where no Ray cluster can be at an address.

    address: HOST:PORT, ray://HOST:PORT, "auto" or "local". Whether a cluster has work to give is not looked at.
    """
    meant = known_address() if address == AUTO else address
    if meant is None or meant == LOCAL or ("://" in meant and not meant.startswith(_CLIENT)):
        return
    host, _, port = meant.removeprefix(_CLIENT).rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 2**16:
        raise unreachable(address, "an address is HOST:PORT, ray://HOST:PORT, auto or local")
    try:
        _greet(host.strip("[]"), int(port))
    except OSError as error:
        raise unreachable(address, f"{meant}: {error.strerror or error}") from error


def known_address() -> str | None:
    """What "auto" stands for: RAY_ADDRESS, or what `ray start` noted on this machine; None where neither is."""
    folder = os.environ.get("RAY_TMPDIR") or os.environ.get("TMPDIR") or "/tmp"
    noted = Path(folder) / "ray" / "ray_current_cluster"
    stated = os.environ.get("RAY_ADDRESS") or (noted.read_text("utf-8").strip() if noted.is_file() else None)
    return None if stated == AUTO else stated


def _greet(host: str, port: int) -> None:
    """Greet a port as gRPC does. Raises OSError where nobody answers, or answers otherwise."""
    with socket.create_connection((host, port), PATIENCE) as connection:
        if os.environ.get("RAY_USE_TLS", "0") not in ("", "0"):
            return  # what is behind the encryption, Ray finds out
        connection.settimeout(PATIENCE)
        connection.sendall(_GREETING)
        answer = connection.recv(_FRAME)
        if len(answer) < _FRAME or answer[3] != SETTINGS:
            raise ConnectionError("the server there is not a Ray cluster")


def unreachable(address: str, why: str) -> ConfigError:
    """What a user is told."""
    return ConfigError(
        f"Ray, {address}: no cluster answers ({why}). Start one with `ray start --head`, or work without Ray.",
        see=("ray",),
    )
