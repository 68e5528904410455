"""Whether writing is lighter or darker than its paper."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.images.opencv import cv2
from digit_recognizer.reading.frame import reduced

Grey = NDArray[np.uint8]  # (H, W)

_SIDE = 450  # pixels: the longer side at which a picture is looked at
_WIDEST = 1 / 8  # of the shorter side: what is dark over less is ink
_NARROW = 1 / 40  # of the shorter side: most writing's strokes are no wider
_SOME = 0.1  # mean contrast, grey levels per pixel; below it no narrow strokes were found
_APART = 24  # grey levels: nearer to the median is paper


def light_on_dark(grey: Grey) -> bool:
    """Whether more stands out lighter than darker from the median around it, which is the paper.

    Narrow strokes are compared first, because a light sheet on a dark table also stands out but is wide. Wide strokes
    are compared only if no narrow ones are found.
    """
    small, _ = reduced(grey, _SIDE)
    for widest in (_NARROW, _WIDEST):
        window = max(3, round(2 * widest * min(small.shape))) | 1
        away = small.astype(np.int16) - cv2.medianBlur(small, min(255, window))
        light, dark = (float(np.sum(each[each > _APART])) for each in (away, -away))
        if light + dark >= _SOME * away.size:
            break
    return light > dark
