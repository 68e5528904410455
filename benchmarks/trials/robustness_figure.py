"""Errors against severity, a small plot for each corruption, several models side by side."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from digit_recognizer.errors import ConfigError
from digit_recognizer.evaluation.robustness import Robustness
from digit_recognizer.report.figures import PLAIN
from digit_recognizer.synthetic.corruptions import SEEN

COLUMNS = 2  # what stays readable at a phone's width
# Colours of Okabe and Ito that are told apart without colour vision and stand out on white and on black alike; the
# marks differ too.
STYLES = (("#e69f00", "o"), ("#0072b2", "s"), ("#009e73", "^"), ("#cc79a7", "D"))


def robustness_figure(found: Sequence[Robustness], dark: bool = False) -> Figure:
    """The error of each model under each corruption by severity, with 95 % intervals; severity 0 is no corruption.

    found: one for each model, up to four, of the same corruptions and severities. dark: light ink on black.
    Raises ConfigError for none, for more, and for other corruptions.
    """
    check(found)
    names = found[0].corruptions
    rows = -(-len(names) // COLUMNS)
    with plt.style.context("dark_background" if dark else []):
        size = (2.2 * COLUMNS, 1.5 * rows + 1.2)
        figure, axes = plt.subplots(
            rows, COLUMNS, figsize=size, sharex=True, sharey=True, squeeze=False, layout="constrained"
        )
        for axis, name in zip(axes.flat, names, strict=False):
            _draw_errors(axis, found, name)
        for axis in axes.flat[len(names) :]:
            axis.set_axis_off()
        for axis in axes.flat[max(0, len(names) - COLUMNS) : len(names)]:
            axis.tick_params(labelbottom=True)  # the lowest of its column, where the last row is not full too
        lines, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(lines, labels, loc="outside lower center", ncols=2, fontsize=9)
        images = f"{found[0].dataset}, {found[0].n:,} {found[0].split} images"
        figure.suptitle(f"{images}:\nerror, %, by severity (0: as it is)", fontsize=11, **PLAIN)
    return figure


def _draw_errors(axis: Axes, found: Sequence[Robustness], name: str) -> None:
    """One corruption: a line for each model."""
    for each, (colour, mark) in zip(found, STYLES, strict=False):
        figures = [figure for figure in each.figures if figure.name == name]
        errors = [100 * each.clean_error, *(100 * figure.error for figure in figures)]
        severities = [0, *each.severities]
        label = each.model.title
        axis.plot(severities, errors, color=colour, marker=mark, markersize=4, linewidth=1.5, label=label)
        low, high = zip(*((100 * f.interval.low, 100 * f.interval.high) for f in figures), strict=True)
        axis.fill_between(each.severities, low, high, color=colour, alpha=0.25, linewidth=0)
    seen = " (seen)" if name in SEEN else ""
    axis.set_title(name.replace("_", " ") + seen, fontsize=9)
    axis.set_xticks([0, *found[0].severities])
    axis.set_ylim(0, 100)
    axis.tick_params(labelsize=8)
    axis.grid(alpha=0.3)


def check(found: Sequence[Robustness]) -> None:
    """Raise ConfigError for what cannot be drawn in one figure."""
    if not 1 <= len(found) <= len(STYLES):
        raise ConfigError(f"{len(found)} models cannot be drawn in one figure. Give 1 to {len(STYLES)}.")
    kinds = {(each.corruptions, each.severities, each.dataset, each.split, each.n) for each in found}
    if len(kinds) > 1:
        raise ConfigError("The models were measured on different images or corruptions. Measure them alike.")
