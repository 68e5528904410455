"""The tables of docs/accuracy.md and docs/accuracy-appendix.md, as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from digit_recognizer.models.cards import Card, read_cards
from results import read, test_evaluations


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def percent(share: float, digits: int = 2) -> str:
    return f"{100 * share:.{digits}f}"


def between(interval: dict[str, Any], digits: int = 2) -> str:
    """An interval in per cent."""
    return f"{percent(interval['low'], digits)} to {percent(interval['high'], digits)} %"


def over_seeds(card: Card) -> str:
    """Mean, deviation and interval over the seeds of a card."""
    if card.seeds is None:
        return "one seed"
    spread = f"{percent(card.seeds['mean'], 3)} % ± {percent(card.seeds['standard_deviation'], 3)}"
    return f"{spread}, n = {card.seeds['n_seeds']} seeds ({between(card.seeds['interval_of_the_mean'], 3)})"


def models() -> str:
    """What is shipped, the most accurate first."""
    rows = [
        [
            f"[`{card.name}`](models/{card.name}.md)",
            f"{card.parameters:,}",
            f"{card.bytes / 1e6:.2f} MB",
            f"{card.test['correct']:,}: {percent(card.test['accuracy'])} %",
            between(card.test["interval"]),
            over_seeds(card),
        ]
        for card in read_cards()
    ]
    head = ["model", "weights", "file", "correct of 10,000 test images", "95 % interval"]
    return table([*head, "mean ± standard deviation over seeds (95 % interval of the mean)"], rows)


def seeds() -> str:
    """All values by seed: test and validation images read rightly."""
    rows = []
    for card in read_cards():
        if card.seeds is None:
            continue
        found = read(f"accuracy/{card.name}")
        for split, n in (("test", "10,000"), ("validation", "5,000")):
            summary = found[split]["summary"]
            values = " ".join(f"{row['correct']:,}" for row in found[split]["seeds"])
            spread = f"{percent(summary['mean'], 3)} ± {percent(summary['standard_deviation'], 3)} %"
            interval = between(summary["interval_of_the_mean"], 3)
            rows.append([f"`{card.name}`", f"{split}, {n}", values, spread, interval])
    return table(["model", "images", "correct, seed 0 first", "mean ± standard deviation", "95 % interval"], rows)


def all_test_evaluations() -> str:
    """Every evaluation of the test split."""
    rows = [[each["model"], " ".join(f"{n:,}" for n in each["correct"]), each["kept"]] for each in test_evaluations()]
    return table(["model", "correct of 10,000", "kept?"], rows)


def variants() -> str:
    """What each part of a recipe is worth."""
    rows = [
        [
            each["variant"],
            f"{percent(each['validation']['mean'])} ± {percent(each['validation']['standard_deviation'])}",
            str(each["validation"]["n_seeds"]),
        ]
        for each in read("recipe-variants")["variants"]
    ]
    return table(["recipe", "accuracy on validation images, %, mean ± standard deviation", "seeds"], rows)


def best_digits() -> str:
    """How the most accurate model reads each digit."""
    found = read("study-best")
    rows = [
        [
            figures["name"],
            f"{figures['n']:,}",
            str(wrong),
            percent(figures["recall"]),
            percent(figures["precision"]),
            percent(figures["f1"]),
        ]
        for figures, wrong in zip(found["per_class"], found["wrong_per_class"], strict=True)
    ]
    return table(["digit", "images", "misread", "recall, %", "precision, %", "F1, %"], rows)


def best_study() -> str:
    """Doubtful labels, writers, and the comparison with another method, in sentences."""
    found = read("study-best")
    every, clear, doubtful = found["all"], found["without_doubtful"], found["doubtful"]
    writers, other = found["per_writer"], found["agreement"]
    worst = ", ".join(f"{each['wrong']} of {each['n']}" for each in writers["lowest"])
    return "\n".join(
        [
            f"- **All images:** {every['correct']:,} of {every['n']:,}, {percent(every['accuracy'])} %"
            f" (95 % interval {between(every['interval'])}, Wilson).",
            f"- **Without {len(doubtful['images'])} images whose label has no majority of the votes:**"
            f" {clear['correct']:,} of {clear['n']:,}, {percent(clear['accuracy'])} % ({between(clear['interval'])});"
            f" {doubtful['wrong_among_them']} of the errors are among those {len(doubtful['images'])}.",
            f"- **By writer:** {writers['without_mistake']} of the {writers['writers']} writers are read without an"
            f" error; the mean accuracy over writers is {percent(writers['mean'])} %;"
            f" errors of the five worst: {worst}.",
            f"- **Compared with published predictions of another method** ({other['their_correct']:,} right): both"
            f" predict the same for {other['same']:,} images; {other['only_ours_right']} are right only here,"
            f" {other['only_theirs_right']} only there, {other['both_wrong']} in neither.",
        ]
    )


INTERVALS_OF = {  # a section of benchmarks/coverage.py -> what its intervals are of
    "proportions": "a proportion, n cases",
    "grouped_proportions": "a proportion, cases in groups of about 20",
    "aurocs": "an AUROC",
    "differences_of_accuracies": "a difference of two accuracies, same cases",
    "differences_in_groups": "a difference of two accuracies, cases in groups of about 20",
    "differences_of_aurocs": "a difference of two AUROCs, same cases",
    "bootstrap": "balanced accuracy, kappa, a mean loss",
    "seeds": "the mean over seeds",
}
COVERAGE_FIGURES = {"interval", "coverage", "error", "samples", "width", "undefined", "simulation", "p_below_05"}


def place(row: dict[str, Any]) -> str:
    """Where on the grid of a simulation a row stands."""
    return ", ".join(f"{key.replace('_', ' ')} {row[key]}" for key in row if key not in COVERAGE_FIGURES)


def coverage() -> str:
    """How often each 95 % interval contains the true value: over its whole grid, and at its worst grid point."""
    rows = []
    for section, figure in INTERVALS_OF.items():
        found = read("coverage")["coverage"][section]
        for interval in dict.fromkeys(row["interval"] for row in found):
            these = [row for row in found if row["interval"] == interval]
            lowest = min(these, key=lambda row: float(row["coverage"]))
            error = max(row.get("error", 0.0) for row in these)
            mean = percent(sum(row["coverage"] for row in these) / len(these), 1)
            below = sum(row["coverage"] < 0.93 for row in these)
            least = f"{percent(lowest['coverage'], 1)} ({place(lowest)})"
            exact = f"± {percent(error, 1)}" if error else "exact"
            rows.append([figure, interval, f"{below} of {len(these)}", mean, least, exact])
    head = ["interval of", "method", "grid points below 93 %", "mean coverage, %", "lowest, %", "Monte Carlo error"]
    return table(head, rows)


BLOCKS: dict[str, Callable[[], str]] = {
    "models": models,
    "seeds": seeds,
    "test-evaluations": all_test_evaluations,
    "variants": variants,
    "best-digits": best_digits,
    "best-study": best_study,
    "coverage": coverage,
}
