"""Labels that networks which never saw them would not have given, ranked by cleanlab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.auditing.out_of_fold import OutOfFold
from digit_recognizer.auditing.pool import Pool

REVIEWED = 0.01  # of each split's images, those with the lowest scores, are listed even if no other class is preferred


@dataclass(frozen=True)
class Suspect:
    """An image whose label is doubtful."""

    member: int  # position in the pool
    given: int  # its label
    suggested: int  # the most probable other class
    score: float  # cleanlab's label quality, 0 (surely wrong) to 1
    confident: bool  # whether confident learning counts it among the errors

    def to_dict(self, pool: Pool) -> dict[str, Any]:
        """The suspect as `digits audit --json` writes it."""
        return {
            **pool.place(self.member),
            "given": pool.label_of(self.given),
            "given_name": pool.classes[self.given],
            "suggested": pool.label_of(self.suggested),
            "suggested_name": pool.classes[self.suggested],
            "score": self.score,
            "confident": self.confident,
        }


def find_suspects(pool: Pool, predictions: OutOfFold) -> list[Suspect]:
    """The doubtful labels of a pool, the worst first.

    Score: the probability of the given label ("self-confidence"), which found more of the labels that were flipped at
    random in MNIST's training and validation images than cleanlab's other scores. Confident: pruned by class
    (Northcutt, Jiang and Chuang, "Confident Learning", JAIR 70, 2021, section 3.2).
    """
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    members, probabilities = predictions.members, predictions.probabilities
    labels = np.searchsorted(predictions.known, pool.labels[members])
    scores = get_label_quality_scores(labels, probabilities, method="self_confidence")
    confident = find_label_issues(labels, probabilities, filter_by="prune_by_class", n_jobs=1)
    others = probabilities.copy()
    others[np.arange(len(labels)), labels] = -1
    suggested = predictions.known[others.argmax(1)]
    listed = confident | (probabilities.argmax(1) != labels) | lowest(scores, pool.split_of[members])
    chosen = np.flatnonzero(listed)
    return [
        Suspect(int(members[i]), int(pool.labels[members[i]]), int(suggested[i]), float(scores[i]), bool(confident[i]))
        for i in chosen[np.argsort(scores[chosen], kind="stable")]
    ]


def lowest(scores: NDArray[np.float64], split_of: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Whether a score (N,) is among the lowest of its split, (N,)."""
    among = np.zeros(len(scores), bool)
    for split in np.unique(split_of):
        inside = np.flatnonzero(split_of == split)
        among[inside[np.argsort(scores[inside], kind="stable")[: round(REVIEWED * len(inside))]]] = True
    return among
