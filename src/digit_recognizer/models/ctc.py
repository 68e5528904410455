"""What the columns of a line reader's logits say: strings and their probabilities (Graves et al. 2006, CTC).

NumPy alone. Classes 0..K-1 are digits, class K is the blank; a string's probability is the sum over all alignments.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Logs = NDArray[np.float64]  # (T, K + 1) log probabilities of each column


def collapsed(path: NDArray[np.int64] | Sequence[int], blank: int) -> list[int]:
    """The string that a class for each column (T,) stands for: repeats are one, blanks are none."""
    steps = np.asarray(path)
    begins = np.flatnonzero(np.diff(steps, prepend=-1))
    return [int(label) for label in steps[begins] if label != blank]
