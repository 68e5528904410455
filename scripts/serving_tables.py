"""The tables of serving and of cold starts in docs/performance.md, as Markdown, from what benchmarks/ measured."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

from accuracy_tables import table
from results import missing, read

NAMES = {
    "digits_serve": "`digits serve`",
    "plain": "FastAPI, PIL, eager torch (`benchmarks/servers/plain.py`)",
    "litserve": "LitServe {litserve} (`benchmarks/servers/lit.py`)",
}


def taken_with(whole: dict[str, Any]) -> str:
    """Versions and machine behind a result."""
    versions = whole["versions"]
    return (
        f"ONNX Runtime {versions['onnxruntime']}, PyTorch {versions['torch']}, Python {versions['python']};"
        f" {versions['processor']}, {versions['cores']} cores."
    )


def serving() -> str:
    """Requests a second and latency of each server."""
    return missing("serving", "serving.py") or measured_servers(read("serving"))


def measured_servers(whole: dict[str, Any]) -> str:
    found = whole["serving"]
    rows = []
    for name, runs in found["servers"].items():
        half = [run["half"] for run in runs]
        p50, p99 = (statistics.median(each[key] for each in half) for key in ("p50_ms", "p99_ms"))
        memory = [run["memory_mb"] for run in runs]
        rows.append(
            [
                NAMES[name].format(litserve=found["litserve"]),
                f"{found['requests_per_s'][name]:,.0f}",
                f"{found['ratio'][name]:.1f}",
                f"{p50:.1f}",
                f"{p99:.1f}",
                str(sum(run[load]["errors"] for run in runs for load in ("top", "half"))),
                f"{memory[-1]['before']:.0f}, {memory[-1]['after']:.0f}",
            ]
        )
    head = [
        "server",
        "requests per second",
        "`digits serve` : this server",
        "p50 at half load, ms",
        "p99 at half load, ms",
    ]
    n = len(found["servers"]["digits_serve"])
    return (
        f"{table([*head, 'errors', 'memory before and after, MB'], rows)}\n\nMedians of {n} rounds of"
        f" {found['seconds']:g} seconds, model `{found['model']}`. {taken_with(whole)}"
    )


def soak() -> str:
    """What half an hour of load did to `digits serve`."""
    return missing("serving-soak", "serving.py --soak 30") or measured_soak(read("serving-soak"))


def measured_soak(whole: dict[str, Any]) -> str:
    found = whole["soak"]
    memory = found["memory_mb"]
    return (
        f"{found['minutes']:g} minutes at about half load ({found['connections']} connections), on a busy machine:"
        f" {found['requests']:,} requests, {found['errors']} errors; memory {memory[0]:.1f} MB before,"
        f" {memory[-1]:.1f} MB after, {max(memory):.1f} MB at most, sampled each minute. {taken_with(whole)}"
    )


def cold_start() -> str:
    """The command from a cold start, on ONNX Runtime and on torch."""
    return missing("cold-start", "cold_start.py") or measured_starts(read("cold-start"))


def measured_starts(whole: dict[str, Any]) -> str:
    found = whole["cold_start"]
    names = {"digits_predict": "`digits predict`, ONNX Runtime", "torch": "the same network on torch"}
    rows = [[told, f"{found[key]['median_s']:.2f}", f"{found[key]['p95_s']:.2f}"] for key, told in names.items()]
    rows.append(["**ratio**", f"**{found['ratio']:.1f}**", ""])
    n = found["torch"]["n"]
    return (
        f"{table(['from start to end', 'seconds, median', '95th percentile'], rows)}\n\n{n} starts of each in turn,"
        f" model `{found['model']}`. {taken_with(whole)}"
    )


BLOCKS: dict[str, Callable[[], str]] = {"serving": serving, "serving-soak": soak, "cold-start": cold_start}
