"""One client's connection, watched: uvicorn waits for a slow sender as long as it likes to take, this does not."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from digit_recognizer.server.limits import Limits
from digit_recognizer.server.problems import ProblemError, overloaded, raw_response

KEY = "connection"  # of a request's ASGI state


class Connection(asyncio.Protocol):
    """Hands everything to uvicorn's protocol, bounds what comes before a request is understood, and tells its end.

    A connection is either waiting for a request, which bounds its bytes and its time, or at work on one, between
    `begin` and `end`, when `server.guard` bounds them.
    """

    def __init__(self, limits: Limits, config: Any, server_state: Any, app_state: dict[str, Any], _loop: Any) -> None:
        """The last four: what uvicorn gives a protocol."""
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

        self.limits = limits
        self.open = server_state.connections
        self.inner = HttpToolsProtocol(config, server_state, {**app_state, KEY: self}, _loop)
        self.inner.send_400_response = self.malformed  # type: ignore[assignment]  # its own is plain text
        self.loop = asyncio.get_running_loop()
        self.transport: asyncio.Transport | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.task: asyncio.Task[Any] | None = None  # that answers a request
        self.received = 0  # bytes since a request was last understood
        self.lost = self.refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.inner.connection_made(transport)
        if len(self.open) > 2 * self.limits.connections:
            self.abort()
        elif len(self.open) > self.limits.connections:
            self.refuse(overloaded("Too many connections are open."))
        else:
            self.set_timer(self.limits.header_seconds, self.silent)

    def data_received(self, data: bytes) -> None:
        if self.refused:
            return
        if self.task is None:
            if self.received > self.limits.header:
                self.refuse(too_long(self.limits))
                return
            if self.timer is None:  # a further request on this connection
                self.set_timer(self.limits.header_seconds, self.silent)
            self.received += len(data)
        self.inner.data_received(data)

    def eof_received(self) -> None:
        self.inner.eof_received()

    def pause_writing(self) -> None:
        self.inner.pause_writing()

    def resume_writing(self) -> None:
        self.inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self.set_timer(None)
        self.inner.connection_lost(exc)
        if self.task is not None:
            self.task.cancel()  # nobody waits for its answer

    def begin(self) -> None:
        """A request was understood; the task that calls this answers it."""
        self.set_timer(None)
        self.task, self.received = asyncio.current_task(), 0

    def listen(self) -> None:
        """Notice when the client leaves: after a large body uvicorn would not read on before the answer."""
        self.inner.flow.resume_reading()

    def is_full(self) -> bool:
        """Whether the client must take some of an answer before more of it can be sent."""
        return bool(self.inner.flow.write_paused)

    def end(self) -> None:
        """It is answered. What the client has not taken of the answer it must take soon."""
        self.task = None
        if not self.lost and self.transport is not None and self.transport.get_write_buffer_size():
            self.set_timer(self.limits.send_seconds, self.abort)

    def set_timer(self, seconds: float | None, then: Any = None) -> None:
        """Call `then` in so many seconds, in place of what was to come; None: nothing is to come."""
        if self.timer is not None:
            self.timer.cancel()
        self.timer = None if seconds is None else self.loop.call_later(seconds, then)

    def silent(self) -> None:
        """No whole header came in time."""
        if self.received:
            self.refuse(
                ProblemError(408, f"No complete request header arrived within {self.limits.header_seconds:g} seconds.")
            )
        else:
            self.abort()

    def refuse(self, problem: ProblemError) -> None:
        """Say why. What still comes is thrown away for a moment: closed at once, the client might not read it."""
        assert self.transport is not None
        self.refused = True
        self.transport.write(raw_response(problem))
        with contextlib.suppress(OSError):  # it has left already
            self.transport.write_eof()
        self.set_timer(self.limits.linger_seconds, self.abort)

    def malformed(self, _message: str) -> None:
        """Uvicorn's parser gave up. An earlier request may still be at work: closing ends that one, too."""
        assert self.transport is not None
        self.transport.write(raw_response(ProblemError(400, "Malformed HTTP/1.1 request.")))
        self.transport.close()

    def abort(self) -> None:
        """Close at once, whatever is still to be sent."""
        if self.transport is not None:
            self.transport.abort()


def too_long(limits: Limits) -> ProblemError:
    return ProblemError(431, f"The request's header has more than {limits.header} bytes or {limits.fields} fields.")
