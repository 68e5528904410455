"""How a DICOM file says that it came about: a chest film is no ultrasound, whatever a network makes of it."""

from __future__ import annotations

import os

from digit_recognizer.dicom.elements import StructureError, value_of
from digit_recognizer.dicom.names import first_bytes, is_dicom
from digit_recognizer.paging import split_page

_MODALITY = 0x00080060
HEAD = 2**20  # bytes of a file, within which it stands
# PS3.3, C.7.3.1.1.1, those that make pictures. Anything else in a file is taken for nothing: it might name a patient.
_KNOWN = {
    *("BI", "BMD", "CR", "CT", "DG", "DMS", "DX", "ES", "GM", "IO", "IVOCT", "IVUS", "LS", "MG", "MR", "NM", "OCT"),
    *("OP", "OPM", "OPT", "PA", "PT", "PX", "RF", "RG", "SM", "TG", "US", "XA", "XC"),
}
ALIKE = {"CR": "DX", "RG": "DX"}  # films, by plate, detector or scanner


def modality_of(picture: str | os.PathLike[str]) -> str | None:
    """The modality that a picture's DICOM file states, as its code; None where it states none, or is none.

    Radiographs have one code, DX, whatever took them.
    """
    content = first_bytes(split_page(os.fspath(picture))[0], HEAD)
    try:
        stated = value_of(content, _MODALITY).decode("ascii", "replace") if is_dicom(content) else ""
    except StructureError:  # whatever is wrong with it is told when it is read
        return None
    return ALIKE.get(stated, stated) if stated in _KNOWN else None
