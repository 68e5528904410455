"""The tables of docs/reading.md: other data sets, print, pages, grids, strings, and the seconds that pages take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accuracy_tables import between, percent, table
from results import missing, read
from serving_tables import taken_with

STRANGERS = {"usps": "USPS, test split, 16 x 16", "load_digits": "scikit-learn's load_digits, 8 x 8"}


def pages_table() -> str:
    """A row for each kind of page."""
    measured = read("pages")
    each_kind = max(each["pages"] for each in measured["pages"].values())
    lines = [
        f"`python benchmarks/pages.py --each {each_kind} --seed {measured['seed']}`, model `{measured['model']}`:",
        "",
        "| page | pages | numbers | wholly correct | 95 % interval | digits found | `ok` | wrong but `ok`"
        " | wrong way up |",
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


def real_table() -> str:
    """A row for each reader of the cells of logbooks."""
    measured = read("real")
    rows = []
    for name in ("this project", "PP-OCRv6 small, restricted", "Tesseract"):
        if name not in measured:
            continue
        each, clear = measured[name]["all"], measured[name]["without_doubtful"]
        sure = [each[what] for what in ("whole_sure", "signed_sure")]
        answered = [f"{part['sure']} of {part['n']}, wrong {part['wrong']}" for part in sure]
        rows.append(
            [
                name,
                share(each["whole"]),
                f"{100 * clear['whole']['right'] / clear['whole']['n']:.1f} %",
                share(each["signed_exactly"]),
                share(each["signed_comma_as_point"]),
                *(answered if name == "this project" else ["", ""]),
                f"{each['milliseconds']:.1f}",
            ]
        )
    head = ["reader", "whole numbers", f"without {measured['doubtful']} doubtful labels", "with signs, exactly"]
    head += ["comma as point", "whole numbers, `ok`", "with signs, `ok`", "ms per cell, one thread"]
    upper = [measured["this project"]["all"][what]["interval"]["high"] for what in ("whole_sure", "signed_sure")]
    bounds = f"Wrong among the `ok`: with 95 % confidence at most {100 * upper[0]:.1f} % and {100 * upper[1]:.1f} %."
    return f"{table(head, rows)}\n\n{measured['n']} cells. {bounds} {taken_with(measured)}"


def singles_table() -> str:
    """A row for each writer of single digits, for photographs and for all."""
    measured = read("real")["singles"]
    ours, peer = measured["this project"], measured.get("PP-OCRv6 small, restricted")

    def row(name: str, each: dict[str, Any], other: dict[str, Any] | None) -> list[str]:
        shares = [f"{each[what]} of {each['n']}" for what in ("right", "answered")]
        return [name, *shares, str(each["wrong"]), f"{other['right']} of {other['n']}" if other else ""]

    rows = [
        row(f"writer {name}", each, peer["writers"][name] if peer else None) for name, each in ours["writers"].items()
    ]
    for name, key in (("photographs", "photographs"), ("all", "all")):
        rows.append(row(name, ours[key], peer[key] if peer else None))
    mean = f"correct {100 * ours['mean']['right']:.1f} %, answered {100 * ours['mean']['answered']:.1f} %"
    bound = 100 * ours["all"]["wrong_interval"]["high"]
    head = ["pictures", "correct", "answered (`ok`)", "wrong among them", "PP-OCRv6 small, correct"]
    told = f"Mean over writers: {mean}. Wrong among the answered: with 95 % confidence at most {bound:.1f} %."
    return f"{table(head, rows)}\n\n{told} {ours['milliseconds']:.0f} ms per picture, median."


def real_pages() -> str:
    """What is said of other people's pages, in a sentence or two."""
    measured = read("real")["pages"]
    whole, photographs = measured["all"], measured["photographs"]
    again = list(measured["shuffled"].values())
    edits, digits = (sum(page[what] for page in again) for what in ("edits", "digits"))
    return (
        f"{whole['pages']} pages with {whole['digits']} digits: {whole['edits']} digits are wrong, missing or extra,"
        f" {whole['empty']} pages are found empty. {whole['sure_digits']} digits are in numbers that are `ok`,"
        f" {whole['wrong']} of these numbers wrong. On photographs alone {photographs['edits']} of"
        f" {photographs['digits']} digits are wrong. {len(again)} of the pages show the digits 0 to 9 in order; with"
        f" shuffled digits {edits} of {digits} are wrong."
    )


def grids_table() -> str:
    """A row for each set of sudokus."""
    measured = read("grids")
    rows = [
        [
            f"`sudoku/{name}`",
            *(str(measured[name][what]) for what in ("photos", "grids_found")),
            *(share(measured[name][what], 2) for what in ("cells", "pages")),
            str(measured[name]["wrong_but_ok"]),
            f"{measured[name]['seconds']['median_s']:.2f}",
        ]
        for name in ("mixed", "v2")
    ]
    head = [
        "set",
        "photos",
        "grids found",
        "cells correct",
        "pages wholly correct",
        "wrong but `ok`",
        "seconds per photo",
    ]
    return f"{table(head, rows)}\n\nModel `{measured['model']}`. {taken_with(measured)}"


def share(counted: dict[str, Any], places: int = 1) -> str:
    """Right of all, in percent with so many decimal places, and one less for the interval."""
    ends = " to ".join(f"{100 * counted['interval'][end]:.{places - 1}f}" for end in ("low", "high"))
    return f"{counted['right']:,} of {counted['n']:,}: {100 * counted['right'] / counted['n']:.{places}f} % ({ends})"


def seconds_table() -> str:
    """Seconds to read a page of each kind."""
    return missing("reading-seconds", "reading_seconds.py") or measured_seconds(read("reading-seconds"))


def measured_seconds(whole: dict[str, Any]) -> str:
    rows = [[kind, f"{each['median_s']:.2f}", f"{each['p95_s']:.2f}"] for kind, each in whole["pages"].items()]
    n = next(iter(whole["pages"].values()))["n"]
    return (
        f"{table(['page', 'seconds, median', '95th percentile'], rows)}\n\nJPEGs of {whole['megapixels']} megapixels,"
        f" {n} of each kind, decoding included, the model already loaded. {taken_with(whole)}"
    )


def strings_table() -> str:
    """A row for each length of the strings of test digits, a column for each overlap."""
    rows = read("strings")["test"]["strings"]
    overlaps = sorted({row["overlap"] for row in rows})
    lengths = sorted({row["length"] for row in rows})
    found = {(row["length"], row["overlap"]): row for row in rows}
    head = ["digits", *(f"boxes overlap by {100 * overlap:.0f} %" for overlap in overlaps)]
    table_rows = [
        [str(length), *(right_of(found[length, overlap], "share_right", 1) for overlap in overlaps)]
        for length in lengths
    ]
    return f"{table(head, table_rows)}\n\nOne test-set evaluation with these weights."


def other_digits_table() -> str:
    """A row for each model: digits of other data sets, given as ordinary pictures."""
    measured = read("other-digits")["other_digits"]
    rows = [[f"`{name}`", *(right_of(found[title]) for title in STRANGERS)] for name, found in measured.items()]
    return table(["model", *STRANGERS.values()], rows)


def printed_table() -> str:
    """Digits of fonts that `mixed` has not seen, and MNIST's."""
    figures = read("accuracy/mixed")
    sets = {"printed, fonts not in training": figures["elsewhere"]["printed"], "MNIST": figures}
    rows = [
        [name, *(right_of(found[split]["seeds"][0]) for split in ("validation", "test"))]
        for name, found in sets.items()
    ]
    return table(["digits", "validation", "test"], rows)


def right_of(row: dict[str, Any], share: str = "accuracy", digits: int = 2) -> str:
    """A share, n, and the interval."""
    return f"{percent(row[share], digits)} % of {row['n']:,} ({between(row['interval'], digits)})"


BLOCKS: dict[str, Callable[[], str]] = {
    "real": real_table,
    "singles": singles_table,
    "real-pages": real_pages,
    "pages": pages_table,
    "grids": grids_table,
    "reading-seconds": seconds_table,
    "strings": strings_table,
    "other-digits": other_digits_table,
    "printed": printed_table,
}
