"""What was recognised on one picture, and the words for why nothing was, or not for sure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from digit_recognizer.images.ink import Writing
from digit_recognizer.statistics.selective import SelectiveThreshold

OUT_OF_DISTRIBUTION = {
    "digit": "not a digit",
    "picture": "unfamiliar",
}  # the status of what is none, by Preprocess.form
DOUBTFUL = ("unsure", *OUT_OF_DISTRIBUTION.values())
NO_INK = "it holds no ink"
ELSEWHERE = "its brightness pattern differs from the training images"
SEVERAL = "it seems to show several characters; numbers, lines and pages are read with digits read"
OTHER = "its writing looks like a letter or a sign"
OTHERWISE = "the network that found the writing reads {}"
LIKELY = 0.3  # what the network that finds the writing says counts from this probability on
UNLIKE = "it looks unlike the {}s that the model was trained on"


@dataclass(frozen=True)
class Prediction:
    """What was recognised on one picture."""

    source: str  # the file name (of DICOM a hash of the file's bytes), or "picture 3" for what has no name
    status: str  # "ok", "unsure", "not a digit" ("unfamiliar" of a model of other pictures) or "error"
    # The most probable class, whatever the status; None without ink or for an error. Where the classes are named by
    # whole numbers (0 to 9, or 1 to 9), that number; otherwise the class's index, as `index` always is.
    label: int | None = None
    name: str | None = None  # that class's name
    probability: float | None = None  # of that class, 0..1
    probabilities: tuple[float, ...] = ()  # of all K classes; that of the most probable one at `index`
    # The classes (as `label` has them) that together hold the actual one with the recognizer's level of confidence, on
    # pictures like those of the calibration; empty for a model without calibration.
    prediction_set: tuple[int, ...] = ()
    labels: tuple[int, ...] = ()  # those given, of a model that gives several; `label` is the most probable
    reason: str | None = None  # why the status is neither "ok" nor "error"
    error: str | None = None  # what was wrong with the picture
    as_stored: bool = False  # its EXIF orientation was left aside, since it reads badly so turned
    index: int | None = None  # of the most probable class among the model's classes, 0..K-1


def refused(prediction: Prediction, reason: str | None) -> Prediction:
    """A prediction, or that its picture is of another kind, where there is a reason to say so."""
    return replace(prediction, status=OUT_OF_DISTRIBUTION["picture"], reason=reason) if reason else prediction


def as_one_digit(prediction: Prediction, writing: Writing | None) -> Prediction:
    """A prediction, or what the network that found the writing says against it. None: it was not asked."""
    if writing is None:
        return prediction
    if max(writing.several, writing.other) >= LIKELY:
        reason = SEVERAL if writing.several > writing.other else OTHER
        return replace(prediction, status=OUT_OF_DISTRIBUTION["digit"], reason=reason)
    digit = max(range(len(writing.digits)), key=writing.digits.__getitem__)
    if prediction.status == "ok" and prediction.name != str(digit) and writing.digits[digit] >= LIKELY:
        return replace(prediction, status="unsure", reason=OTHERWISE.format(digit))
    return prediction


def in_words(answers: SelectiveThreshold, probability: float) -> str:
    """Why a probability is too small to answer."""
    return f"the probability of its most probable class is {100 * probability:.3g} %; {answered_in_words(answers)}"


def answered_in_words(answers: SelectiveThreshold) -> str:
    """From which probability on a model answers, and what is then known of its errors."""
    return f"from {100 * answers.threshold:.4g} % on, at most {100 * answers.max_error:g} % of the answers are wrong"
