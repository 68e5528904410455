"""The table of docs/reading.md, from benchmarks/results/pages.json."""

from __future__ import annotations

from collections.abc import Callable

from results import read


def pages_table() -> str:
    """A row for each kind of page."""
    measured = read("pages")
    each_kind = max(each["pages"] for each in measured["pages"].values())
    lines = [
        f"`python benchmarks/pages.py --each {each_kind} --seed {measured['seed']}`, model `{measured['model']}`:",
        "",
        "| page | pages | numbers | wholly right | 95 % interval | digits found | and sure | sure but wrong"
        " | turned wrongly |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for kind, each in measured["pages"].items():
        low, high = each["numbers_right_interval"]
        lines.append(
            f"| {kind} | {each['pages']} | {each['numbers']} | {100 * each['numbers_right']:.0f} % |"
            f" {100 * low:.0f} to {100 * high:.0f} % | {100 * each['digits_found']:.1f} % |"
            f" {100 * each['digits_sure']:.1f} % | {each['wrong_and_ok_a_page']:.1f} |"
            f" {each['pages_read_another_way_up']} |"
        )
    return "\n".join(lines)


BLOCKS: dict[str, Callable[[], str]] = {"pages": pages_table}
