"""One recognizer with the threads that work for its clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from threading import Event
from typing import Any, Literal, TypeVar

from digit_recognizer.decoding import Decoders
from digit_recognizer.models.cards import read_cards
from digit_recognizer.recognizer import Recognizer
from digit_recognizer.schemas.predictions import ExplanationObject, PredictionObject, prediction_object
from digit_recognizer.schemas.readings import GridObject, LineObject, PageObject
from digit_recognizer.server.batching import Batcher
from digit_recognizer.server.limits import Limits
from digit_recognizer.server.metrics import Metrics
from digit_recognizer.server.problems import ProblemError, log_remedies
from digit_recognizer.server.uploads import Upload
from digit_recognizer.server.work import (
    Reading,
    Recognised,
    elsewhere,
    explain_upload,
    kept_file,
    predict_elsewhere,
    predict_uploads,
    read_grid_upload,
    read_line_upload,
    read_upload,
)
from digit_recognizer.server.workers import Workers

T = TypeVar("T")
_DECODERS = 3  # processes: for photos, for explanations, and one in reserve
Shape = tuple[int, int] | None


class Service:
    """Answers for uploads. What takes long has threads of its own, so that a drawing never waits for a photo."""

    def __init__(self, recognizer: Recognizer, limits: Limits, processes: int = 0) -> None:
        """processes: that recognise pictures of one digit, each with the model in its memory; 0: a thread does it."""
        self.recognizer, self.limits, self.metrics = recognizer, limits, Metrics()
        self.header = recognizer.model.header
        self.decoders = Decoders(_DECODERS if processes else _DECODERS + 1)
        quick: dict[str, Any] = {"quick_pixels": limits.quick_pixels, "cpu_seconds": limits.quick_seconds}
        self.kept = kept_file(recognizer) if processes else None
        there = partial(predict_elsewhere, elsewhere(recognizer, self.kept), **quick) if self.kept else None
        self.workers = Workers(there, processes) if there else None
        self.quick: Batcher[Upload, Recognised | None] = Batcher(
            self.workers.ask if self.workers else partial(predict_uploads, recognizer, self.decoders, **quick),
            limits.pictures,
            threads=self.workers.threads if self.workers else 1,
            on_batch=self.metrics.batches.observe,
        )
        self.photos: Batcher[Callable[[], object], object] = Batcher(_each_called, limits.photos, 1, 0)
        self.explanations: Batcher[Callable[[], object], object] = Batcher(_each_called, limits.explanations, 1, 0)

    async def begin(self) -> None:
        """Wait for the processes, so that the first picture need not."""
        await asyncio.to_thread(self.decoders.wait)
        if self.workers:
            await asyncio.to_thread(self.workers.begin)

    async def predict(self, uploads: list[Upload], probabilities: bool) -> tuple[list[PredictionObject], int]:
        """What is recognised on each picture, and the status of an answer that holds nothing else."""
        answers = await self.quick.ask(uploads)
        for number, answer in enumerate(answers):
            if answer is None:
                answers[number] = await self.predict_large(uploads[number])
        found = [answer for answer in answers if answer is not None]
        log_remedies(answer.remedy for answer in found)
        self.metrics.count(answer.prediction for answer in found)
        objects = [prediction_object(answer.prediction, self.header, probabilities) for answer in found]
        return objects, _worst_of([answer.status for answer in found])

    async def predict_large(self, upload: Upload) -> Recognised | None:
        """What is recognised on a picture that takes long to decode."""
        left = Event()
        bounds = {"seconds": self.limits.reading_seconds, "is_left": left.is_set}
        try:
            work = partial(predict_uploads, self.recognizer, self.decoders, [upload], **bounds)
            ((found,),) = await called(self.photos, [work])
        finally:
            left.set()
        return found

    async def read(
        self, uploads: list[Upload], what: Literal["pages", "grids", "lines"], shape: Shape = None
    ) -> tuple[list[PageObject] | list[GridObject] | list[LineObject], int]:
        """The numbers, the grid of a shape or of any, or the line in each photo, and the status as for `predict`."""
        left = Event()
        reading = self.reading(left)
        try:
            if what == "lines":
                lines = await called(self.photos, [partial(read_line_upload, reading, each) for each in uploads])
                return [each for each, _ in lines], _worst_of([status for _, status in lines])
            if what == "grids":
                grids = await called(self.photos, [partial(read_grid_upload, reading, each, shape) for each in uploads])
                return [each for each, _ in grids], _worst_of([status for _, status in grids])
            pages = await called(self.photos, [partial(read_upload, reading, each) for each in uploads])
            return [each for each, _ in pages], _worst_of([status for _, status in pages])
        finally:
            left.set()

    def check_reads(self) -> None:
        """Raise ProblemError where the model cannot read numbers."""
        from digit_recognizer.reading.digits import why_not

        reason = why_not(self.header)
        if reason:
            raise ProblemError(
                422,
                f"The model of this server, {self.header.name}, cannot read numbers: {reason}."
                " Send pictures of one class each to /v1/predict.",
            )

    async def explain(self, upload: Upload, label: str | None) -> ExplanationObject:
        """What the model saw of a picture, and which pixels spoke. Raises ImageError, ConfigError."""
        left = Event()
        try:
            (found,) = await called(self.explanations, [partial(explain_upload, self.reading(left), upload, label)])
        finally:
            left.set()
        return found

    def reading(self, left: Event) -> Reading:
        """What photos are read with. left: is set once nobody waits for them."""
        return Reading(self.recognizer, self.decoders, self.limits.reading_seconds, left)

    def models(self) -> dict[str, Any]:
        """The shipped models with their test figures; name, classes and caveats of the one that answers."""
        fields = ("name", "purpose", "parameters", "bytes", "test")
        cards = [{field: getattr(card, field) for field in fields} for card in read_cards()]
        told = {"classes": list(self.header.class_names), "caveats": list(self.header.caveats)}
        return {"serving": self.header.name, **told, "models": cards}

    def is_ready(self) -> bool:
        """Whether a picture would be answered soon."""
        can_work = self.decoders.is_ready() and (self.workers is None or self.workers.is_ready())
        return can_work and len(self.quick.queue) < self.limits.pictures / 2

    def close(self) -> None:
        """End the threads and the processes."""
        for batcher in (self.quick, self.photos, self.explanations):
            batcher.close()
        if self.workers:
            self.workers.close()
        self.decoders.close()
        if self.kept:
            self.kept.close()


def _each_called(works: list[Callable[[], object]]) -> list[object]:
    return [work() for work in works]


async def called(batcher: Batcher[Callable[[], object], object], works: Sequence[Callable[[], T]]) -> list[T]:
    """What pieces of work give, done one after another by a batcher's thread."""
    return await batcher.ask(works)  # type: ignore[return-value]  # what the works returned


def _worst_of(statuses: list[int]) -> int:
    """200 where any picture could be read; otherwise the first one's."""
    return 200 if 200 in statuses else statuses[0]
