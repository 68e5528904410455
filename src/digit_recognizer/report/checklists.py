"""What CLAIM (2024) and TRIPOD+AI (2024) ask to be reported, and where a report of this project has it, or lacks it.

The items are paraphrased. A report of software can state what it measured. Only the authors can describe the study (the
patients, the readers, the funding), so many items are left to them.
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
    where: str  # a section of the page, or what is missing


_APART = Item(CLAIM, "20", "level at which splits are disjoint", PARTLY, "patients if they are known; otherwise images")
ITEMS = (
    Item(CLAIM, "1-4", "title, abstract, background, aims", _YOURS, "a report is not an article"),
    Item(CLAIM, "5-6", "study design and goal", _YOURS, "retrospective figures on a given split, no trial"),
    Item(CLAIM, "7", "where the data come from", MET, _ORIGIN),
    Item(CLAIM, "8", "who was included and excluded", _YOURS, "of public sets see their own papers"),
    Item(CLAIM, "9", "how images were prepared", MET, _ORIGIN),
    Item(CLAIM, "10", "parts of images or sets that were picked", MET, f"{_ORIGIN}: the whole split"),
    Item(CLAIM, "11", "how patients' identity was removed", PARTLY, "docs/medical.md; burnt-in text is kept"),
    Item(CLAIM, "12", "handling of missing data", PARTLY, "rows left out are named when a table is read"),
    Item(CLAIM, "13", "how images were acquired", _YOURS, "the files' headers are not reported"),
    Item(CLAIM, "14-18", "reference standard: what, why, by whom, how alike", _YOURS, "labels are taken as given"),
    Item(CLAIM, "19", "how cases were assigned to the splits", MET, f"{_ORIGIN}, docs/medical.md"),
    _APART,
    Item(CLAIM, "21", "intended sample size", NOT, "digits plan computes it; no study was planned"),
    Item(CLAIM, "22", "the model in full", MET, f"{_ORIGIN}: the model file holds its architecture"),
    Item(CLAIM, "23", "software and versions", MET, _ORIGIN),
    Item(CLAIM, "24", "initialisation of the weights", MET, f"{_ORIGIN}: recipe and seed; random unless stated"),
    Item(CLAIM, "25", "training, augmentation, settings", MET, f"{_ORIGIN}: the recipe; run.json has all of it"),
    Item(CLAIM, "26", "how the final model was chosen", MET, "the last epoch; choices in docs/medical.md"),
    Item(CLAIM, "27", "ensembling", MET, f"{_ORIGIN}: the recipe"),
    Item(CLAIM, "28", "which metrics are reported", MET, f"{_FIGURES}, {_FINDING}"),
    Item(CLAIM, "29", "their uncertainty", MET, "each has its interval"),
    Item(CLAIM, "30", "their robustness", PARTLY, "Corruptions; groups if they are known"),
    Item(
        CLAIM,
        "31",
        "explanations, and whether they are valid",
        MET,
        "saliency maps, checked with random weights",
    ),
    Item(CLAIM, "32", "tested on data of the same source", MET, f"{_ORIGIN}: evaluated on"),
    Item(CLAIM, "33", "tested on data of another source", NOT, "digits evaluate --data on a set of your own"),
    Item(CLAIM, "34", "registration of a trial", _YOURS, "there was none"),
    Item(
        CLAIM,
        "35",
        "numbers of patients and images, also of excluded ones",
        PARTLY,
        "images; patients if they are known",
    ),
    Item(CLAIM, "36", "characteristics of the patients by split", NOT, "only what a table's columns contain"),
    Item(
        CLAIM,
        "37",
        "performance and benchmarks on all splits",
        PARTLY,
        "one split per report; compare with digits compare",
    ),
    Item(CLAIM, "38", "diagnostic performance with its precision", MET, _FINDING),
    Item(CLAIM, "39", "the wrong cases", MET, "Worst mistakes, Confusion matrix"),
    Item(CLAIM, "40", "limits", MET, LIMITS),
    Item(CLAIM, "41", "what it means for practice", NOT, "not for clinical use"),
    Item(CLAIM, "42", "the protocol and technical details", PARTLY, "docs/medical.md; no protocol was published"),
    Item(CLAIM, "43", "availability of software, model and data", PARTLY, f"{_ORIGIN}: code, model and data by hash"),
    Item(CLAIM, "44", "funding", _YOURS, ""),
    Item(TRIPOD, "1-4", "title, abstract, background, aims", _YOURS, "a report is not an article"),
    Item(TRIPOD, "5", "data: sources and dates", PARTLY, f"{_ORIGIN}; dates are not known"),
    Item(TRIPOD, "6", "participants: setting, eligibility, treatment", _YOURS, "of public sets see their own papers"),
    Item(TRIPOD, "7", "preparation of the data, the same for all groups", MET, f"{_ORIGIN}: one preparation for all"),
    Item(TRIPOD, "8", "outcome: definition, assessors, blinding", _YOURS, "labels are taken as given"),
    Item(TRIPOD, "9", "predictors", MET, "the pixels alone"),
    Item(TRIPOD, "10", "how the sample size was determined", NOT, "digits plan computes it; no study was planned"),
    Item(TRIPOD, "11", "missing data", PARTLY, "rows left out are named when a table is read"),
    Item(
        TRIPOD,
        "12",
        "analysis: splits, model, figures, variation, thresholds",
        MET,
        f"{_ORIGIN}, {_FINDING}, Reliability",
    ),
    Item(TRIPOD, "13", "class imbalance and its handling", PARTLY, "Per class; the recipe states its class weights"),
    Item(TRIPOD, "14", "fairness", PARTLY, "by each column of a table; nothing was corrected"),
    Item(TRIPOD, "15", "output of the model, and its threshold", MET, _FINDING),
    Item(
        TRIPOD,
        "16",
        "differences between training and evaluation data",
        PARTLY,
        "digits audit reports drift between splits",
    ),
    Item(TRIPOD, "17", "ethical approval", _YOURS, ""),
    Item(
        TRIPOD,
        "18",
        "funding, interests, protocol, registration, data, code",
        PARTLY,
        f"{_ORIGIN}: data and code; the rest is for the authors",
    ),
    Item(TRIPOD, "19", "patient and public involvement", _YOURS, "none here"),
    Item(TRIPOD, "20", "participants: flow and characteristics", NOT, "only what a table's columns contain"),
    Item(TRIPOD, "21", "cases and outcomes in each analysis", MET, "Per class"),
    Item(TRIPOD, "22", "the full model, for use by others", MET, f"{_ORIGIN}: the model file"),
    Item(TRIPOD, "23", "performance with intervals, also by group and site", MET, f"{_FIGURES}, {_FINDING}, Per group"),
    Item(TRIPOD, "24", "updating", NOT, "digits calibrate fits to your own images; no model was updated"),
    Item(TRIPOD, "25", "interpretation", _YOURS, ""),
    Item(TRIPOD, "26", "limits", MET, LIMITS),
    Item(
        TRIPOD,
        "27",
        "use in practice: bad input, who acts, next steps",
        PARTLY,
        "OOD pictures are refused; never tested in practice",
    ),
)


def items_of(result: dict[str, Any]) -> tuple[Item, ...]:
    """The items for one report. result: the object of `digits evaluate --json`.

    Without a positive class its figures are missing. If patients are known, the splits are disjoint by patient.
    """
    positive = result.get("positive")
    if not positive:
        nothing = "no positive class is declared"
        return tuple(replace(each, status=NOT, where=nothing) if each.where == _FINDING else each for each in ITEMS)
    if positive.get("per_patient"):
        return tuple(replace(each, status=MET, where="by patient") if each is _APART else each for each in ITEMS)
    return ITEMS
