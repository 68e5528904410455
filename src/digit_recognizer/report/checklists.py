"""What CLAIM (2024) and TRIPOD+AI (2024) ask to be reported, and where a report of this project answers, or does not.

The items are named in words of our own. A report of software can state what it measured; the study around it (who the
patients were, who read the images, who paid) only its authors can, so that many items stay theirs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

CLAIM = "CLAIM 2024"  # Tejani et al., Radiology: Artificial Intelligence 6:e240300 (2024)
TRIPOD = "TRIPOD+AI"  # Collins et al., BMJ 385:e078378 (2024)
MET, PARTLY, NOT, _YOURS = "met", "partly", "not met", "for the authors"
_ORIGIN, LIMITS, _FIGURES, _FINDING = "Provenance", "Use and limits", "Figures", "The positive class"


@dataclass(frozen=True)
class Item:
    """One thing to be reported."""

    source: str
    number: str
    asks: str
    status: str  # MET, PARTLY, NOT or YOURS
    where: str  # a section of the page, or what is lacking


_APART = Item(CLAIM, "20", "level at which splits are apart", PARTLY, "patients where they are known; else images")
ITEMS = (
    Item(CLAIM, "1-4", "title, abstract, background, aims", _YOURS, "a report is not an article"),
    Item(CLAIM, "5-6", "study design and goal", _YOURS, "retrospective figures on a given split, no trial"),
    Item(CLAIM, "7", "where the data come from", MET, _ORIGIN),
    Item(CLAIM, "8", "who was included and excluded", _YOURS, "of public sets see their own papers"),
    Item(CLAIM, "9", "how images were prepared", MET, _ORIGIN),
    Item(CLAIM, "10", "parts of images or sets that were picked", MET, f"{_ORIGIN}: the whole split"),
    Item(CLAIM, "11", "how patients' identity was removed", PARTLY, "docs/medical.md; what is burnt in stays"),
    Item(CLAIM, "12", "what was done about missing data", PARTLY, "rows left out are named when a table is read"),
    Item(CLAIM, "13", "how images were acquired", _YOURS, "the files' headers are not reported"),
    Item(CLAIM, "14-18", "reference standard: what, why, by whom, how alike", _YOURS, "labels are taken as given"),
    Item(CLAIM, "19", "how cases were dealt to the splits", MET, f"{_ORIGIN}, docs/medical.md"),
    _APART,
    Item(CLAIM, "21", "how many cases were meant to be had", NOT, "digits plan tells; no study was planned"),
    Item(CLAIM, "22", "the model in full", MET, f"{_ORIGIN}: the model file holds its architecture"),
    Item(CLAIM, "23", "software and versions", MET, _ORIGIN),
    Item(CLAIM, "24", "how weights began", MET, f"{_ORIGIN}: the recipe and its seed; random unless it says else"),
    Item(CLAIM, "25", "training, augmentation, settings", MET, f"{_ORIGIN}: the recipe, whole in run.json"),
    Item(CLAIM, "26", "how the final model was chosen", MET, "the last epoch; choices in docs/medical.md"),
    Item(CLAIM, "27", "how models were joined", MET, f"{_ORIGIN}: the recipe"),
    Item(CLAIM, "28", "which figures are told", MET, f"{_FIGURES}, {_FINDING}"),
    Item(CLAIM, "29", "how uncertain they are", MET, "each with its interval"),
    Item(CLAIM, "30", "how robust they are", PARTLY, "Corruptions; groups where they are known"),
    Item(
        CLAIM,
        "31",
        "how answers are explained, and whether that holds",
        MET,
        "maps beside the images, checked with random weights",
    ),
    Item(CLAIM, "32", "tested on data of the same source", MET, f"{_ORIGIN}: scored on"),
    Item(CLAIM, "33", "tested on data of another source", NOT, "digits evaluate --data on a set of your own"),
    Item(CLAIM, "34", "registration of a trial", _YOURS, "there was none"),
    Item(
        CLAIM,
        "35",
        "numbers of patients and images, left out ones too",
        PARTLY,
        "images; patients where they are known",
    ),
    Item(CLAIM, "36", "who the patients were, split by split", NOT, "only what a table's columns tell"),
    Item(
        CLAIM,
        "37",
        "performance and benchmarks on all splits",
        PARTLY,
        "one split a report; compare with digits compare",
    ),
    Item(CLAIM, "38", "diagnostic performance with its precision", MET, _FINDING),
    Item(CLAIM, "39", "the cases that were wrong", MET, "Worst mistakes, Confusion matrix"),
    Item(CLAIM, "40", "limits", MET, LIMITS),
    Item(CLAIM, "41", "what it means for practice", NOT, "not for clinical use"),
    Item(CLAIM, "42", "the protocol and technical details", PARTLY, "docs/medical.md; no protocol was published"),
    Item(CLAIM, "43", "software, model and data to be had", PARTLY, f"{_ORIGIN}: code, model and data by hash"),
    Item(CLAIM, "44", "who paid", _YOURS, ""),
    Item(TRIPOD, "1-4", "title, abstract, background, aims", _YOURS, "a report is not an article"),
    Item(TRIPOD, "5", "data: sources and dates", PARTLY, f"{_ORIGIN}; dates are not known"),
    Item(TRIPOD, "6", "participants: setting, eligibility, treatment", _YOURS, "of public sets see their own papers"),
    Item(TRIPOD, "7", "how data were prepared, alike in all groups", MET, f"{_ORIGIN}: one preparation for all"),
    Item(TRIPOD, "8", "outcome: definition, assessors, blinding", _YOURS, "labels are taken as given"),
    Item(TRIPOD, "9", "predictors", MET, "the pixels alone"),
    Item(TRIPOD, "10", "how the size of the study came about", NOT, "digits plan tells; no study was planned"),
    Item(TRIPOD, "11", "missing data", PARTLY, "rows left out are named when a table is read"),
    Item(
        TRIPOD,
        "12",
        "analysis: splits, model, figures, variation, thresholds",
        MET,
        f"{_ORIGIN}, {_FINDING}, Reliability",
    ),
    Item(TRIPOD, "13", "uneven classes and what was done", PARTLY, "Per class; the recipe states its class weights"),
    Item(TRIPOD, "14", "fairness", PARTLY, "by each column of a table; nothing was corrected"),
    Item(TRIPOD, "15", "what the model puts out, and its threshold", MET, _FINDING),
    Item(
        TRIPOD,
        "16",
        "how data to learn from and to measure on differ",
        PARTLY,
        "digits audit tells of drift between splits",
    ),
    Item(TRIPOD, "17", "ethical approval", _YOURS, ""),
    Item(
        TRIPOD,
        "18",
        "funding, interests, protocol, registration, data, code",
        PARTLY,
        f"{_ORIGIN}: data and code; the rest is theirs",
    ),
    Item(TRIPOD, "19", "patients' and the public's part in it", _YOURS, "none here"),
    Item(TRIPOD, "20", "participants: flow and characteristics", NOT, "only what a table's columns tell"),
    Item(TRIPOD, "21", "cases and outcomes in each analysis", MET, "Per class"),
    Item(TRIPOD, "22", "the whole model, to be used by others", MET, f"{_ORIGIN}: the model file"),
    Item(
        TRIPOD, "23", "performance with intervals, in groups and sites too", MET, f"{_FIGURES}, {_FINDING}, Per group"
    ),
    Item(TRIPOD, "24", "updating", NOT, "digits calibrate fits to your own images; nothing was updated"),
    Item(TRIPOD, "25", "interpretation", _YOURS, ""),
    Item(TRIPOD, "26", "limits", MET, LIMITS),
    Item(
        TRIPOD,
        "27",
        "use in practice: bad input, who is to act, what next",
        PARTLY,
        "strange pictures are refused; never tried in practice",
    ),
)


def items_of(result: dict[str, Any]) -> tuple[Item, ...]:
    """The items for one report. result: the object of `digits evaluate --json`.

    Where no class is looked for its figures are not told, and where patients are known the splits are apart by them.
    """
    positive = result.get("positive")
    if not positive:
        nothing = "no positive class is declared"
        return tuple(replace(each, status=NOT, where=nothing) if each.where == _FINDING else each for each in ITEMS)
    if positive.get("per_patient"):
        return tuple(replace(each, status=MET, where="by patient") if each is _APART else each for each in ITEMS)
    return ITEMS
