"""Other readers of lines, for real.py."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digit_recognizer.errors import ConfigError
from digit_recognizer.models.line_reader import CHARACTERS
from digit_recognizer.training.ppocr import find_weights

ROWS, LEAST_COLUMNS = 48, 320  # of PP-OCRv6's input; narrower lines are padded, as its own code does
SIGNS = "0123456789.,-/:"


def pp_ocr() -> Callable[[NDArray[np.uint8]], tuple[str, bool]] | None:
    """PP-OCRv6 small's recogniser on one thread, its classes restricted to our characters; None where absent.

    Its probabilities are not calibrated, so that nothing counts as sure.
    """
    try:
        path = find_weights()
    except ConfigError:
        return None
    import onnx
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    known = next(each.value for each in onnx.load(path).metadata_props if each.key == "character").split("\n")
    classes = [0, *(1 + known.index(character) for character in CHARACTERS)]

    def read(crop: NDArray[np.uint8]) -> tuple[str, bool]:
        height, width = crop.shape
        columns = max(1, round(width * ROWS / height))
        line = np.asarray(Image.fromarray(crop).resize((columns, ROWS), Image.Resampling.BILINEAR), np.float32)
        padded = np.zeros((1, 3, ROWS, max(LEAST_COLUMNS, columns)), np.float32)
        padded[0, :, :, :columns] = line / 127.5 - 1
        (found,) = session.run(None, {"x": padded})
        best = found[0][:, classes].argmax(1)
        kept = best[np.flatnonzero(np.diff(best, prepend=-1))]
        return "".join(CHARACTERS[place - 1] for place in kept if place), False

    return read


def tesseract(crop: NDArray[np.uint8]) -> tuple[str, bool]:
    """Tesseract as a process, one line, its alphabet restricted."""
    content = io.BytesIO()
    Image.fromarray(crop).resize((4 * crop.shape[1], 4 * crop.shape[0]), Image.Resampling.BICUBIC).save(content, "PNG")
    command = ["tesseract", "-", "-", "--psm", "7", "-c", f"tessedit_char_whitelist={SIGNS}"]
    ran = subprocess.run(
        command, input=content.getvalue(), capture_output=True, check=False, env={"OMP_THREAD_LIMIT": "1"}
    )
    return "".join(ran.stdout.decode("utf-8", "replace").split()), False
