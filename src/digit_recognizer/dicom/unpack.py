"""A frame of a DICOM file, unpacked by pydicom's decoders once its own head was checked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.dicom.packed import RLE, components_of, longest_run, precision_of, stated_sizes
from digit_recognizer.errors import ImageError, PictureSizeError, ReaderMissingError
from digit_recognizer.paging import Check

_INTERPRETATION = "photometric_interpretation"
OWN, _GDCM = "pydicom", "gdcm"  # plugins
_MOST_COMPONENTS = 4  # colours and a transparency


@dataclass(frozen=True)
class Frame:
    """One frame, from 0. packed: its bytes where they are packed, or none."""

    header: Any
    number: int
    name: str
    packed: bytes

    @property
    def precision(self) -> int | None:
        """The bits of a sample that its stream states."""
        return precision_of(self.packed)

    def cells(self) -> NDArray[Any]:
        """The cells (H, W) or (H, W, 3) as they are stored, with whatever lies in their unused bits."""
        return self.unpacked()[0]

    def unpacked(self) -> tuple[NDArray[Any], str]:
        """The cells, and the colour space that these are in, which decoders may have changed."""
        from pydicom.pixels.decoders.base import get_decoder

        syntax = self.header.file_meta.TransferSyntaxUID
        missing = _missing_decoders(syntax, self.name) if syntax.is_compressed else []
        try:
            stored, told = self.by_plugins(get_decoder(syntax))
        except RuntimeError:  # of all decoders that are there
            if missing:
                raise needs_others(self.name, syntax, missing) from None
            raise
        if stored.shape[:2] != (self.header.Rows, self.header.Columns):
            raise _other_size(self.name)
        return np.ascontiguousarray(stored, stored.dtype.newbyteorder("=")), str(told[_INTERPRETATION])

    def by_plugins(self, decoder: Any) -> tuple[NDArray[Any], dict[str, Any]]:
        """The cells and what is told of them by the first of a decoder's plugins that can. Raises RuntimeError."""
        options: dict[str, Any] = {"raw": True, "correct_unused_bits": False}
        read: Callable[..., tuple[NDArray[Any], dict[str, Any]]] = partial(decoder.as_array, **options)
        *others, last = plugins_of(decoder)
        for plugin in others:
            with suppress(RuntimeError):
                return read(self.header, index=self.number, decoding_plugin=plugin)
        return read(self.header, index=self.number, decoding_plugin=last)


def plugins_of(decoder: Any) -> tuple[str, ...]:
    """The plugins to try, in turn; "": those of unpacked pixels, which need none.

    Of run lengths pydicom's own: pylibjpeg-rle ends on damaged bytes with what is no Exception. GDCM ends the process
    on some: it is used where nothing else is installed.
    """
    if decoder.UID == RLE:
        return (OWN,)
    there = tuple(decoder.available_plugins)
    return tuple(each for each in there if each != _GDCM) or there or ("",)


def packed_frame(header: Any, frame: int, name: str, check: Check) -> bytes:
    """The bytes of a packed frame, none where frames are not packed.

    Raises ImageError for one whose own head states something else than its file: decoders believe the head, and go on
    without end where it states no size.
    """
    from pydicom.encaps import get_frame

    syntax = header.file_meta.TransferSyntaxUID
    if not syntax.is_compressed:
        return b""
    _missing_decoders(syntax, name)
    packed: bytes = get_frame(header.PixelData, frame, number_of_frames=int(header.get("NumberOfFrames") or 1))
    sizes = list(stated_sizes(packed))
    for size in sizes:
        check(size, name)
    if syntax != RLE and (sizes[:1] != [(header.Columns, header.Rows)] or components_of(packed) > _MOST_COMPONENTS):
        raise _other_size(name)
    most = 2 * header.Rows * header.Columns + 2**16  # a plane is a byte of each pixel; some writers pad it
    if syntax == RLE and longest_run(packed) > most:
        raise PictureSizeError(f"{name}: is larger than stated when decoded. Export it again.")
    return packed


def _other_size(name: str) -> ImageError:
    return ImageError(f"{name}: contains a picture of another size than stated. Export it again.")


def _missing_decoders(syntax: Any, name: str) -> list[str]:
    """The packages that might unpack a transfer syntax too; raises ImageError where none that is here does."""
    from pydicom.pixels.decoders.base import get_decoder

    try:
        decoder = get_decoder(syntax)
    except NotImplementedError:  # what pydicom raises for a packing that it only knows by name: films, JPIP
        raise unknown_packing(name, f" ({syntax.name})") from None
    missing: list[str] = decoder.missing_dependencies
    if not decoder.is_available:
        raise needs_others(name, syntax, missing)
    return missing


def unknown_packing(name: str, known: str = "") -> ImageError:
    """Pixels that no package unpacks; known: what is known of the way, in brackets after a space."""
    return ImageError(
        f"{name}: is a DICOM file whose pixels are compressed in a way{known} that no installed package can"
        " decode. Export it as JPEG 2000 or uncompressed."
    )


def needs_others(name: str, syntax: Any, missing: list[str]) -> ReaderMissingError:
    """Pixels that what is installed here does not unpack."""
    from digit_recognizer.installed import install_command

    remedy = (
        f"no installed package can decode them. Unless they are damaged, one of these can: {'; '.join(missing)}.\n"
        f"Install them with: {install_command('medical-codecs')}"
    )
    return ReaderMissingError(name, "DICOM", remedy, f" whose pixels are compressed as {syntax.name}")
