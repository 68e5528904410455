"""Serving one recognizer until told to end."""

from __future__ import annotations

import gc
import ipaddress
import logging
import signal
import socket
import sys
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from types import FrameType

from digit_recognizer.errors import ConfigError, require_extra
from digit_recognizer.recognizer import Recognizer
from digit_recognizer.server.access import LOOPBACK, Access, checked_origins, checked_proxies, checked_root
from digit_recognizer.server.limits import Limits

_BACKLOG = 512  # connections that the system keeps while none is accepted
_SOCKET_MODE = 0o660
_SWITCH_SECONDS = 0.0005  # Python's 5 ms would let a thread that decodes a picture hold up every answer


def serve(
    recognizer: Recognizer,
    host: str = "127.0.0.1",
    port: int = 8000,
    tokens: Collection[bytes] = (),
    allowed_hosts: Collection[str] = (),
    limits: Limits | None = None,
    processes: int = 0,
    ready: Callable[[str], None] | None = None,
    *,
    unix_socket: Path | None = None,
    root_path: str = "",
    allowed_origins: Collection[str] = (),
    trusted_proxies: Collection[str] = (),
) -> None:
    """Answer over HTTP until SIGTERM or SIGINT, then finish what is being answered and return.

    port: 0 for any that is free. tokens: SHA-256 of the tokens that let a client in (see `read_tokens`); without them
    host must be a loopback address. allowed_hosts: names by which clients may call the server, beside the host.
    processes: that recognise pictures beside this one, as for `Service`; a script that wants some serves under
    `if __name__ == "__main__"`. ready: told the address once clients can connect.
    unix_socket: listen at this path instead of host and port; who may connect is decided by the file's permissions.
    root_path: the path under which a reverse proxy shows this server. allowed_origins: of pages of other sites that may
    ask. trusted_proxies: addresses or networks of proxies whose X-Forwarded-Host is believed.
    Raises ConfigError for an address that cannot be had, or that needs tokens; MissingExtraError without the extra
    [serve].
    """
    require_extra("serve", "Serving")
    import uvicorn

    from digit_recognizer.server.app import make_app
    from digit_recognizer.server.connections import Connection
    from digit_recognizer.server.service import Service

    limits = limits or Limits()
    access = Access(
        frozenset(name.lower() for name in (*LOOPBACK, _bracketed(host), *allowed_hosts)),
        tokens,
        checked_origins(allowed_origins),
        checked_proxies(trusted_proxies),
        checked_root(root_path),
    )
    listener = listening_at(unix_socket) if unix_socket else listening(host, port, bool(tokens))
    address = f"unix:{unix_socket}" if unix_socket else _address_of(host, listener.getsockname()[1])
    app = make_app(Service(recognizer, limits, processes), access, partial(ready, address) if ready else None)
    config = uvicorn.Config(
        app,
        http=partial(Connection, limits),  # type: ignore[arg-type]  # called as the class is
        loop="asyncio",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # nobody is believed to speak for another address
        server_header=False,
        timeout_graceful_shutdown=limits.drain_seconds,
    )
    # Uvicorn raises the signal again once it has drained; that is the end that was asked for. SIGINT ends it even where
    # it was started to ignore that, as shells start what runs in the background: the exit status shall say so too.
    signal.signal(signal.SIGTERM, leave)
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # it prints a line for each damaged form
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.freeze()  # what is there now stays: looking through it again and again for what may go costs every answer
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        if unix_socket:
            unix_socket.unlink(missing_ok=True)


def leave(_signal: int, _frame: FrameType | None) -> None:
    """End with success."""
    sys.exit(0)


def listening(host: str, port: int, guarded: bool) -> socket.socket:
    """A socket on which clients can connect. Raises ConfigError."""
    if not guarded and not is_loopback(host):
        raise ConfigError(
            f"{host}: others can reach this address, so a token is needed. Make one first.\n"
            "Tokens and pictures are sent unencrypted: use a reverse proxy with TLS.",
            see=("serve", "token_file", "new_token"),
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named, asyncio sends small answers at once; else a client that asks again waits 40 ms for the
    # end of each answer (Nagle's algorithm and delayed acknowledgement).
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:  # "::" is every address of this machine, those of IPv4 too
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(host != "::"))
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(
            f"{host}, port {port}: cannot be listened on ({reason}). Name another port.", see=("port",)
        ) from error
    return listener


def listening_at(path: Path) -> socket.socket:
    """A socket at a path, which its owner and group may use. Raises ConfigError, as where a server listens there."""
    if not hasattr(socket, "AF_UNIX"):
        raise ConfigError(f"{path}: this system has no such sockets. Name a port.", see=("port",))
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket() and _is_deserted(path):
            path.unlink()
        listener.bind(str(path))
        path.chmod(_SOCKET_MODE)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"{path}: cannot be listened on ({error.strerror or error}). Name another path.", see=("unix_socket",)
        ) from error
    return listener


def _is_deserted(path: Path) -> bool:
    """Whether nobody listens at a socket's path any more."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        try:
            client.connect(str(path))
        except ConnectionRefusedError:
            return True
    return False


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bracketed(host: str) -> str:
    """A host as it stands in an address."""
    return f"[{host}]" if ":" in host else host


def _address_of(host: str, port: int) -> str:
    return f"http://{_bracketed(host)}:{port}"


def log_requests(quiet: bool) -> None:
    """Send the log to standard error, a line of JSON each: of every request, or of failures alone."""
    from digit_recognizer.server.metrics import JsonLines

    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    for name, level in (("digit_recognizer.server", logging.INFO), ("uvicorn.error", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.WARNING if quiet else level)
