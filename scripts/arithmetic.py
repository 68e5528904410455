"""Run the tests that train or compare floats as other processors would compute them, and with other seeds.

python scripts/arithmetic.py [SETTING ...] [--tests FILE ...]

A setting is a pytest process of its own whose environment tells torch (ATEN), oneDNN, MKL, OpenBLAS, NumPy and OpenCV
which instructions of the processor they may use. ONNX Runtime cannot be told by the environment: in every setting it
computes as this processor does. On processors other than x86 the settings avx2 and baseline change little.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Setting:
    """How the tests are computed."""

    name: str
    threads: int = 1  # of torch and of the libraries that use OpenMP or OpenBLAS
    seed: int = 0  # by which the seeds are shifted that tests draw with; tests/tiny.py
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of the tests of one setting."""

    setting: str
    passed: int
    failed: tuple[str, ...]
    skipped: int
    seconds: float


def settings() -> list[Setting]:
    """All settings, the quickest to tell of a mistake first."""
    beyond = [each for each in numpy_features() if each.startswith(("AVX512", "X86_V4"))]
    avx2 = {
        "ATEN_CPU_CAPABILITY": "avx2",
        "DNNL_MAX_CPU_ISA": "AVX2",
        "MKL_CBWR": "AVX2",
        "OPENBLAS_CORETYPE": "Haswell",
        "NPY_DISABLE_CPU_FEATURES": ",".join(beyond),
        "OPENCV_CPU_DISABLE": ",".join(each for each in opencv_features() if each.startswith("AVX512")),
        "OPENCV_IPP": "avx2",
    }
    baseline = {
        "ATEN_CPU_CAPABILITY": "default",
        "DNNL_MAX_CPU_ISA": "SSE41",
        "MKL_CBWR": "COMPATIBLE",
        "OPENBLAS_CORETYPE": "Nehalem",
        "NPY_DISABLE_CPU_FEATURES": ",".join(numpy_features()),
        "OPENCV_CPU_DISABLE": ",".join(opencv_features()),
        "OPENCV_IPP": "disabled",
    }
    return [
        Setting("native"),
        Setting("baseline", environment=baseline),
        Setting("avx2", environment=avx2),
        Setting("threads", threads=2),
        Setting("seed-1", seed=1),
        Setting("seed-2", seed=2),
    ]


def numpy_features() -> list[str]:
    """The features of the processor that this NumPy can do without; it refuses others by name."""
    import numpy as np

    return list(np.show_config(mode="dicts")["SIMD Extensions"]["found"])


def opencv_features() -> list[str]:
    """The features of the processor that this OpenCV can do without; it marks them with a star."""
    import cv2

    return [name[1:] for name in cv2.getCPUFeaturesLine().split() if name[0] == "*" and name[-1] != "?"]


def with_seeds() -> list[str]:
    """The test files that draw by a seed which can be shifted; another seed changes nothing in the others."""
    drawing = ("shifted_seed", "from tiny import", "from medmnist_files import")
    files = sorted((ROOT / "tests").glob("test_*.py"))
    return [str(path) for path in files if any(each in path.read_text("utf-8") for each in drawing)]


def run(setting: Setting, tests: list[str], folder: Path) -> Outcome:
    """The marked tests in one setting."""
    report = folder / f"{setting.name}.xml"
    workers = max(1, (os.cpu_count() or 1) // setting.threads)
    chosen = tests or (with_seeds() if setting.seed else [])
    command = [sys.executable, "-m", "pytest", "-q", "-m", "arithmetic and not slow", f"--junitxml={report}", *chosen]
    if workers > 1:
        command += ["-n", str(workers), "--dist", "loadfile", "--no-loadscope-reorder"]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(setting.threads))
    environment = {**os.environ, **threads, **setting.environment, "DIGITS_TEST_SEED": str(setting.seed)}
    began = time.monotonic()
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    return outcome(setting.name, report, code, time.monotonic() - began)


def outcome(name: str, report: Path, code: int, seconds: float) -> Outcome:
    """What pytest's report tells of one setting; where it ended early, that counts as a failure."""
    cases = list(ElementTree.parse(report).iter("testcase")) if report.exists() else []
    failed = [
        f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"
        for case in cases
        if case.find("failure") is not None or case.find("error") is not None
    ]
    if code and not failed:
        failed = [f"pytest itself: exit status {code}"]
    skipped = sum(case.find("skipped") is not None for case in cases)
    passed = sum(not {each.tag for each in case} & {"failure", "error", "skipped"} for case in cases)
    return Outcome(name, passed, tuple(failed), skipped, seconds)


def main() -> int:
    """Run what was asked for, print a table and name what failed."""
    known = {each.name: each for each in settings()}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("settings", nargs="*", metavar="SETTING", help=f"of {', '.join(known)}; all by default")
    parser.add_argument("--tests", nargs="+", default=[], metavar="FILE", help="all marked tests by default")
    asked = parser.parse_args()
    if unknown := set(asked.settings) - set(known):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name in asked.settings or known:
            print(f"\n{name}: {known[name].environment or 'as this processor computes'}", flush=True)
            found.append(run(known[name], asked.tests, Path(folder)))
    print(f"\n{'setting':<12} {'passed':>7} {'failed':>7} {'skipped':>8} {'seconds':>8}")
    for each in found:
        print(f"{each.setting:<12} {each.passed:>7} {len(each.failed):>7} {each.skipped:>8} {each.seconds:>8.0f}")
    for each in found:
        for name in each.failed:
            print(f"failed ({each.setting}): {name}")
    return int(any(each.failed for each in found))


if __name__ == "__main__":
    sys.exit(main())
