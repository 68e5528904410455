"""What the columns of a line reader say: strings with their probabilities (connectionist temporal classification).

Graves, Fernandez, Gomez and Schmidhuber, ICML 2006. NumPy alone. Each function takes the log probabilities (T, K + 1)
of T columns: classes 0..K-1 are characters, class K is the blank. A string's probability is the sum over its
alignments.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Logs = NDArray[np.float64]
String = tuple[int, ...]

_BEAM = 8  # prefixes that go on from one column to the next
CERTAIN = np.log(0.5)  # no other string can be more probable than one that has half of all
_UNLIKELY = np.log(1e-6)  # classes of a column that prefixes are not continued with
_NEVER = -np.inf


def most_probable(logs: Logs) -> tuple[String, float]:
    """The most probable string and its probability (0..1); by prefix search where no string has half of all."""
    string = greedy(logs)
    log = float(log_likelihoods(logs, np.array([string], np.int64))[0])
    if log < CERTAIN:
        rivals = {string, *prefix_search(logs)}
        log, string = max((float(log_likelihoods(logs, np.array([each], np.int64))[0]), each) for each in rivals)
    return string, min(1.0, float(np.exp(log)))


def greedy(logs: Logs) -> String:
    """The string of the most probable alignment: repeats are one digit, blanks are none (section 3.2, best path)."""
    return collapsed(logs.argmax(1), logs.shape[1] - 1)


def collapsed(path: NDArray[np.int64], blank: int) -> String:
    """The string that a class for each column (T,) stands for."""
    begins = np.flatnonzero(np.diff(path, prepend=-1))
    return tuple(int(label) for label in path[begins] if label != blank)


def log_likelihoods(logs: Logs, strings: NDArray[np.int64]) -> NDArray[np.float64]:
    """Log probabilities (V,) of strings (V, L), L >= 0, by the forward recursion (section 4.1); -inf if too long."""
    classes, skips = _with_blanks(strings, logs.shape[1] - 1)
    emitted, skipping = logs[:, classes], np.where(skips, 0.0, _NEVER)
    states = np.full((len(classes), classes.shape[1] + 2), _NEVER)  # two before the first, which nothing comes from
    forward, before, skipped = states[:, 2:], states[:, 1:-1], states[:, :-2]
    forward[:, :2] = emitted[0, :, :2]  # begins with a blank or the first digit
    for column in emitted[1:]:
        forward[:] = np.logaddexp(np.logaddexp(forward, before), skipped + skipping) + column
    return np.asarray(np.logaddexp.reduce(forward[:, -2:], axis=1))


def _with_blanks(strings: NDArray[np.int64], blank: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Strings (V, L) with blanks around each digit (V, 2 L + 1), and where the blank before may be left out."""
    classes = np.full((len(strings), 2 * strings.shape[1] + 1), blank)
    classes[:, 1::2] = strings
    skips = np.zeros(classes.shape, bool)
    skips[:, 3::2] = strings[:, 1:] != strings[:, :-1]
    return classes, skips


def prefix_search(logs: Logs, width: int = _BEAM) -> list[String]:
    """The most probable strings, best first: prefixes are continued column by column, the best `width` of them.

    Prefix beam search as in Graves 2008 (Supervised Sequence Labelling, section 7.5.3), kept to a width.
    """
    blank = logs.shape[1] - 1
    beams: dict[String, tuple[float, float]] = {(): (0.0, _NEVER)}  # log probability to end in a blank, and in a digit
    for column in logs:
        found: dict[String, list[float]] = {}
        for prefix, (in_blank, in_digit) in beams.items():
            both = np.logaddexp(in_blank, in_digit)
            add(found, prefix, 0, both + column[blank])
            for label in np.flatnonzero(column[:blank] > _UNLIKELY).tolist():
                repeated = bool(prefix) and prefix[-1] == label
                add(found, (*prefix, label), 1, (in_blank if repeated else both) + column[label])
            if prefix:
                add(found, prefix, 1, in_digit + column[prefix[-1]])
        ranked = sorted(found.items(), key=lambda item: -float(np.logaddexp(item[1][0], item[1][1])))
        beams = {prefix: (ends[0], ends[1]) for prefix, ends in ranked[:width]}
    return list(beams)


def add(found: dict[String, list[float]], prefix: String, end: int, log: float) -> None:
    """Add a log probability to one of the two ends of a prefix."""
    ends = found.setdefault(prefix, [_NEVER, _NEVER])
    ends[end] = float(np.logaddexp(ends[end], log))


def digit_probabilities(logs: Logs, string: Sequence[int]) -> list[float]:
    """How probable each digit of a string is, the others being as they are: against any other and none there."""
    blank, length = logs.shape[1] - 1, len(string)
    if not length:
        return []
    whole = np.array(string, np.int64)
    replaced = np.tile(whole, (length, blank, 1))
    for place in range(length):
        replaced[place, :, place] = np.arange(blank)
    left_out = np.stack([np.delete(whole, place) for place in range(length)])
    others = log_likelihoods(logs, replaced.reshape(-1, length)).reshape(length, blank)
    rivals = np.column_stack([others, log_likelihoods(logs, left_out)])
    shares = np.exp(others[np.arange(length), whole] - np.logaddexp.reduce(rivals, axis=1))
    return [float(share) for share in shares]


def align(logs: Logs, string: Sequence[int]) -> list[tuple[int, int]]:
    """The columns of each digit in the most probable alignment of a string: its first, and the one after its last.

    Raises ValueError for a string that is too long for the columns.
    """
    (classes,), (skips,) = _with_blanks(np.array([string], np.int64), logs.shape[1] - 1)
    scores = np.full(len(classes), _NEVER)
    scores[:2] = logs[0, classes[:2]]
    came: list[NDArray[np.int64]] = []
    for emitted in logs[1:]:
        padded = np.concatenate([[_NEVER, _NEVER], scores])
        choices = np.stack([scores, padded[1:-1], np.where(skips, padded[:-2], _NEVER)])
        came.append(choices.argmax(0))
        scores = choices.max(0) + emitted[classes]
    state = len(scores) - 1 - int(len(scores) > 1 and scores[-2] > scores[-1])
    if scores[state] == _NEVER:
        raise ValueError(f"{len(string)} digits do not fit into {len(logs)} columns")
    states = [state]
    for steps in reversed(came):
        state -= int(steps[state])
        states.append(state)
    path = np.array(states[::-1])
    spans = [np.flatnonzero(path == 2 * place + 1) for place in range(len(string))]
    return [(int(span[0]), int(span[-1]) + 1) for span in spans]
