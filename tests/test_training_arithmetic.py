"""What a run computes in: chosen by the processor, noted in run.json, kept by a run that goes on elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from digit_recognizer import train
from digit_recognizer.errors import DigitRecognizerWarning, RunError
from digit_recognizer.training import EnsembleRecipe, EpochRecord, Recipe
from digit_recognizer.training.arithmetic import (
    BFLOAT16,
    FLOAT32,
    Cpu,
    arithmetic_for,
    computing,
    cpu_here,
    has_bfloat16,
)
from tiny import tiny_dataset

pytestmark = pytest.mark.arithmetic

CPU = torch.device("cpu")
NEW = Cpu(instructions=True, vectors="AVX512", kernels=True)
ROUGH = Recipe("rough", hidden=(16,), epochs=2, batch_size=64, learning_rate=0.1, threads=1, bfloat16=True)


@pytest.mark.parametrize("bound", ["", "DEFAULT", "ALL", "AVX512_CORE_BF16", "AVX512_CORE_AMX", "avx10_1_512"])
def test_a_cpu_with_the_unit_and_the_kernels_has_it(bound: str) -> None:
    assert replace(NEW, bound=bound).has_bfloat16


@pytest.mark.parametrize(
    "lacking",
    [
        {"instructions": False},  # AVX-512 of before 2020; an ARM processor, whatever its kernels are
        {"vectors": "AVX2"},
        {"vectors": "DEFAULT"},
        {"vectors": "SVE256"},
        {"kernels": False},
        {"bound": "AVX2"},
        {"bound": "avx512_core"},
        {"bound": "AVX512_CORE_VNNI"},
    ],
)
def test_one_thing_lacking_is_enough_to_be_without(lacking: dict[str, Any]) -> None:
    assert not replace(NEW, **lacking).has_bfloat16


@pytest.mark.parametrize(
    ("kind", "unit", "on_cpu", "chosen"),
    [
        ("cuda", True, False, BFLOAT16),
        ("cuda", True, True, BFLOAT16),
        ("cuda", False, True, FLOAT32),
        ("cpu", True, True, BFLOAT16),
        ("cpu", True, False, FLOAT32),
        ("cpu", False, True, FLOAT32),
        ("mps", True, True, FLOAT32),
    ],
)
def test_a_new_run_takes_bfloat16_where_it_is_quick(kind: str, unit: bool, on_cpu: bool, chosen: str) -> None:
    assert arithmetic_for(kind, unit=unit, on_cpu=on_cpu) == chosen


@pytest.mark.parametrize(
    ("bounds", "facts"),
    [
        ({"ATEN_CPU_CAPABILITY": "default", "DNNL_MAX_CPU_ISA": "AVX512_CORE"}, {"bound": "AVX512_CORE"}),
        ({"ONEDNN_MAX_CPU_ISA": "AVX2", "DNNL_MAX_CPU_ISA": "ALL"}, {"kernels": False, "bound": "AVX2"}),
    ],
)
@pytest.mark.slow
def test_a_cpu_bounded_by_the_user_is_without(bounds: dict[str, str], facts: dict[str, object]) -> None:
    code = "import json; from digit_recognizer.training.arithmetic import cpu_here; cpu = cpu_here();"
    code += "print(json.dumps(vars(cpu) | {'has': cpu.has_bfloat16}))"
    result = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | bounds, check=True, capture_output=True, text=True
    )
    found = json.loads(result.stdout)
    assert found | facts == found
    assert "ATEN_CPU_CAPABILITY" not in bounds or not found["vectors"].startswith("AVX")  # DEFAULT; of old, NO AVX
    assert found["has"] is False


def test_torch_knows_the_questions_that_it_is_asked() -> None:
    """A torch that renamed them would make every CPU count as one without."""
    cpu = cpu_here()
    assert cpu.vectors == torch.backends.cpu.get_cpu_capability()
    assert cpu.instructions == torch.cpu._is_avx512_bf16_supported()
    if torch.backends.mkldnn.is_available():
        assert cpu.kernels == torch.ops.mkldnn._is_mkldnn_bf16_supported()


def test_float32_is_the_network_itself_and_bfloat16_rounds() -> None:
    network, inputs = nn.Linear(300, 200), torch.randn(4, 300)
    assert computing(network, CPU, FLOAT32) is network
    rough = computing(network, CPU, BFLOAT16)(inputs)
    assert rough.dtype == torch.float32
    assert 1e-5 < float((rough - network(inputs)).detach().abs().max()) < 0.05
    rough.sum().backward()
    assert network.weight.grad is not None
    assert network.weight.grad.dtype == torch.float32


@pytest.fixture
def no_unit() -> Iterator[None]:
    """Any machine, without kernels for bfloat16."""
    before = torch.backends.mkldnn.enabled
    torch.backends.mkldnn.set_flags(_enabled=False)
    assert not has_bfloat16(CPU)
    yield
    torch.backends.mkldnn.set_flags(_enabled=bool(before))


class StoppedError(Exception):
    """What a user's callback raises."""


def stop(_: EpochRecord) -> None:
    raise StoppedError


def noted(folder: Path) -> dict[str, Any]:
    settings = json.loads((folder / "run.json").read_text())
    return {key: settings[key] for key in ("arithmetic", "device") if key in settings}


def begun(folder: Path, recipe: Recipe = ROUGH, **changes: object) -> None:
    """A run folder with nothing but the settings of a run, as another machine noted them (None: as none did)."""
    with pytest.raises(StoppedError):
        train(recipe, tiny_dataset(), out=folder.with_name("other"), device="cpu", on_epoch=stop)
    settings = json.loads((folder.with_name("other") / "run.json").read_text()) | changes
    folder.mkdir(parents=True)
    kept = {key: value for key, value in settings.items() if value is not None}
    (folder / "run.json").write_text(json.dumps(kept))


def resumed(folder: Path, recipe: Recipe = ROUGH) -> str:
    return train(recipe, tiny_dataset(), out=folder, resume=True, device="cpu").header.weights_sha256


def losses(folder: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (folder / "history.jsonl").read_text().splitlines()]


def weights(recipe: Recipe) -> str:
    return train(recipe, tiny_dataset(), device="cpu").header.weights_sha256


def test_a_run_notes_what_it_computes_in(tmp_path: Path) -> None:
    begun(tmp_path / "rough/run")
    chosen = BFLOAT16 if has_bfloat16(CPU) else FLOAT32
    assert noted(tmp_path / "rough/run") == {"arithmetic": chosen, "device": "cpu"}
    begun(tmp_path / "fine/run", replace(ROUGH, bfloat16=False))
    assert noted(tmp_path / "fine/run") == {"arithmetic": FLOAT32, "device": "cpu"}


@pytest.mark.usefixtures("no_unit")
def test_without_the_unit_a_new_run_is_in_float32(tmp_path: Path) -> None:
    first = train(ROUGH, tiny_dataset(), out=tmp_path / "run", device="cpu").header.weights_sha256
    assert noted(tmp_path / "run") == {"arithmetic": FLOAT32, "device": "cpu"}
    assert first == weights(ROUGH) == weights(replace(ROUGH, bfloat16=False))


@pytest.mark.slow
@pytest.mark.usefixtures("no_unit")
def test_a_run_keeps_its_arithmetic_where_that_is_slow_and_says_so(tmp_path: Path) -> None:
    begun(tmp_path / "run", arithmetic=BFLOAT16, device="cuda")
    with pytest.warns(DigitRecognizerWarning, match=r"run: was begun in bfloat16 .* several times as long") as told:
        whole = resumed(tmp_path / "run")
    assert len(told) == 1
    assert noted(tmp_path / "run") == {"arithmetic": BFLOAT16, "device": "cuda"}
    assert whole != weights(ROUGH)
    assert resumed(tmp_path / "run") == whole  # no step is left: nothing to warn of

    (tmp_path / "again").mkdir()
    (tmp_path / "again/run.json").write_bytes((tmp_path / "run/run.json").read_bytes())
    with pytest.warns(DigitRecognizerWarning), pytest.raises(StoppedError):
        train(ROUGH, tiny_dataset(), out=tmp_path / "again", resume=True, device="cpu", on_epoch=stop)
    with pytest.warns(DigitRecognizerWarning):
        assert resumed(tmp_path / "again") == whole


def test_a_run_that_was_begun_in_float32_stays_in_it_where_bfloat16_is_quick(tmp_path: Path) -> None:
    begun(tmp_path / "run", arithmetic=FLOAT32)
    assert resumed(tmp_path / "run") == weights(replace(ROUGH, bfloat16=False))


@pytest.mark.parametrize("damaged", ["float16", "", 16, ["bfloat16"], {}, None])
def test_a_damaged_note_is_refused(damaged: object, tmp_path: Path) -> None:
    begun(tmp_path / "run", arithmetic=damaged)
    with pytest.raises(RunError, match=r"run: holds no run to resume \(run.json is damaged: arithmetic = "):
        resumed(tmp_path / "run")


@pytest.mark.usefixtures("no_unit")
def test_each_member_of_an_ensemble_notes_and_keeps_its_own(tmp_path: Path) -> None:
    both = EnsembleRecipe("both", (replace(ROUGH, name="a"), replace(ROUGH, name="b", variant=1)))
    whole, member = tmp_path / "run", tmp_path / "run/members/a"
    with pytest.raises(StoppedError):
        train(both, tiny_dataset(), out=whole, device="cpu", on_epoch=stop)
    assert noted(whole) == {}
    assert noted(member) == {"arithmetic": FLOAT32, "device": "cpu"}
    first = losses(member)
    settings = json.loads((member / "run.json").read_text())
    (member / "run.json").write_text(json.dumps(settings | {"arithmetic": BFLOAT16}))
    for each in (member / "checkpoints").iterdir():
        each.unlink()
    with (
        pytest.warns(DigitRecognizerWarning, match="a: was begun in bfloat16") as told,
        pytest.raises(StoppedError),
    ):
        train(both, tiny_dataset(), out=whole, resume=True, device="cpu", on_epoch=stop)
    assert len(told) == 1
    assert losses(member) != first
