"""The tables of docs/medical.md, as Markdown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accuracy_tables import between, percent, table
from digit_recognizer.report.checklists import ITEMS
from digit_recognizer.report.words import threshold_words
from results import RESULTS, read

# ResNet-18 at 28 pixels, AUC and ACC on the test split: Yang et al., Scientific Data 10:41 (2023), table 3.
PUBLISHED = {"pneumoniamnist": (0.944, 0.854), "breastmnist": (0.901, 0.863)}
OUTCOMES = ("agree", "differ", "refused by the peer alone", "refused here alone", "refused by both")
AIMED_AT = {"pneumoniamnist": (0.985, 0.94), "breastmnist": (0.920, 0.88)}


def measured() -> str:
    """Each set's test split beside what was published, five seeds by themselves and their ensemble."""
    rows = []
    for name, (area, share) in PUBLISHED.items():
        found = read(f"medical/{name}-test")
        areas, shares = found["macro_auroc"], found["summary"]
        positive = found["together"]["positive"]
        rows += [
            [name, "ResNet-18, published", f"{area:.3f}", f"{percent(share, 1)} %"],
            [name, f"`auto`, mean of {areas['n_seeds']} seeds", over(areas), in_percent(shares)],
            [
                name,
                f"`auto`, the {areas['n_seeds']} seeds together (n = {found['together']['n']})",
                f"{positive['auroc']['value']:.4f} ({span(positive['auroc']['interval'])})",
                f"{percent(found['together']['accuracy'], 1)} % ({between(found['together']['interval'], 1)})",
            ],
        ]
    return table(["set", "model", "AUROC", "accuracy"], rows)


def verdicts() -> str:
    """Whether the interval of the seeds together excludes the published value, and whether the target is met."""
    lines = []
    for name, published in PUBLISHED.items():
        found = read(f"medical/{name}-test")
        together = found["together"]
        intervals = (together["positive"]["auroc"]["interval"], together["interval"])
        means = (found["macro_auroc"]["mean"], found["summary"]["mean"])
        told = [
            f"{what} {compared(value, interval)}"
            for what, value, interval in zip(("the AUROC", "the accuracy"), published, intervals, strict=True)
        ]
        met = [
            f"{what} {'reached' if mean >= aim else 'missed'} ({mean:.4f}, target {aim:.3f})"
            for what, mean, aim in zip(("AUROC", "accuracy"), means, AIMED_AT[name], strict=True)
        ]
        lines.append(f"- **{name}:** {' and '.join(told)}. Means over seeds: {', '.join(met)}.")
        lines += [f"  {each}" for each in found["caveats"][1:]]
    return "\n".join(lines)


def compared(published: float, interval: dict[str, Any]) -> str:
    """How an interval compares with a published value."""
    if interval["low"] > published:
        return "is better than published"
    return "is worse than published" if interval["high"] < published else "does not differ from published significantly"


def operating() -> str:
    """Sensitivity and specificity of the seeds together at the threshold 0.5, which nothing was fitted to."""
    rows = []
    for name in PUBLISHED:
        positive = read(f"medical/{name}-test")["together"]["positive"]
        figures = [
            f"{percent(each['value'], 1)} % ({between(each['interval'], 1)}, n = {each['n']})"
            for each in (positive["sensitivity"], positive["specificity"])
        ]
        rows.append([name, positive["class"], f"{positive['threshold']:g}", *figures])
    return table(["set", "positive class", "threshold", "sensitivity", "specificity"], rows)


def wished() -> str:
    """What a threshold that validation fixed for a sensitivity gives on other images of PneumoniaMNIST."""
    found = read("medical/pneumoniamnist-operating")
    positive = found["positive"]
    rows = [
        ["sensitivity", *shown(positive["sensitivity"])],
        ["specificity", *shown(positive["specificity"])],
    ]
    for each in positive["predictive"]:
        for name in ("ppv", "npv"):
            title = f"{name.upper()} at a prevalence of {100 * each['prevalence']:g} %"
            rows.append([title, *shown(each[name])])
    for point in positive["referral"]["points"]:
        if point["referred"] in (0.05, 0.1, 0.2):
            title = f"sensitivity of the rest, with {100 * point['referred']:g} % referred to a reader"
            rows.append([title, *shown(point["sensitivity"])])
    head = f"A case is {threshold_words(positive)}. On the {found['n']} {found['split']} images:"
    return head + "\n\n" + table(["figure", "value", "95 % interval"], rows)


def shown(share: dict[str, Any]) -> list[str]:
    """A share and its interval in per cent."""
    return [f"{percent(share['value'], 1)} %", between(share["interval"], 1)]


def modality() -> str:
    """How many OOD pictures a model of chest X-rays refuses as unfamiliar."""
    found = read("medical/pneumoniamnist-modality")
    rows = []
    for kind, each in found["pictures"].items():
        share = percent(each["refused"] / each["n"], 1)
        rows.append([kind, str(each["n"]), str(each["refused"]), f"{share} %", between(each["interval"], 1)])
    return table(["pictures", "n", "unfamiliar", "share", "95 % interval"], rows)


def checklists() -> str:
    """The items of CLAIM and TRIPOD+AI, as the report of a binary set without known patients has them."""
    rows = [[each.source, each.number, each.asks, each.status, each.where] for each in ITEMS]
    return table(["list", "item", "asks for", "state", "where in the report, or what is missing"], rows)


def choice() -> str:
    """What the recipe was compared with by cross-validation, where that was run."""
    if not (RESULTS / "medical/breastmnist-choice.json").exists():
        return (
            "Not run yet: `python benchmarks/auto_choice.py --json benchmarks/results/medical/breastmnist-choice.json`."
        )
    found = read("medical/breastmnist-choice")
    figures = ("auroc", "accuracy", "negative_log_likelihood")
    rows = [
        [each["variant"], *(", ".join(f"{value:.4f}" for value in each[figure]) for figure in figures)]
        for each in found["variants"]
    ]
    n, repeats = sum(found["n"].values()), found["repeats"]
    times = "once" if repeats == 1 else f"{repeats} times, a value for each"
    head = f"{found['folds']} folds, drawn {times}, n = {n} images of train and validation:\n\n"
    return head + table(["one network", "AUROC", "accuracy", "negative log-likelihood"], rows)


def over(found: dict[str, Any]) -> str:
    """Mean and interval over seeds."""
    return f"{found['mean']:.4f} ({span(found['interval_of_the_mean'])})"


def in_percent(found: dict[str, Any]) -> str:
    """The same of a share."""
    return f"{percent(found['mean'], 1)} % ({between(found['interval_of_the_mean'], 1)})"


def span(interval: dict[str, Any]) -> str:
    """An interval of an area."""
    return f"{interval['low']:.4f} to {interval['high']:.4f}"


def dicom_agreement() -> str:
    """How many DICOM files are shown as other readers show them, and why others are not."""
    found = read("medical/dicom-agreement")
    readers = found["readers"]
    rows = [
        [what, str(found[key]["n"]), f"{peer} {readers[peer]}", *(str(counts.get(each, 0)) for each in OUTCOMES)]
        for key, what in (("real", "pydicom's test files"), ("made", "generated"))
        for peer, counts in found[key]["peers"].items()
    ]
    header = [
        "files",
        "n",
        "compared with",
        "agree",
        "differ",
        "refused by it only",
        "refused here only",
        "refused by both",
    ]
    why: dict[tuple[str, str], int] = {}
    for each in (*found["real"]["differing"], *found["made"]["differing"]):
        why[each["peer"], each["why"]] = why.get((each["peer"], each["why"]), 0) + each["n"]
    reasons = [[peer, str(n), reason] for (peer, reason), n in sorted(why.items())]
    return table(header, rows) + "\n\n" + table(["reader", "differs in", "because it"], reasons)


BLOCKS: dict[str, Callable[[], str]] = {
    "medical-measured": measured,
    "medical-verdicts": verdicts,
    "medical-operating": operating,
    "medical-choice": choice,
    "medical-wished": wished,
    "medical-modality": modality,
    "medical-checklists": checklists,
    "medical-dicom": dicom_agreement,
}
