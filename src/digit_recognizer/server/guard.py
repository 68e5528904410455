"""What every request passes first: who may ask, how much it may send, and how long it may take to send it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from digit_recognizer.server.access import Access, is_preflight
from digit_recognizer.server.connections import KEY, Connection, too_long
from digit_recognizer.server.encodings import check_encoding, is_packed, unpacked
from digit_recognizer.server.limits import Limits
from digit_recognizer.server.problems import MEDIA_TYPE, ProblemError, overloaded
from digit_recognizer.server.tokens import is_known

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_OPEN_PATHS = ("/", "/healthz", "/readyz")  # that need no token; the page's files neither
_OPEN_FOLDER = "/page/"
_HEADERS = (  # of every answer; the page fetches nothing from elsewhere and runs no script of others
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self';"
        b" manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), geolocation=(), microphone=()"),
)
_ENCODING = b"content-encoding"
_Fields = dict[bytes, bytes]


class RequestGuard:
    """ASGI middleware; the app behind it sees whole bodies of requests that are allowed."""

    def __init__(self, app: ASGIApp, limits: Limits, access: Access) -> None:
        self.app, self.limits, self.access = app, limits, access
        self.unpacking = asyncio.Semaphore(1)
        self.held = self.requests = 0  # bytes of bodies, requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        connection: Connection = scope["state"][KEY]
        connection.begin()
        self.requests += 1
        try:
            headers = [*_HEADERS, *self.access.cross_origin(scope)]
            await self.answer(scope, receive, bounded(send, connection, self.limits.send_seconds, headers))
        except asyncio.CancelledError:
            if not connection.lost:
                raise
        finally:
            self.requests -= 1
            connection.end()

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app answer, or refuse."""
        body = bytearray()
        try:
            fields = self.checked(scope)
            if _announces_body(fields):
                await self.fill(body, fields, receive)
                scope["state"][KEY].listen()
                await self.unpack(body, fields)
        except ProblemError as problem:
            await refuse(problem, receive, send, self.limits.linger_seconds)
        else:
            if is_preflight(scope):
                await send({"type": "http.response.start", "status": 204, "headers": []})
                await send({"type": "http.response.body", "body": b""})
            else:
                await self.app(scope, _replayed(bytes(body)), send)
        finally:
            self.held -= len(body)

    def checked(self, scope: Scope) -> _Fields:
        """The header's fields by name. Raises ProblemError for a request that is not allowed."""
        pairs: list[tuple[bytes, bytes]] = scope["headers"]
        size = sum(len(name) + len(value) + 4 for name, value in pairs) + len(scope["raw_path"])
        if size + len(scope["query_string"]) > self.limits.header or len(pairs) > self.limits.fields:
            raise too_long(self.limits)
        fields = dict(pairs)
        host = self.access.host_of(scope)
        self.access.check_host(host)
        if scope["method"] not in _SAFE_METHODS:
            self.access.check_origin(fields, host)
        check_encoding(fields.get(_ENCODING, b"").lower())
        path = scope["path"]
        is_open = path in _OPEN_PATHS or path.startswith(_OPEN_FOLDER) or is_preflight(scope)
        if self.access.tokens and not is_open:
            self.check_token(fields)
        if self.requests > self.limits.requests:
            raise overloaded("Too many requests are in progress.")
        return fields

    def check_token(self, fields: _Fields) -> None:
        """Refuse a request without a token that is known."""
        scheme, _, token = fields.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer" or not is_known(token.strip(), self.access.tokens):
            raise ProblemError(
                401, "A valid token is required: Authorization: Bearer TOKEN.", www_authenticate="Bearer"
            )

    async def fill(self, body: bytearray, fields: _Fields, receive: Receive) -> None:
        """Receive the body within its bounds. Raises ProblemError beyond them; `body` holds what had come by then."""
        length = fields.get(b"content-length", b"0")
        if not length.isdigit() or len(length) > 18 or int(length) > self.limits.body:
            raise _too_large(self.limits)
        try:
            async with asyncio.timeout(self.limits.body_seconds):
                more = True
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise ProblemError(400, "The request ended before its body was complete.")
                    more = self.take(body, message)
        except TimeoutError:
            raise ProblemError(408, f"The body did not arrive within {self.limits.body_seconds:g} seconds.") from None

    async def unpack(self, body: bytearray, fields: _Fields) -> None:
        """Undo the body's Content-Encoding. Raises ProblemError, as where bodies together become too large."""
        encoding = fields.get(_ENCODING, b"").lower()
        if not is_packed(encoding):
            return
        async with self.unpacking:  # one at a time: what unpacks to much must not take all cores
            content = await asyncio.to_thread(unpacked, bytes(body), encoding, self.limits.body)
        if self.held + len(content) - len(body) > self.limits.bodies:
            raise overloaded("Too many pictures are being received.")
        self.held += len(content) - len(body)
        body[:] = content

    def take(self, body: bytearray, message: Message) -> bool:
        """Add a piece of the body; whether more is to come."""
        piece: bytes = message.get("body", b"")
        if len(body) + len(piece) > self.limits.body:
            raise _too_large(self.limits)
        if self.held + len(piece) > self.limits.bodies:
            raise overloaded("Too many pictures are being received.")
        body += piece
        self.held += len(piece)
        return bool(message.get("more_body", False))


def _announces_body(fields: _Fields) -> bool:
    return fields.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in fields


def _too_large(limits: Limits) -> ProblemError:
    return ProblemError(413, f"A request may have {limits.body // 2**20} MiB. Send fewer or smaller pictures.")


def _replayed(body: bytes) -> Receive:
    """What hands a whole body to the app, once."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive


def bounded(send: Send, connection: Connection, seconds: float, headers: list[tuple[bytes, bytes]]) -> Send:
    """`send` with the headers that the answer has besides; a client that takes nothing of it is dropped."""

    async def bounded_send(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *headers]
        if not connection.is_full():  # it goes at once, and a timer would cost more than the sending
            await send(message)
            return
        try:
            async with asyncio.timeout(seconds):
                await send(message)
        except TimeoutError:
            connection.abort()

    return bounded_send


async def refuse(problem: ProblemError, receive: Receive, send: Send, linger: float) -> None:
    """Say why and close. What still comes is thrown away for a moment: closed at once, the client might not read it."""
    body = problem.to_json()
    headers: dict[str, Any] = {
        "content-type": MEDIA_TYPE,
        "content-length": str(len(body)),
        "connection": "close",
        **problem.headers,
    }
    encoded = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": problem.status, "headers": encoded})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    try:
        async with asyncio.timeout(linger):
            while (message := await receive())["type"] == "http.request" and message.get("more_body", False):
                pass
    except TimeoutError:
        pass
    await send({"type": "http.response.body", "body": b"", "more_body": False})
