"""What the server tells of itself: numbers for Prometheus, a line of JSON a request; nothing of what pictures show."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from digit_recognizer.prediction import Prediction

LOG = logging.getLogger("digit_recognizer.server")
_BATCH_BUCKETS = (1, 2, 4, 8, 16, 32)
_SECONDS_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
OTHER = "other"  # a path that is none of ours is a stranger's text, and stays out of logs and labels
METHODS = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE")


class Metrics:
    """Counters of one server, in a registry of its own."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram, PlatformCollector, ProcessCollector

        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.requests = Counter(
            "digits_requests", "Requests answered.", ["method", "path", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "digits_request_seconds", "Time to answer.", ["path"], buckets=_SECONDS_BUCKETS, registry=self.registry
        )
        self.predictions = Counter(
            "digits_predictions", "Pictures recognised, by status.", ["status"], registry=self.registry
        )
        self.batches = Histogram(
            "digits_batch_size", "Pictures answered together.", buckets=_BATCH_BUCKETS, registry=self.registry
        )

    def count(self, predictions: Iterable[Prediction]) -> None:
        """Note what was recognised."""
        for prediction in predictions:
            self.predictions.labels(prediction.status).inc()

    def to_text(self) -> bytes:
        """All of it in Prometheus's text format."""
        from prometheus_client import generate_latest

        return generate_latest(self.registry)


class AccessLogMiddleware:
    """ASGI middleware, the outermost: notes each request's path, status and time."""

    def __init__(self, app: ASGIApp, metrics: Metrics, paths: Collection[str]) -> None:
        """paths: those that are named in logs."""
        self.app, self.metrics, self.paths = app, metrics, frozenset(paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0  # no answer: the client left

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            self.note(scope, status, time.perf_counter() - began)

    def note(self, scope: Scope, status: int, seconds: float) -> None:
        """Write down one request."""
        path = scope["path"] if scope["path"] in self.paths else OTHER
        method = scope["method"] if scope["method"] in METHODS else OTHER
        self.metrics.requests.labels(method, path, str(status)).inc()
        self.metrics.seconds.labels(path).observe(seconds)
        LOG.info(
            "request",
            extra={"told": {"method": method, "path": path, "status": status, "ms": round(1000 * seconds, 2)}},
        )


class JsonLines(logging.Formatter):
    """A log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **getattr(record, "told", {}),
        }
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps(told)
