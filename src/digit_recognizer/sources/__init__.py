"""Folders and archives -> the picture files in them, by one rule, with a count of all that is left out."""

from digit_recognizer.sources.archives import is_archive
from digit_recognizer.sources.tally import Tally
from digit_recognizer.sources.unpack import files_of, unpacked

__all__ = ["Tally", "files_of", "is_archive", "unpacked"]
