"""Pictures of unknown origin, decoded in processes with a limit of memory and time."""

from digit_recognizer.decoding.apart import read_apart
from digit_recognizer.decoding.decoders import Decoded, Decoders, DecodingTimeError, own_decoders

__all__ = ["Decoded", "Decoders", "DecodingTimeError", "own_decoders", "read_apart"]
