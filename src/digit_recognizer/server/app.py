"""The routes: what is asked over HTTP, and what is answered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from digit_recognizer.errors import ConfigError, DigitRecognizerError
from digit_recognizer.reading.grid_shape import as_shape
from digit_recognizer.server import openapi
from digit_recognizer.server.access import Access
from digit_recognizer.server.guard import RequestGuard
from digit_recognizer.server.metrics import AccessLogMiddleware
from digit_recognizer.server.page import page_files
from digit_recognizer.server.problems import (
    MEDIA_TYPE,
    ProblemError,
    log_remedies,
    overloaded,
    remedy_of,
    status_of,
    to_json,
    told,
)
from digit_recognizer.server.routing import UnderPath, heads
from digit_recognizer.server.service import Service
from digit_recognizer.server.uploads import read_uploads
from digit_recognizer.version import __version__

JSON = "application/json"
PREDICT = "/v1/predict"
_GRID_HELP = "Read a ruled grid: its rows and columns, like 9x9, or auto. Default: numbers anywhere on the page."


def make_app(service: Service, access: Access, ready: Callable[[], None] | None) -> ASGIApp:
    """The whole server as an ASGI app, behind its guard. ready: called once the server begins."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await service.begin()
        if ready:
            ready()
        yield
        service.close()

    app = FastAPI(
        title="Handwritten digit recognizer",
        version=__version__,
        description=openapi.DESCRIPTION,
        docs_url=None,  # its page would fetch scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.service = service
    _add_routes(app)
    _add_page(app)
    for kind in (ProblemError, DigitRecognizerError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, explained)
    paths = [path for route in app.routes if (path := getattr(route, "path", None))]
    guarded = RequestGuard(heads(shortened(app)), service.limits, access)
    return UnderPath(AccessLogMiddleware(guarded, service.metrics, paths), access.root_path)


def _add_routes(app: FastAPI) -> None:
    """The interface for programs."""
    app.post(PREDICT, **openapi.PREDICT)(predict)
    app.post("/v1/read", **openapi.READ)(read)
    app.post("/v1/explain", **openapi.EXPLAIN)(explain)
    app.get("/v1/models", **openapi.MODELS)(models)
    app.get("/healthz", **openapi.HEALTH)(healthz)
    app.get("/readyz", **openapi.READY)(readyz)
    app.get("/metrics", **openapi.METRICS)(metrics)


def shortened(app: FastAPI) -> ASGIApp:
    """The app, with a shorter way to what is asked most: its own routing takes longer than a small network."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (scope["method"], scope["path"], scope["query_string"]) != ("POST", PREDICT, b""):
            await app(scope, receive, send)
            return
        request = Request({**scope, "app": app}, receive)
        try:
            response = await predict(request)
        except Exception as error:
            response = await explained(request, error)
            await response(scope, receive, send)
            if response.status_code == 500:  # the server puts it into its log
                raise
        else:
            await response(scope, receive, send)

    return answered


def _add_page(app: FastAPI) -> None:
    """The files of the page, each under its own path; no path that a client names is looked up on a disk."""
    for path, (kind, content, tag) in page_files().items():
        app.get(path, include_in_schema=False)(serving(kind, content, tag))


def serving(kind: str, content: bytes, tag: str) -> Callable[[Request], Any]:
    """A handler that answers with one file."""

    async def serve_file(request: Request) -> Response:
        headers = {"etag": tag, "cache-control": "no-cache"}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=kind, headers=headers)

    return serve_file


async def predict(
    request: Request,
    probabilities: Annotated[bool, Query(description="Also return the probabilities of all classes.")] = False,
) -> Response:
    """Recognise the digit on each picture: the objects of `digits predict --json`, in order.

    A picture that cannot be read has the status "error" among others; where none can be, the answer is a problem.
    """
    service = _service_of(request)
    uploads = await read_uploads(request, service.limits.parts)
    objects, status = await service.predict(uploads, probabilities)
    return answer("predictions", objects, status)


async def read(
    request: Request,
    grid: Annotated[str | None, Query(description=_GRID_HELP)] = None,
    line: Annotated[bool, Query(description="Each picture is a crop of one line.")] = False,
) -> Response:
    """Read the numbers on each photo, its grid, or its one line: the objects of `digits read --json`, in order."""
    service = _service_of(request)
    if line and grid is not None:
        raise ConfigError("line and grid exclude each other. Send one of them.")
    shape = None if grid is None else as_shape(grid, "grid")
    uploads = await read_uploads(request, service.limits.photos_at_once)
    if not line:
        service.check_reads()
    what: Literal["pages", "grids", "lines"] = "lines" if line else "pages" if grid is None else "grids"
    objects, status = await service.read(uploads, what, shape)
    return answer(what, objects, status)


async def explain(
    request: Request,
    label: Annotated[
        str | None, Query(description="The class to explain, by its name; the most probable one by default.")
    ] = None,
) -> Response:
    """Show what the model saw of one picture, and which of its pixels spoke for a class (occlusion)."""
    service = _service_of(request)
    (upload,) = await read_uploads(request, 1)
    return Response(to_json(await service.explain(upload, label)), media_type=JSON)


async def models(request: Request) -> Response:
    """The shipped models, with what was measured of them, and which model answers here."""
    return Response(to_json(_service_of(request).models()), media_type=JSON)


async def healthz() -> Response:
    """The process lives."""
    return Response(to_json({"status": "ok"}), media_type=JSON)


async def readyz(request: Request) -> Response:
    """A picture sent now would be answered soon."""
    if not _service_of(request).is_ready():
        raise overloaded("Too many pictures are waiting.")
    return Response(to_json({"status": "ok"}), media_type=JSON)


async def metrics(request: Request) -> Response:
    """Counters in Prometheus's text format."""
    return Response(_service_of(request).metrics.to_text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


def answer(name: str, objects: list[Any], status: int) -> Response:
    """The objects under their name; a problem where none of them could be read."""
    if status == 200:
        return Response(to_json({name: objects}), media_type=JSON)
    raise ProblemError(status, objects[0]["error"])


async def explained(_request: Request, error: Exception) -> Response:
    """Any failure as problem+json."""
    problem = problem_of(error)
    return Response(problem.to_json(), problem.status, problem.headers, MEDIA_TYPE)


def problem_of(error: Exception) -> ProblemError:
    """What a client is told of a failure; of those that are no fault of its own, nothing."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        return ProblemError(422, f"{first['loc'][-1]}: {first['msg']}.")
    if isinstance(error, HTTPException):
        allow = (error.headers or {}).get("allow")
        return ProblemError(error.status_code, f"{error.detail}.", **({"allow": allow} if allow else {}))
    if isinstance(error, DigitRecognizerError) and status_of(error) < 500:
        log_remedies([remedy_of(error)])
        return ProblemError(status_of(error), told(error))
    return ProblemError(500, "Internal error. The server's log has the details.")
