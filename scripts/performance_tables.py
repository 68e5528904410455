"""The tables of docs/performance.md, as Markdown, from what `python benchmarks/run.py` measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accuracy_tables import between, percent, table
from results import read


def measured(name: str) -> Any:
    """One benchmark's result."""
    return read("performance")[name]


def machine() -> str:
    """Where and with what it was measured."""
    whole = read("performance")
    versions = whole["versions"]
    limit = whole["limit"]
    return (
        f"{versions['system']}, {versions['processor']}, {versions['cores']} cores, no GPU;"
        f" Python {versions['python']}, PyTorch {versions['torch']}, torchvision {versions['torchvision']},"
        f" ONNX Runtime {versions['onnxruntime']}, NumPy {versions['numpy']}. A float32 matrix product of"
        f" {limit['side']} x {limit['side']} reached {limit['gflop_s']:.0f} GFLOP/s (best of {limit['n']}): the limit"
        " that the shares below refer to. Only convolutions and linear layers count: two operations per multiply-add,"
        " three forward passes for a training step."
    )


def classic_epoch() -> str:
    found = measured("classic_epoch")
    n = found["n"]
    rows = [
        [f"torchvision and a DataLoader, {workers} workers", f"{median(each):.2f}", f"{len(each)} epochs"]
        for workers, each in found["all_peer_s"].items()
    ]
    ours = "this project's `train()`, history and checkpoints included"
    rows.append([ours, f"{found['ours_s']:.3f}", f"{n['our_epochs']} epochs"])
    rows.append(["**ratio to the faster peer**", f"**{found['ratio']:.1f}**", ""])
    return table(["", "seconds", "n"], rows)


def median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def time_to_99() -> str:
    found = measured("time_to_99")
    rows = [
        [
            f"PyTorch's example, {found['peer_epochs']} epochs",
            f"{found['peer_s']:.1f}",
            f"{found['peer_n']} seeds",
            " ".join(f"{n:,}" for n in found["peer_correct_by_epoch"][-1]),
        ],
        [
            "`fast`",
            f"{found['ours_s']:.2f}",
            f"{found['ours_n']} seeds",
            f"mean {percent(found['ours']['mean'], 3)} %, standard deviation"
            f" {percent(found['ours']['standard_deviation'], 3)}, interval of the mean"
            f" {between(found['ours']['interval_of_the_mean'], 3)}",
        ],
    ]
    ratio = "not reached" if found["ratio"] is None else f"{found['ratio']:.1f}"
    rows.append(["**ratio**", f"**{ratio}**", "", ""])
    lines = table(["", "seconds, median", "n", "correct of 10,000 test images"], rows)
    means = (sum(each) / len(each) for each in found["peer_correct_by_epoch"])
    curve = ", ".join(f"{mean:,.0f}" for mean in means)
    return (
        f"{lines}\n\nThe example's mean after each epoch: {curve}. `fast` runs at"
        f" {percent(found['share_of_limit'], 0)} % of the machine's limit."
    )


def evaluation() -> str:
    found = measured("evaluation")
    rounds = f"{found['n']['rounds']} rounds"
    rows = [
        ["one image at a time, DataLoader and torch", f"{found['peer_s']:.2f}", rounds],
        ["`evaluate()`", f"{found['ours_s']:.4f}", rounds],
        ["**ratio**", f"**{found['ratio']:.0f}**", ""],
    ]
    return table(["10,000 images, `classic`", "seconds, median", "n"], rows)


def latency() -> str:
    """Microseconds an image at each batch size, in torch and in ONNX Runtime."""
    rows = []
    for name, model in measured("latency")["models"].items():
        for size, each in model["batches"].items():
            torch, onnx = each["torch"], each["onnx"]
            rows.append(
                [
                    f"`{name}`",
                    f"{int(size):,}",
                    f"{microseconds(torch, int(size))}",
                    f"{microseconds(onnx, int(size))}",
                    f"{each['ratio']:.1f}",
                    f"{percent(onnx['share_of_limit'], 0)} %",
                    str(onnx["n"]),
                ]
            )
    head = [
        "model",
        "images per call",
        "torch, µs per image",
        "ONNX Runtime, µs per image",
        "ratio",
        "share of the limit",
    ]
    return table([*head, "n calls"], rows)


def microseconds(row: dict[str, float], size: int) -> str:
    """Time an image, with three digits that mean something."""
    time = 1e6 * row["median_s"] / size
    return f"{time:,.0f}" if time >= 100 else f"{time:.3g}"


def single() -> str:
    """One picture through the public door, and the command from a cold start."""
    found = measured("latency")
    rows = []
    for name, model in found["models"].items():
        predict, cold = model["recognizer_predict"], found["cold_start"][f"digits predict --model {name}"]
        threads = model["onnx_threads"]["1"]
        rows.append(
            [
                f"`{name}`",
                f"{1e3 * predict['median_s']:.2f} ({1e3 * predict['p95_s']:.2f})",
                f"{1e3 * threads['one']['median_s']:.3f}",
                f"{1e3 * threads['default']['median_s']:.3f}",
                f"{cold['median_s']:.2f}",
            ]
        )
    head = ["model", "`Recognizer.predict`, ms (95th percentile)", "network alone, one thread, ms"]
    lines = table([*head, "network alone, ONNX Runtime's own threads, ms", "command, cold, s"], rows)
    start = found["cold_start"]
    return (
        f"{lines}\n\n`digits --help` takes {start['digits --help']['median_s']:.2f} s, Python alone"
        f" {start['python']['median_s']:.2f} s (median of {start['python']['n']})."
    )


def speed() -> str:
    """The README's rows: ours, the peer, the ratio."""
    to_99, epoch, scored = (measured(name) for name in ("time_to_99", "classic_epoch", "evaluation"))
    rows = [
        [
            f"train to 99 % (`fast`; {to_99['ours_n']} seeds, mean {percent(to_99['ours']['mean'])} % of test images)",
            f"{to_99['ours_s']:.1f} s",
            f"{to_99['peer_s']:.0f} s: PyTorch's own MNIST example, {to_99['peer_epochs']} epochs",
            f"{to_99['peer_s'] / to_99['ours_s']:.0f}",
        ],
        [
            "an epoch of the published notebook's recipe, 60,000 images",
            f"{epoch['ours_s']:.2f} s",
            f"{epoch['peer_s']:.1f} s: torchvision and a DataLoader",
            f"{epoch['ratio']:.1f}",
        ],
        [
            "evaluate 10,000 images (`classic`)",
            f"{scored['ours_s']:.3f} s",
            f"{scored['peer_s']:.1f} s: one image at a time",
            f"{scored['ratio']:.0f}",
        ],
        *programs(),
    ]
    return table(["on two cores", "this project", "peer, in the same run", "ratio"], rows)


def programs() -> list[list[str]]:
    """The README's rows of whole programs: a command, the service."""
    start, served = read("cold-start")["cold_start"], read("serving")["serving"]
    here, torch = (start[name]["median_s"] for name in ("digits_predict", "torch"))
    ours, plain = (served["requests_per_s"][name] for name in ("digits_serve", "plain"))
    return [
        [
            "`digits predict three.png`, cold start",
            f"{here:.2f} s",
            f"{torch:.1f} s: torch",
            f"{torch / here:.1f}",
        ],
        [
            f"`digits serve`, pictures per second (`{served['model']}`)",
            f"{ours:,.0f}",
            f"{plain:,.0f}: FastAPI, PIL, eager torch",
            f"{ours / plain:.1f}",
        ],
    ]


BLOCKS: dict[str, Callable[[], str]] = {
    "speed": speed,
    "machine": machine,
    "classic-epoch": classic_epoch,
    "time-to-99": time_to_99,
    "evaluation": evaluation,
    "latency": latency,
    "single": single,
}
