"""What a file of a folder or of an archive is: by its name, or else by its first bytes."""

from __future__ import annotations

import re
from collections.abc import Callable

from digit_recognizer.dicom.names import INDEX, is_dicom
from digit_recognizer.dicom.names import SUFFIXES as DICOM_SUFFIXES
from digit_recognizer.images.formats import SUFFIXES, looks_like_picture, suffix_of
from digit_recognizer.images.pages import is_heic, is_pdf

PICTURE, DOCUMENT, ARCHIVE, TABLE = "picture", "PDF", "archive", "table"
ARCHIVES = re.compile(r"\.(zip|tar|tar\.(gz|bz2|xz|zst)|tgz|tbz2?|txz|tzst)$", re.IGNORECASE)
HIDDEN, OTHER = "hidden", "of another kind"
FOLDER = "folder"  # of archives alone: one in which nothing of a wanted kind stands
# Suffixes by which a file is counted. Any other may be a part of a person's name ("scan.Jane Doe").
_NAMED = re.compile(
    r"\.(txt|md|csv|tsv|json|jsonl|xml|ya?ml|toml|ini|log|html|js|css|py|ipynb|sh|cls|dat|bin|npy|npz|mat|h5|hdf5|pkl|pth?"
    r"|onnx|safetensors|db|sqlite|docx?|xlsx?|pptx?|odt|eps|ps|svg|wmf|emf|mp4|mov|avi|mkv|mpe?g|mp3|wav|gz|bz2|xz|zst"
    r"|rar|7z|exe|dll|cr2|cr3|nef|arw|dng|raf|orf|rw2|nii|mha|mhd|nrrd|raw|xcf|ai|bak|tmp|lock)"
)
# Folders that programs make beside what people keep: of macOS archives, of Synology and QNAP (their recycle bins hold
# what was deleted), of Windows, of Python, of Jupyter.
_MADE_BY_PROGRAMS = {
    *("__macosx", "@eadir", "#recycle", "#snapshot", "@tmp", "@recycle", "@recently-snapshot"),
    *("$recycle.bin", "system volume information", "lost+found", "__pycache__", "ipynb_checkpoints"),
}
_FILES_OF_PROGRAMS = {"thumbs.db", "ehthumbs.db", "desktop.ini"}


def is_hidden(name: str) -> bool:
    """Whether a file or folder is kept for a program, not for people: `.name`, `._name`, `__MACOSX`, checkpoints."""
    small = name.lower()
    return small.startswith(".") or small in _MADE_BY_PROGRAMS or small in _FILES_OF_PROGRAMS


def kind_of(name: str, first: Callable[[], bytes]) -> str:
    """PICTURE, DOCUMENT, ARCHIVE or TABLE, or as what to count a file that is none of these (".txt").

    name: of the file, without its folder. first: gives its first bytes (`formats.FIRST` of them); it is asked only
    where the name does not tell. A file with a picture's suffix is a picture, readable or not: an error will name it.
    """
    suffix = suffix_of(name)
    if suffix in SUFFIXES or suffix in DICOM_SUFFIXES:
        return PICTURE
    if ARCHIVES.search(name):
        return ARCHIVE
    if suffix in (".pdf", ".parquet"):
        return DOCUMENT if suffix == ".pdf" else TABLE
    start = first()
    if looks_like_picture(start) or is_heic(start) or (is_dicom(start) and name != INDEX):
        return PICTURE
    if is_pdf(start):
        return DOCUMENT
    return suffix if _NAMED.fullmatch(suffix) else OTHER
