"""Charts of a page: matplotlib's SVG, inline, in the page's own ink, so that one drawing suits light and dark."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from digit_recognizer.evaluation.robustness import Robustness
from digit_recognizer.synthetic.corruptions import SEEN

INK = "#010203"  # drawn with, then replaced by the ink of the page
_BLUE, _ORANGE = "#2f7fd6", "#d9822b"  # told apart by lightness too, and readable on white and on near-black
_INKED = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color", "grid.color")
_LEAST_COVERAGE = 0.1  # from which on the risk has its place in a chart
_STYLE: dict[Any, Any] = {
    **dict.fromkeys(_INKED, INK),
    **dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor", "legend.facecolor"), "none"),
    **dict.fromkeys(("axes.spines.top", "axes.spines.right"), False),
    "svg.fonttype": "none",
    "font.size": 11,
    "legend.frameon": False,
    "grid.alpha": 0.15,
    "axes.grid": True,
}


def reliability_chart(calibration: dict[str, Any]) -> str:
    """Stated probability against accuracy, and before calibration where there was one."""
    with drawn("reliability", (4.6, 4.6)) as (figure, axis):
        axis.plot([0, 100], [0, 100], color=INK, linewidth=1, linestyle=":", label="perfect")
        before = calibration["before"]
        if before is not None:
            _draw_bins(axis, before["bins"], _ORANGE, "s", "before calibration")
        _draw_bins(axis, calibration["bins"], _BLUE, "o", "as stated" if before is None else "after calibration")
        axis.set(xlabel="stated probability, %", ylabel="accuracy, %", xlim=(-2, 102), ylim=(-2, 102))
        figure.legend(loc="outside lower center", ncols=2)
        text = "Reliability: the accuracy of the answers against their stated probability"
        return svg(figure, "reliability", text)


def _draw_bins(axis: Any, bins: list[dict[str, Any]], colour: str, mark: str, label: str) -> None:
    """The bins that hold cases, each with the interval of its share."""
    filled = [each for each in bins if each["n"]]
    stated = [100 * each["confidence"] for each in filled]
    true = [100 * each["accuracy"] for each in filled]
    low = [100 * (each["accuracy"] - each["interval"]["low"]) for each in filled]
    high = [100 * (each["interval"]["high"] - each["accuracy"]) for each in filled]
    axis.errorbar(stated, true, [low, high], color=colour, marker=mark, markersize=5, linewidth=1.5, label=label)


def risk_chart(risk_coverage: dict[str, Any]) -> str:
    """The error among the answers against the share answered."""
    with drawn("risk", (4.6, 4.2)) as (figure, axis):
        coverage, risk = zip(*risk_coverage["curve"], strict=True)
        axis.plot([100 * c for c in coverage], [100 * r for r in risk], color=_BLUE, linewidth=2)
        axis.set(xlabel="answered, most confident first, %", ylabel="wrong among the answers, %", xlim=(0, 102))
        # The first few answers alone would fill the chart: one sure mistake among ten is 10 %.
        axis.set_ylim(0, 115 * max(r for c, r in risk_coverage["curve"] if c >= _LEAST_COVERAGE) or 1)
        return svg(
            figure, "risk", "Risk and coverage: the error among the answers against the share of images answered"
        )


def decision_chart(curve: list[dict[str, Any]], name: str) -> str:
    """The net benefit of the model beside calling all cases, or none, positive; name: of the positive class."""
    with drawn("decision", (4.6, 4.2)) as (figure, axis):
        cuts = [100 * each["threshold"] for each in curve]
        values = [each["value"] for each in curve]
        axis.plot(cuts, [each["treat_all"] for each in curve], color=_ORANGE, linestyle="--", label="all cases")
        axis.axhline(0, color=INK, linewidth=1, linestyle=":", label="none")
        axis.plot(cuts, values, color=_BLUE, linewidth=2, label="the model")
        low, high = ([each["interval"][end] for each in curve] for end in ("low", "high"))
        axis.fill_between(cuts, low, high, color=_BLUE, alpha=0.2, linewidth=0)
        top = max(*high, 0.01)
        axis.set(xlabel="threshold, %", ylabel="net benefit", xlim=(0, 100), ylim=(-0.25 * top, 1.1 * top))
        figure.legend(loc="outside lower center", ncols=3)
        return svg(figure, "decision", f"Decision curve: net benefit of calling {name} from each threshold on")


def referral_chart(referral: dict[str, Any]) -> str:
    """The error among the rest against the share of cases that a reader gets."""
    with drawn("referral", (4.6, 4.2)) as (figure, axis):
        shares, errors = zip(*((100 * share, 100 * error) for share, error in referral["curve"]), strict=True)
        axis.plot(shares, errors, color=_BLUE, linewidth=2)
        most = 100 * (1 - _LEAST_COVERAGE)
        told = [error for share, error in zip(shares, errors, strict=True) if share <= most]
        axis.set(xlabel="referred to a reader, %", ylabel="wrong among the rest, %", xlim=(0, 100))
        axis.set_ylim(0, 1.15 * max(told) or 1)
        return svg(figure, "referral", "Workload: the error among the rest against the share referred to a reader")


def corruption_charts(found: Robustness) -> list[tuple[str, str]]:
    """One small chart for each corruption: (its name, the chart); severity 0 is no corruption."""
    charts = []
    for name in found.corruptions:
        rows = [each for each in found.figures if each.name == name]
        with drawn(name, (2.3, 1.7)) as (figure, axis):
            errors = [100 * found.clean_error, *(100 * each.error for each in rows)]
            axis.plot([0, *found.severities], errors, color=_BLUE, marker="o", markersize=3.5, linewidth=1.5)
            bounds = [each.interval for each in rows]
            low, high = [100 * each.low for each in bounds], [100 * each.high for each in bounds]
            axis.fill_between(found.severities, low, high, color=_BLUE, alpha=0.25, linewidth=0)
            axis.set(ylim=(-2, 102), yticks=[0, 50, 100], xticks=[0, *found.severities])
            title = name.replace("_", " ") + (" *" if name in SEEN else "")
            told = ", ".join(f"{error:.0f} %" for error in errors)
            charts.append((title, svg(figure, name, f"Error under {name} by severity 0 to 5: {told}")))
    return charts


@contextmanager
def drawn(name: str, size: tuple[float, float]) -> Iterator[tuple[Figure, Any]]:
    """A figure with one pair of axes, in inches, closed afterwards; name: makes its identifiers its own."""
    with plt.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure, axis = plt.subplots(figsize=size, layout="constrained")
        try:
            yield figure, axis
        finally:
            plt.close(figure)


def svg(figure: Figure, name: str, description: str) -> str:
    """A figure as inline SVG that scales with its place and says to a screen reader what it is."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg ") :].replace(INK, "currentColor")
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # Names such as figure_1 stand in every chart; a page may hold each identifier once.
    text = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{name}-", text)
    text = re.sub(r'<svg [^>]*?(viewBox="[^"]*")[^>]*>', r"<svg \1>", text, count=1)
    return text.replace("<svg ", f'<svg role="img" aria-label="{html.escape(description)}" ', 1)
