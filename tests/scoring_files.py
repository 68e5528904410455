"""Sources to score, made small, and the rows that scoring gave."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from PIL import Image

from digit_recognizer.recognizer import Recognizer
from digit_recognizer.scoring import Settings, score_shard
from digit_recognizer.scoring.shards import find_shards

Rows = list[dict[str, object]]


def png(image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    packed = io.BytesIO()
    Image.fromarray(image).save(packed, "PNG")
    return packed.getvalue()


def archive_of(path: Path, pictures: list[bytes], first: int = 0) -> Path:
    """A tar archive in WebDataset's layout: a picture and its class beside each other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as archive:
        for number, content in enumerate(pictures, first):
            for name, held in ((f"{number:06}.png", content), (f"{number:06}.cls", b"7")):
                member = tarfile.TarInfo(name)
                member.size = len(held)
                archive.addfile(member, io.BytesIO(held))
    return path


def scored(source: Path, out: Path, model: str) -> Rows:
    """Rows by the unit of work alone, in this process."""
    out.mkdir(exist_ok=True)
    settings = Settings(model, Recognizer.load(model).model.sha256)
    for shard in find_shards(str(source)):
        score_shard(shard, str(out), settings)
    return rows_in(out)


def rows_in(out: Path) -> Rows:
    """The rows of all parts, in the order of their shards."""
    parts = sorted(out.glob("part-*.parquet"))
    return [row for part in parts for row in pq.read_table(part).to_pylist()]
