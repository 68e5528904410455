"""Which colours a JPEG in a DICOM file holds, RGB or YCbCr: by the stream, whatever the file states.

Devices state RGB and store YCbCr, or the reverse. A stream tells by its markers, by the numbers of its components (as
libjpeg has it) or by coarser colours than greys, which RGB has not. Where these are silent, or the file contradicts
them, the samples tell: black, white and whatever is far from grey in RGB are colours that no YCbCr can stand for.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digit_recognizer.dicom.packed import FRAME_STARTS, JPEG, Segment, segments

_APP0, _APP14 = 0xE0, 0xEE
_ADOBE = 12  # bytes that a marker of Adobe's has at least
_RAW = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"  # "these are not YCbCr": a decoder then converts nothing
_BY_LETTERS = (b"RGB", b"rgb")
USUAL = b"\x01\x02\x03"  # numbers of components that every JPEG reader takes for YCbCr
_FAR, SHARE = 24, 0.05  # levels beyond 0 to 255, and the share of pixels there, that noise does not reach
NEAR, _BLACK, _WHITE = 4, 16, 239  # levels from grey, and of greys
_LOOKED_AT = 100_000  # pixels
_Samples = NDArray[np.uint8]  # (H, W, 3)


@dataclass(frozen=True)
class Stated:
    """What a stream says of its three components. ycc: None where it does not say."""

    ycc: bool | None
    certain: bool  # nothing that a file states can be right against it
    precision: int
    usual: bool


def as_rgb(packed: bytes, size: tuple[int, int], *, ycc: bool) -> _Samples | None:
    """A JPEG of three components of 8 bits as RGB, (H, W, 3); None for any other, and for one of another size.

    ycc: whether the file says YCbCr. Raises OSError or ValueError for what cannot be unpacked.
    """
    stated = stated_of(packed)
    if stated is None or stated.precision != 8:
        return None
    with Image.open(io.BytesIO(as_raw(packed)), formats=("JPEG",)) as image:
        if image.mode != "RGB" or image.size != size:
            return None
        samples = np.asarray(image)
    return to_rgb(samples) if _is_ycc(samples, stated, ycc=ycc) else samples


def _is_ycc(samples: _Samples, stated: Stated, *, ycc: bool) -> bool:
    """Whether samples are YCbCr."""
    if stated.ycc is not None and (stated.certain or stated.ycc == ycc):
        return stated.ycc
    if beyond(samples):
        return False
    return (ycc or stated.usual or _colourless_ends(samples)) if stated.ycc is None else stated.ycc


def _some_of(samples: _Samples) -> NDArray[np.float32]:
    """Samples from all over a picture, as one row each of Y, Cb and Cr, the colours around 0."""
    flat = samples.reshape(-1, 3)
    return (flat[:: len(flat) // _LOOKED_AT + 1].astype(np.float32) - np.array((0, 128, 128), np.float32)).T


def _colourless_ends(samples: _Samples) -> bool:
    """Whether a part of a picture is black or white as YCbCr, which in RGB were a cyan or a red of one kind."""
    y, cb, cr = _some_of(samples)
    return bool(np.mean((np.maximum(abs(cb), abs(cr)) <= NEAR) & ((y < _BLACK) | (y > _WHITE))) > SHARE)


def beyond(samples: _Samples) -> bool:
    """Whether more of the samples, taken for YCbCr, are no colours than noise would make."""
    y, cb, cr = _some_of(samples)
    made = np.stack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb])
    return bool(np.mean(((made < -_FAR) | (made > 255 + _FAR)).any(axis=0)) > SHARE)


def to_rgb(samples: _Samples) -> _Samples:
    """YCbCr as RGB, by the matrix of PS3.3, C.7.6.3.1.2, over all 256 levels."""
    from pydicom.pixels.processing import convert_color_space

    made: _Samples = convert_color_space(samples, "YBR_FULL", "RGB")
    return made


def stated_of(packed: bytes) -> Stated | None:
    """What a stream says; None where it is not a JPEG of three components."""
    adobe: bool | None = None
    jfif = False
    for each in segments(packed):
        if each.marker == _APP0 and each.body.startswith(b"JFIF"):
            jfif = True
        elif each.marker == _APP14 and each.body.startswith(b"Adobe") and len(each.body) >= _ADOBE:
            adobe = each.body[_ADOBE - 1] != 0
        elif each.marker in FRAME_STARTS:
            return _of_frame(each, jfif=jfif, adobe=adobe)
    return None


def _of_frame(frame: Segment, *, jfif: bool, adobe: bool | None) -> Stated | None:
    """What the head of a frame, ISO 10918-1, B.2.2, and the markers before it say."""
    body = frame.body
    if len(body) < 15 or body[5] != 3:
        return None
    numbers, factors = bytes(body[6:15:3]), bytes(body[7:15:3])
    letters, coarser = numbers in _BY_LETTERS, factors[0] != factors[1] or factors[1] != factors[2]
    usual = numbers == USUAL
    if letters or coarser:
        return Stated(coarser, True, body[0], usual)
    return Stated(True if jfif else adobe, False, body[0], usual)


def as_raw(packed: bytes) -> bytes:
    """The stream with a marker by which a decoder gives its samples as they are."""
    kept, end = [JPEG, _RAW], len(JPEG)
    for each in segments(packed):
        named = each.marker in (_APP0, _APP14) and each.body.startswith((b"JFIF", b"Adobe"))
        kept += [] if named else [packed[each.start : each.end]]
        end = each.end
    return b"".join([*kept, packed[end:]])
