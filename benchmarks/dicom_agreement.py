"""Whether DICOM files are shown as independent readers show them: pydicom's own functions and dcmtk's dcmj2pnm.

The files that pydicom ships for its tests (with pydicom-data installed, those too), and files made on a grid of bits,
sign, photometric interpretation, transfer syntax, window, table, padding and colours. Two pictures agree where no pixel
differs by more than one grey level; padding is left out, since only this project blackens it. Needs dcmtk (apt-get
install dcmtk) and, for all files, pylibjpeg-libjpeg and pyjpegls.

    python benchmarks/dicom_agreement.py [--json FILE|-]
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray

from common import parser, report, say
from dicom_made import Made
from dicom_made_colours import all_made
from dicom_peers import RefusedError, Shown, by_dcmtk, by_pydicom, dcmtk_version
from digit_recognizer.dicom.names import is_dicom
from digit_recognizer.dicom.read import read_dicom
from digit_recognizer.errors import ImageError
from digit_recognizer.images.decode import check_pixels

WITHIN = 1  # grey levels
CODECS = ("pydicom", "pydicom-data", "pylibjpeg", "pylibjpeg-openjpeg", "pylibjpeg-libjpeg", "pyjpegls", "pillow")
# Why a peer that differs is wrong, or what it does otherwise; by peer and kind of made file, or name of a real one.
STATED = "uses the number of bits stated in the descriptor, not that of the entries"
CUT = "truncates grey levels where this project rounds them, twice if values are scaled: two levels"
ONE_BIT = "shows the 1 of single-bit pixels as mid grey"
LOSSY = "has a 12-bit JPEG decoder that rounds differently: two levels"
GROUPS = "does not read the window and the rescale values of a frame's functional group"
WHY = {
    ("pydicom", "table of fewer bits than stated"): STATED,
    ("dcmtk", "table of fewer bits than stated"): STATED,
    ("pydicom", "palette"): f"{STATED}; does not swap the bytes of a big-endian file",
    ("dcmtk", "palette"): STATED,
    ("pydicom", "modality table"): "indexes with the type of the values, which overflows for signed ones",
    (
        "pydicom",
        "dirt in unused bits",
    ): "masks the unused bits of uncompressed values only, not of JPEG 2000 and JPEG-LS",
    ("pydicom", "values high in their cells"): "does not use the high bit",
    (
        "pydicom",
        "JPEG, wrongly stated",
    ): "uses the colour space of the file, not that of the stream's Adobe marker and samples",
    (
        "dcmtk",
        "JPEG, wrongly stated",
    ): "uses the colour space of the file, not that of the stream (its default, --conv-photometric)",
    ("dcmtk", "exact window"): "does not know LINEAR_EXACT and treats it as LINEAR",
    ("dcmtk", "window below one"): "ignores a window narrower than one",
    ("dcmtk", "scaled window"): CUT,
    ("dcmtk", "scale"): "shows the largest scaled 8-bit value dark: an overflow in its min-max window",
    ("dcmtk", "YBR_FULL"): "converts with rounded factors: two levels",
    ("dcmtk", "SC_ybr_full_uncompressed.dcm"): "converts with rounded factors: two levels",
    ("dcmtk", "JPGExtended.dcm"): LOSSY,
    ("dcmtk", "eCT_Supplemental.dcm"): GROUPS,
    **{("dcmtk", f"liver{which}.dcm"): ONE_BIT for which in ("", "_1frame", "_expb", "_expb_1frame")},
    **{("dcmtk", f"rtdose_expb{one}.dcm"): "reads 32-bit words in the wrong byte order" for one in ("", "_1frame")},
    **{
        ("pydicom", f"OBXXXX1A_expb{two}.dcm"): "does not swap the bytes of a big-endian file's palette"
        for two in ("", "_2frame")
    },
}


def ours(content: bytes) -> Shown:
    """As this project shows the first frame. Raises RefusedError with its reason."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # notes on windows without width
            return np.asarray(read_dicom(content, 1, "it", check_pixels).convert("RGB"))
    except ImageError as error:
        raise RefusedError(str(error).removeprefix("it: ").splitlines()[0].split(". ")[0]) from error


def outcome(content: bytes, peer: Callable[[bytes], Shown], padded: NDArray[np.bool_] | None) -> tuple[str, str]:
    """How this project and a peer stand to each other over one file, and the reason where either refuses."""
    try:
        own = ours(content)
    except RefusedError as refused:
        try:
            peer(content)
        except RefusedError:
            return "refused by both", str(refused)
        return "refused here alone", str(refused)
    try:
        other = peer(content)
    except RefusedError as refused:
        return "refused by the peer alone", str(refused)
    if own.shape != other.shape:
        return "differ", f"{own.shape} and {other.shape}"
    apart = np.abs(own - other.astype(np.float64)).max(axis=2)
    if padded is not None:
        apart = apart[~padded]
    return ("agree", "") if apart.max(initial=0) <= WITHIN + 0.5 else ("differ", f"by up to {apart.max():.0f}")


def real() -> Iterator[Made]:
    """The files of pydicom's tests that are DICOM files."""
    folders = [Path(pydicom.__file__).parent / "data/test_files"]
    found = find_spec("data_store")
    folders += [Path(each) for each in (found.submodule_search_locations or ())] if found else []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and is_dicom(path.read_bytes()):
                yield Made(path.name, {}, path.read_bytes())


def compared(files: Iterator[Made], peers: dict[str, Callable[[bytes], Shown]]) -> dict[str, Any]:
    """What came of some files, by peer; and what differs, by kind, with the reason."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in peers}
    apart: dict[tuple[str, str], list[str]] = {}
    refused: dict[str, Counter[str]] = {"here": Counter(), **{name: Counter() for name in peers}}
    n = 0
    for made in files:
        n += 1
        for name, peer in peers.items():
            what, reason = outcome(made.content, peer, made.padded)
            counts[name][what] += 1
            if what == "differ":
                apart.setdefault((name, made.kind), []).append(reason)
            elif what == "refused by the peer alone":
                refused[name][made.kind] += 1
            elif what.startswith("refused") and name == next(iter(peers)):
                refused["here"][reason] += 1
    return {
        "n": n,
        "peers": {name: dict(count) for name, count in counts.items()},
        "refused": {name: dict(count.most_common()) for name, count in refused.items()},
        "differing": [
            {
                "peer": peer,
                "kind": kind,
                "n": len(hows),
                "how": max(hows, key=by_how_much),
                "why": WHY.get((peer, kind)),
            }
            for (peer, kind), hows in sorted(apart.items())
        ],
    }


def by_how_much(how: str) -> float:
    """The levels in what `outcome` says of a difference."""
    return float(how.rpartition(" ")[2]) if how.startswith("by") else 0


def known(files: Iterator[Made]) -> dict[str, Any]:
    """Made files whose right picture is known, by reader: how many each shows rightly."""
    readers = {"here": ours, "pydicom": by_pydicom, "dcmtk": by_dcmtk}
    right: dict[str, Counter[str]] = {name: Counter() for name in readers}
    total: Counter[str] = Counter()
    for made in files:
        if made.truth is None and made.clean is None:
            continue
        truth = made.truth if made.clean is None else ours(made.clean)
        total[made.kind] += 1
        for name, reader in readers.items():
            try:
                right[name][made.kind] += int(np.abs(reader(made.content) - np.asarray(truth, float)).max() <= 3)
            except (RefusedError, ValueError):
                right[name][made.kind] += 0
    return {kind: {"n": n, **{name: count[kind] for name, count in right.items()}} for kind, n in total.items()}


def installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def main() -> None:
    options = parser(__doc__.splitlines()[0]).parse_args()
    peers: dict[str, Callable[[bytes], Shown]] = {"pydicom": by_pydicom}
    if dcmtk_version():
        peers["dcmtk"] = by_dcmtk
    say("pydicom's files")
    found = {"real": compared(real(), peers)}
    say("made files")
    found["made"] = compared(all_made(), peers)
    found["known"] = known(all_made())
    readers = {**{name: installed(name) for name in CODECS}, "dcmtk": dcmtk_version()}
    report({"within_levels": WITHIN, "readers": readers, **found}, options.json)


if __name__ == "__main__":
    main()
