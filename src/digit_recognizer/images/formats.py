"""Which picture formats are read, and how one is told: by its first bytes where these are unlike anything else's, or
else by the suffix of its file."""

from __future__ import annotations

import re

from PIL import features

from digit_recognizer.errors import ReaderMissingError

# Formats whose first bytes tell them, the common ones first: Pillow tries them in this order. AVIF stands apart, since
# an older Pillow does not know its name. Left out are EPS and WMF, which other programs would have to draw, MPEG,
# three kinds of scientific data (GRIB, BUFR, HDF5) of which Pillow reads no pixels, and IM, which Pillow gives up.
_BY_CONTENT = (
    *("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF"),
    *("JPEG2000", "PPM", "ICO", "DIB", "PSD", "QOI", "DDS", "ICNS", "SGI", "SUN", "PCX", "FITS"),
)
COMMON = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")  # those that an error lists
_SUFFIXES_BY_FORMAT = {
    "PNG": ".png .apng",
    "JPEG": ".jpg .jpeg .jpe .jfif",
    "WEBP": ".webp",
    "BMP": ".bmp",
    "TIFF": ".tif .tiff",
    "GIF": ".gif",
    "JPEG2000": ".jp2 .j2k .jpc .jpf .jpx .j2c",
    "AVIF": ".avif .avifs",
    "PPM": ".pbm .pgm .ppm .pnm .pfm",
    "ICO": ".ico",
    "DIB": ".dib",
    "PSD": ".psd",
    "QOI": ".qoi",
    "DDS": ".dds",
    "ICNS": ".icns",
    "SGI": ".bw .rgb .rgba .sgi",
    "SUN": ".ras",
    "PCX": ".pcx",
    "FITS": ".fit .fits",
    # By the suffix alone: their first bytes are like those of texts or of other files.
    "TGA": ".tga .icb .vda .vst",
    "XBM": ".xbm",
    "XPM": ".xpm",
    "MSP": ".msp",
    "BLP": ".blp",
    "CUR": ".cur",
    "DCX": ".dcx",
    "FLI": ".fli .flc",
    "FTEX": ".ftc .ftu",
    "GBR": ".gbr",
    "PCD": ".pcd",
    "PIXAR": ".pxr",
}
_FORMAT_OF = {suffix: name for name, several in _SUFFIXES_BY_FORMAT.items() for suffix in several.split()}
SUFFIXES = (*_FORMAT_OF, ".heic", ".heif", ".hif")
FIRST = 132  # bytes of a file that tell its kind: DICOM's mark ends there
_SIGNATURES = (
    *(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    *(b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51", b"8BPS", b"qoif", b"DDS "),
)
_PACKED = (b"PK\3\4", b"PK\5\6", b"Rar!", b"7z\xbc\xaf'\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
_TAR = slice(257, 262)  # where POSIX.1-2001 has "ustar"
_PORTABLE = re.compile(rb"P[1-6]\s+(?:#[^\n]*\n\s*)*\d")  # netpbm: its mark, then the width
_FAMILY = (b"avif", b"avis")  # brands of an ISO media file; HEIC's are in pages.py


def looks_like_picture(first: bytes) -> bool:
    """Whether a file's first bytes (`FIRST` of them) are those of a picture, whatever it is called."""
    if first.startswith(_SIGNATURES) or _PORTABLE.match(first):
        return True
    if first.startswith(b"RIFF"):
        return first[8:12] == b"WEBP"
    if first.startswith(b"BM"):
        return first[6:10] == bytes(4)  # two letters would fit many a text: the reserved fields are 0
    return _is_avif(first)


def is_packed(content: bytes) -> bool:
    """Whether a file's bytes are those of an archive, or are packed as archives are."""
    return content.startswith(_PACKED) or content[_TAR] == b"ustar"


def _is_avif(first: bytes) -> bool:
    """Whether the first bytes are those of AVIF."""
    return first[4:8] == b"ftyp" and first[8:12] in _FAMILY


def formats_for(name: str, first: bytes) -> tuple[str, ...]:
    """The formats, as Pillow calls them, that a file may be: those told by content, and that of its suffix.

    Raises ReaderMissingError for AVIF where the installed Pillow has no reader of it.
    """
    if _is_avif(first):
        if not features.check("avif"):
            remedy = "reading it needs Pillow 11.3 or newer. Update it: pip install -U pillow"
            raise ReaderMissingError(name, "AVIF", remedy)
        return ("AVIF",)
    own = _FORMAT_OF.get(suffix_of(name))
    return _BY_CONTENT if own in (None, "AVIF", *_BY_CONTENT) else (*_BY_CONTENT, own)


def suffix_of(name: str) -> str:
    """A name's suffix in small letters, with its point; "" where it has none. A folder's points do not count."""
    last = re.split(r"[/\\]", name)[-1]
    stem, point, suffix = last.rpartition(".")
    return f".{suffix.lower()}" if point and stem else ""
