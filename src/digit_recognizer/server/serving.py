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
from types import FrameType

from digit_recognizer.errors import ConfigError, require_extra
from digit_recognizer.recognizer import Recognizer
from digit_recognizer.server.guard import LOOPBACK
from digit_recognizer.server.limits import Limits

_BACKLOG = 512  # connections that the system keeps while none is accepted
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
) -> None:
    """Answer over HTTP until SIGTERM or SIGINT, then finish what is being answered and return.

    port: 0 for any that is free. tokens: SHA-256 of the tokens that let a client in (see `read_tokens`); without them
    host must be a loopback address. allowed_hosts: names by which clients may call the server, beside the host.
    processes: that recognise pictures beside this one, as for `Service`; a script that wants some serves under
    `if __name__ == "__main__"`. ready: told the address once clients can connect.
    Raises ConfigError for an address that cannot be had, or that needs tokens; MissingExtraError without the extra
    [serve].
    """
    require_extra("serve", "Serving")
    import uvicorn

    from digit_recognizer.server.app import make_app
    from digit_recognizer.server.connections import Connection
    from digit_recognizer.server.service import Service

    limits = limits or Limits()
    listener = listening(host, port, bool(tokens))
    address = _address_of(host, listener.getsockname()[1])
    hosts = {*LOOPBACK, _bracketed(host), *allowed_hosts}
    app = make_app(Service(recognizer, limits, processes), hosts, tokens, partial(ready, address) if ready else None)
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
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.freeze()  # what is there now stays: looking through it again and again for what may go costs every answer
    sys.setswitchinterval(_SWITCH_SECONDS)
    uvicorn.Server(config).run(sockets=[listener])


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
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(
            f"{host}, port {port}: cannot be listened on ({reason}). Name another port.", see=("port",)
        ) from error
    return listener


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
