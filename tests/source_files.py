"""Small pictures, folders and archives of them in every packing, made for tests of sources."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image

PACKINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")


def picture(number: int, kind: str = "PNG") -> bytes:
    """A picture that no other number gives: a dark stroke on light paper."""
    page = np.full((40, 40), 250, np.uint8)
    page[5:35, 5 + number % 20 : 9 + number % 20] = 10
    page[5 + number // 20 % 25, 5:35] = 60
    page[0, 0] = 249 - number % 7
    packed = io.BytesIO()
    Image.fromarray(page).save(packed, kind)
    return packed.getvalue()


def spread(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Files by their names below a folder; a name that ends on / is an empty folder's."""
    for name, content in files.items():
        place = folder / name
        (place if name.endswith("/") else place.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            place.write_bytes(content)
    return folder


def packed(path: Path, files: Mapping[str, bytes]) -> Path:
    """An archive of files by their names, packed as its suffix says; a name that ends on / is an empty folder's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return path
    plain = io.BytesIO()
    how = {".tar.gz": "w:gz", ".tgz": "w:gz", ".tar.bz2": "w:bz2", ".tar.xz": "w:xz"}
    mode = next((each for suffix, each in how.items() if path.name.endswith(suffix)), "w")
    with tarfile.open(fileobj=plain, mode=mode) as tar:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            member.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
            tar.addfile(member, io.BytesIO(content))
    content = plain.getvalue()
    path.write_bytes(pa.compress(content, "zstd", asbytes=True) if path.name.endswith("zst") else content)
    return path
