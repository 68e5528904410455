"""The whole unit of work: a shard in, a part out. Any engine may run it, anywhere, twice without harm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from digit_recognizer.decoding import own_decoders
from digit_recognizer.errors import ImageError
from digit_recognizer.images import Preprocess
from digit_recognizer.images.encoded import EncodedPicture
from digit_recognizer.images.notes import gathered, tell
from digit_recognizer.prediction import Prediction
from digit_recognizer.recognizer import BATCH, Recognizer, same_recognizer
from digit_recognizer.scoring.inputs import COLUMN, Input, inputs
from digit_recognizer.scoring.parts import part_name, write_part
from digit_recognizer.scoring.rows import Row, of_error, of_page, of_prediction, schema_of_pages, schema_of_pictures
from digit_recognizer.scoring.shards import Shard, in_chunks

_MOST_BYTES = 32 * 2**20  # of the files of a chunk, unless one alone has more,
_MOST_PIXELS = 4 * 2**20  # and of pixels recognised together: while they are, the next ones are decoded


@dataclass(frozen=True)
class Settings:
    """What decides the rows that a shard gives."""

    model: str  # a shipped name, a model file or a run folder, found wherever the work is done
    model_sha256: str  # of the file that was found where the work was planned
    max_error: float | None = None  # as for Recognizer.load
    column: str = COLUMN  # of tables
    read: bool = False  # pages of numbers, not a digit a picture


@dataclass(frozen=True)
class Done:
    """What came of a shard."""

    shard: Shard
    inputs: int
    statuses: dict[str, int]  # rows of each status
    left_out: dict[str, int] = field(default_factory=dict)  # members of an archive that are not pictures, by kind


def score_shard(shard: Shard, out: str, settings: Settings) -> Done:
    """Score one shard and write its part, whole or not at all; the same rows at every call.

    out: the folder of the parts, a local path or one that fsspec knows. A part that is there is written over. Raises
    ModelFileError where the model that is found here is another one, DataError for a table without the column,
    StorageError where the part cannot be written.
    """
    recognizer = same_recognizer(settings.model, settings.model_sha256, settings.max_error)
    counted, statuses, left_out = Counter[str](), Counter[str](), Counter[str]()

    def rows() -> Iterator[Row]:
        for chunk in in_chunks(inputs(shard, settings.column, left_out), BATCH, _size_of, _MOST_BYTES):
            counted["inputs"] += len(chunk)
            for row in rows_of(chunk, recognizer, settings):
                statuses[row["status"]] += 1
                yield row

    numbers = recognizer.model.header.numbers is not None
    schema = schema_of_pages() if settings.read else schema_of_pictures(numbers)
    write_part(out, part_name(shard.number), schema, rows(), left_out)
    return Done(shard, counted["inputs"], dict(statuses), dict(left_out))


def rows_of(chunk: list[Input], recognizer: Recognizer, settings: Settings) -> Iterator[Row]:
    """The rows of some inputs, in order."""
    if settings.read:
        for each in chunk:
            yield from _page_rows(each, recognizer, settings.model_sha256)
        return
    for each, prediction in zip(chunk, _predictions_of(chunk, recognizer), strict=True):
        yield of_prediction(prediction, each.source, settings.model_sha256, recognizer.model.header)


def _predictions_of(chunk: list[Input], recognizer: Recognizer) -> list[Prediction]:
    """What is recognised on each input, as `Recognizer.predict` does; an error stands in the place of its input."""
    with gathered() as notes:  # one line of a million pictures' notes, not one each
        pairs = zip(chunk, _decoded(chunk, recognizer), strict=True)
        groups = in_chunks(pairs, BATCH, lambda pair: int(getattr(pair[1], "nbytes", 0)), _MOST_PIXELS)
        found = [each for group in groups for each in _predictions_in(group, recognizer)]
    tell(notes)
    return found


def _predictions_in(group: list[tuple[Input, Any]], recognizer: Recognizer) -> Iterator[Prediction]:
    """What is recognised on some inputs whose pictures, or errors, are there."""
    ready = [(picture, given.source) for given, picture in group if not isinstance(picture, ImageError)]
    answers = iter(recognizer.predict([picture for picture, _ in ready], [source for _, source in ready]))
    for given, picture in group:
        failed = isinstance(picture, ImageError)
        yield Prediction(given.source, "error", error=str(picture)) if failed else named(next(answers))


def _decoded(chunk: list[Input], recognizer: Recognizer | None = None) -> Iterator[Any]:
    """The picture of each input as `read_picture` takes it, decoded elsewhere where it is a file; or an ImageError."""
    files = [each for each in chunk if each.content is not None]
    prepare = recognizer.model.preprocess if recognizer else Preprocess()
    pictures = [EncodedPicture(each.content or b"", each.page) for each in files]
    names = [each.source for each in files]
    decoded = own_decoders().decode(pictures, names, prepare.channels, prepare.form) if files else iter(())
    for each in chunk:
        if each.picture is not None:
            yield each.picture
        else:
            yield ImageError(each.error) if each.content is None else next(decoded)


def named(prediction: Prediction) -> Prediction:
    """The prediction with its input's name in its error."""
    if prediction.error is None:
        return prediction
    return replace(prediction, error=f"{prediction.source}: {prediction.error.partition(': ')[2]}")


def _size_of(given: Input) -> int:
    """The bytes that an input holds in memory."""
    return len(given.content or b"") + int(getattr(given.picture, "nbytes", 0))


def _page_rows(given: Input, recognizer: Recognizer, sha256: str) -> Iterator[Row]:
    """The rows of one page of numbers."""
    from digit_recognizer.reading import read_page

    (picture,) = _decoded([given])
    try:
        if isinstance(picture, ImageError):
            raise picture
        page = read_page(picture, recognizer, given.source)
    except ImageError as error:
        yield of_error(given.source, str(error), sha256)
        return
    yield from of_page(page, given.source, sha256)
