"""ASGI wrappers that lead a request to its route: under a proxy's path, and HEAD as GET."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digit_recognizer.server.connections import KEY, Connection

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class UnderPath:
    """The app under a root path, whether the proxy in front of it takes that off or not."""

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self.app, self.root_path = app, root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self.root_path:
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]
        if path == self.root_path:  # what the page asks for is relative to a path that ends on a slash
            connection: Connection = scope["state"][KEY]
            connection.begin()
            await _redirect(f"{path}/", send)
            connection.end()
            return
        inside = path.removeprefix(self.root_path) if path.startswith(f"{self.root_path}/") else path
        await self.app({**scope, "path": inside, "root_path": self.root_path}, receive, send)


async def _redirect(path: str, send: Send) -> None:
    headers = [(b"location", path.encode("ascii")), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 308, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def heads(app: ASGIApp) -> ASGIApp:
    """The app, which answers HEAD as it answers GET; uvicorn sends no body then."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        as_get = scope["type"] == "http" and scope["method"] == "HEAD"
        await app({**scope, "method": "GET"} if as_get else scope, receive, send)

    return answered
