"""What every request passes first: who may ask, how much it may send, and how long it may take to send it."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from digit_recognizer.server.connections import KEY, Connection, too_long
from digit_recognizer.server.limits import Limits
from digit_recognizer.server.problems import MEDIA_TYPE, ProblemError, overloaded
from digit_recognizer.server.tokens import is_known

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_OPEN_PATHS = ("/", "/healthz", "/readyz")  # that need no token; the page's files neither
_OPEN_FOLDER = "/page/"
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
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
_Fields = dict[bytes, bytes]


class RequestGuard:
    """ASGI middleware; the app behind it sees whole bodies of requests that are allowed."""

    def __init__(self, app: ASGIApp, limits: Limits, hosts: Collection[str], tokens: Collection[bytes]) -> None:
        """hosts: names that a request may call the server by; addresses are let through where tokens are asked for.

        tokens: SHA-256 of those one of which a request must bear; none: none is asked for.
        """
        self.app, self.limits, self.tokens = app, limits, tokens
        self.hosts = frozenset(name.lower() for name in hosts)
        self.held = self.requests = 0  # bytes of bodies, requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        connection: Connection = scope["state"][KEY]
        connection.begin()
        self.requests += 1
        try:
            await self.answer(scope, receive, bounded(send, connection, self.limits.send_seconds))
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
        except ProblemError as problem:
            await refuse(problem, receive, send, self.limits.linger_seconds)
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
        self.check_host([value for name, value in pairs if name == b"host"])
        if scope["method"] not in _SAFE_METHODS:
            _check_origin(fields)
        path = scope["path"]
        if self.tokens and path not in _OPEN_PATHS and not path.startswith(_OPEN_FOLDER):
            self.check_token(fields)
        if self.requests > self.limits.requests:
            raise overloaded("Too many requests are in progress.")
        return fields

    def check_host(self, stated: list[bytes]) -> None:
        """Refuse a name that is not ours: a stranger's name that was made to point here (DNS rebinding)."""
        host = stated[0].decode("latin-1").lower() if len(stated) == 1 else ""
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        if name not in self.hosts and not (self.tokens and _is_address(name)):
            raise ProblemError(421, "The Host field does not name this server. Its owner can allow a name.")

    def check_token(self, fields: _Fields) -> None:
        """Refuse a request without a token that is known."""
        scheme, _, token = fields.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer" or not is_known(token.strip(), self.tokens):
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


def _is_address(name: str) -> bool:
    """Whether a host is a literal address, which nobody can point elsewhere."""
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def _check_origin(fields: _Fields) -> None:
    """Refuse what another site's page sends; programs that are no browser send neither field."""
    origin = fields.get(b"origin")
    same = origin is None or origin.partition(b"://")[2].lower() == fields.get(b"host", b"").lower()
    if not same or fields.get(b"sec-fetch-site", b"same-origin") not in (b"same-origin", b"none"):
        raise ProblemError(403, "Requests from pages of other sites are refused.")


def _too_large(limits: Limits) -> ProblemError:
    return ProblemError(413, f"A request may have {limits.body // 2**20} MiB. Send fewer or smaller pictures.")


def _replayed(body: bytes) -> Receive:
    """What hands a whole body to the app, once."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive


def bounded(send: Send, connection: Connection, seconds: float) -> Send:
    """`send` with the headers that every answer has; a client that takes nothing of it is dropped."""

    async def bounded_send(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *_HEADERS]
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
