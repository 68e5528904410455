"""Numbers with signs on pages: read with them or not sure, and what is struck out is never sure."""

from __future__ import annotations

from pathlib import Path

import pytest

from digit_recognizer.reading import PAGE_MODEL, Number, read_page
from digit_recognizer.recognizer import Recognizer

pytestmark = pytest.mark.arithmetic

SIGNS = Path(__file__).parent / "signs"
WRITTEN = {
    "B1": ["5.23", "21,95", "0,586", "1234.56"],
    "B2": ["-264", "-7", "5-3"],
    "B3": ["2/8/20", "10/24", "3/4", "12|05"],
}


@pytest.fixture(scope="module")
def pages() -> dict[str, tuple[Number, ...]]:
    recognizer = Recognizer.load(PAGE_MODEL)
    return {name: read_page(SIGNS / f"{name}.png", recognizer).numbers for name in (*WRITTEN, "B6_level")}


@pytest.mark.parametrize("name", WRITTEN)
def test_no_number_with_a_sign_is_sure_and_wrong(pages: dict[str, tuple[Number, ...]], name: str) -> None:
    assert not [each.text for each in pages[name] if each.status == "ok" and each.text not in WRITTEN[name]]
    for number in pages[name]:
        assert "".join(each.text for each in number.characters) in (number.text, "")
        assert [str(each.label) for each in number.digits] == [each for each in number.text if each.isdigit()]
        assert {each.status for each in number.digits} <= {number.status}


def test_signs_are_read(pages: dict[str, tuple[Number, ...]]) -> None:
    read = [each.text for name in WRITTEN for each in pages[name]]
    wanted = [text for texts in WRITTEN.values() for text in texts]
    assert sum(text in read for text in wanted) >= len(wanted) / 2


def test_what_is_struck_out_is_not_sure(pages: dict[str, tuple[Number, ...]]) -> None:
    """123 and 504 stand above and below a number that is struck out."""
    assert {each.text for each in pages["B6_level"] if each.status == "ok"} <= {"123", "504"}
