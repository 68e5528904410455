"""On the grid that benchmarks/dicom_agreement.py goes over, files are shown as pydicom's own functions show them."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
WITH_PEER = ("none", "scale", "window", "scaled window", "exact window", "sigmoid", "table")


def benchmark(name: str) -> ModuleType:
    """A file of benchmarks/ as a module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        for other in ("common", "limit"):
            patch.delitem(sys.modules, other, raising=False)
        return import_module(name)


MADE, COLOURED, AGREEMENT = map(benchmark, ("dicom_made", "dicom_made_colours", "dicom_agreement"))


@given(
    st.sampled_from(MADE.BITS),
    st.booleans(),
    st.sampled_from(["MONOCHROME1", "MONOCHROME2"]),
    st.sampled_from([syntax for syntax in MADE.SYNTAXES if syntax != "JPEG-LS"]),  # its packer is not installed
    st.sampled_from(WITH_PEER),
    st.integers(0, 1000),
)
def test_a_made_file_is_shown_as_pydicom_shows_it(
    bits: int, signed: bool, interpretation: str, syntax: str, display: str, seed: int
) -> None:
    elements = MADE.DISPLAYS.get(display) or ({} if display == "none" else MADE.table_elements(display, bits, signed))
    dataset = MADE.dataset_of(MADE.values(bits, signed, seed), bits, interpretation, **elements)
    assert AGREEMENT.outcome(MADE.as_file(dataset, syntax), AGREEMENT.by_pydicom, None) == ("agree", "")


def test_made_padding_is_compared_apart_from_it() -> None:
    for each in MADE.padded():
        assert AGREEMENT.outcome(each.content, AGREEMENT.by_pydicom, each.padded)[0] == "agree"
        assert not AGREEMENT.ours(each.content)[each.padded].any()


def test_made_colours_and_palettes_are_the_pictures_that_they_stand_for() -> None:
    for each in (*COLOURED.colours(), *COLOURED.palettes()):
        assert np.abs(AGREEMENT.ours(each.content) - each.truth.astype(float)).max() <= 3, each.facts


def test_what_differs_is_counted_with_its_reason() -> None:
    dataset = MADE.dataset_of(MADE.values(12, False, 0), 12, "MONOCHROME2")
    held = MADE.table_elements("table of fewer bits than stated", 12, False)
    dataset.VOILUTSequence = held["VOILUTSequence"]
    content = MADE.as_file(dataset, "explicit")
    files = [MADE.Made("table of fewer bits than stated", {}, content)] * 2 + [MADE.Made("cut", {}, content[:-9])]
    found = AGREEMENT.compared(iter(files), {"pydicom": AGREEMENT.by_pydicom})
    assert found["n"] == 3
    assert found["peers"]["pydicom"]["differ"] == 2
    assert found["differing"][0]["why"] == AGREEMENT.STATED
    assert found["refused"]["here"] == {"is a DICOM file that cannot be shown: it is truncated": 1}
