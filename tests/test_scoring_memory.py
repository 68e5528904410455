"""Scoring holds a bounded part of its pictures in memory, however large and however many there are."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from digit_recognizer import Recognizer
from digit_recognizer.data import Dataset
from digit_recognizer.images.encoded import EncodedPicture
from digit_recognizer.scoring.inputs import inputs
from digit_recognizer.scoring.shards import Shard, in_chunks
from platforms import linux
from scoring_files import png

MEMORY = 600 * 2**20  # bytes, of the process that scores
SCORE = """
import sys
from digit_recognizer import Recognizer
from digit_recognizer.scoring.shards import find_shards
from digit_recognizer.scoring.work import Settings, score_shard
settings = Settings("classic", Recognizer.load("classic").model.sha256)
for shard in find_shards(sys.argv[1]):
    print(score_shard(shard, sys.argv[2], settings).inputs)
print(next(int(line.split()[1]) * 1024 for line in open('/proc/self/status') if line.startswith('VmHWM')))
"""


def scored(source: Path, out: Path) -> tuple[int, int]:
    """How many inputs were scored, and the most memory that it took, in bytes."""
    out.mkdir()
    command = [sys.executable, "-c", SCORE, str(source), str(out)]
    *counts, peak = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return sum(map(int, counts)), int(peak)


@given(rows=st.lists(st.integers(0, 50), max_size=40), size=st.integers(1, 9), heaviest=st.integers(1, 60))
def test_chunks_keep_order_and_bounds(rows: list[int], size: int, heaviest: int) -> None:
    chunks = list(in_chunks(rows, size, int, heaviest))
    assert [row for chunk in chunks for row in chunk] == rows
    assert all(1 <= len(chunk) <= size and (sum(chunk) <= heaviest or len(chunk) == 1) for chunk in chunks)
    assert all(len(one) == size or sum(one) + after[0] > heaviest for one, after in pairwise(chunks))


@pytest.mark.parametrize("nested", [False, True])
def test_rows_that_share_a_value_share_its_bytes(mnist: Dataset, tmp_path: Path, nested: bool) -> None:
    """Hugging Face's struct too. A writer stores an equal value once, and so may a bomb."""
    one, other = (png(image) for image in mnist.split("validation").take(np.arange(2)))
    cells = [one, other, None, one, one]
    column = pa.array([{"bytes": cell} for cell in cells] if nested else cells)
    pq.write_table(pa.table({"image": column}), tmp_path / "t.parquet", use_dictionary=True)
    found = list(inputs(Shard(0, "parquet", (str(tmp_path / "t.parquet"),))))
    assert [each.content for each in found] == cells
    assert found[2].error is not None
    if not nested:
        assert found[0].content is found[3].content is found[4].content


def test_encoded_pictures_are_read_as_their_files(mnist: Dataset, tmp_path: Path) -> None:
    recognizer = Recognizer.load("classic")
    photo = Image.fromarray(np.kron(255 - mnist.split("validation").take(np.arange(1))[0], np.ones((9, 9), np.uint8)))
    exif = Image.Exif()
    exif[274] = 6
    photo.save(tmp_path / "a.jpg", exif=exif)
    photo.save(tmp_path / "b.tif", save_all=True, append_images=[photo.rotate(180)])
    encoded = [EncodedPicture((tmp_path / "a.jpg").read_bytes()), EncodedPicture((tmp_path / "b.tif").read_bytes(), 2)]
    names = [str(tmp_path / "a.jpg"), f"{tmp_path / 'b.tif'}[2]"]
    assert recognizer.predict(encoded, names) == recognizer.predict(names)
    assert recognizer.predict(encoded[0])[0].probabilities == recognizer.predict(names[0])[0].probabilities
    (damaged,) = recognizer.predict([EncodedPicture(b"\x89PNG cut")], ["cut.png"])
    assert (damaged.status, (damaged.error or "")[:9]) == ("error", "cut.png: ")


@linux("/proc")
def test_a_value_that_unpacks_to_much_is_held_once(tmp_path: Path) -> None:
    """1,700 bytes of Parquet that stand for 1.3 GB."""
    huge = pa.array([b"\x89PNG" + bytes(32 * 2**20)] * 40)
    table = tmp_path / "bomb.parquet"
    pq.write_table(pa.table({"image": huge}), table, compression="zstd", dictionary_pagesize_limit=2**30)
    assert table.stat().st_size < 10_000
    count, peak = scored(table, tmp_path / "out")
    assert count == 40
    assert peak < MEMORY


@pytest.mark.slow
@linux("/proc")
def test_photos_and_archives_of_large_files_are_held_a_few_at_a_time(tmp_path: Path) -> None:
    """24 photos of 12 megapixels, 0.9 GB as pixels; 14 members of 48 MB, 0.7 GB as files."""
    photos = tmp_path / "photos"
    photos.mkdir()
    photo = io.BytesIO()
    Image.new("RGB", (4000, 3000), (200, 190, 180)).save(photo, "JPEG")
    for number in range(24):
        (photos / f"{number}.jpg").write_bytes(photo.getvalue())
    picture = io.BytesIO()
    Image.new("RGB", (4000, 4000), (200, 190, 180)).save(picture, "BMP")
    with tarfile.open(tmp_path / "large.tar", "w") as archive:
        for number in range(14):
            member = tarfile.TarInfo(f"{number}.bmp")
            member.size = picture.getbuffer().nbytes
            archive.addfile(member, io.BytesIO(picture.getvalue()))
    for source, expected in ((photos, 24), (tmp_path / "large.tar", 14)):
        count, peak = scored(source, tmp_path / f"out-{source.stem}")
        assert count == expected
        assert peak < MEMORY, source
