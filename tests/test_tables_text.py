"""Text tables in the encodings and with the separators that programs write, and what is said of other bytes."""

from __future__ import annotations

import codecs
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digit_recognizer.tables.text import SAMPLE, separator_of, split_rows

words = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=6)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-32")


@given(
    rows=st.integers(2, 5).flatmap(
        lambda width: st.lists(st.lists(words, min_size=width, max_size=width), min_size=1, max_size=5)
    ),
    separator=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(ENCODINGS),
    ending=st.sampled_from(["\n", "\r\n"]),
)
def test_what_was_written_is_read(rows: list[list[str]], separator: str, encoding: str, ending: str) -> None:
    names = [f"name{number}" for number in range(len(rows[0]))]
    text = io.StringIO()
    csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator=ending).writerows([names, *rows])
    assert split_rows(text.getvalue().encode(encoding)) == [names, *rows]


def test_utf_16_is_read_without_its_mark() -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        assert split_rows("file;label\na;3\n".encode(encoding)) == [["file", "label"], ["a", "3"]]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("0,5;0,5\n0,1;0,9\n", [["0,5", "0,5"], ["0,1", "0,9"]]),  # decimal commas
        ("file,label\n a;b.png,3\n", [["file", "label"], [" a;b.png", "3"]]),
        ('file;label\n"a;b.png";3\n', [["file", "label"], ["a;b.png", "3"]]),
        ("file,label\na.png,mass|nodule\n", [["file", "label"], ["a.png", "mass|nodule"]]),
        ("sep=;\nfile;label,kind\na;3\n", [["file", "label,kind"], ["a", "3"]]),
        ("label\n3\n7\n", [["label"], ["3"], ["7"]]),
        ("7 -1.0 0.5\n3  0.25 1\n", [["7", "-1.0", "0.5"], ["3", "0.25", "1"]]),
        ("two words\nand three more\n", [["two words"], ["and three more"]]),
        ("a,b\r1,2\r", [["a", "b"], ["1", "2"]]),
        ("\n\na,b\n\n1,2\n", [["a", "b"], ["1", "2"]]),
    ],
)
def test_the_separator_is_found(text: str, rows: list[list[str]]) -> None:
    assert split_rows(text.encode()) == rows


def test_a_sample_that_ends_within_a_row_is_enough() -> None:
    text = "0,5;" * 99 + "0,5\n"
    assert separator_of((text * 500)[:SAMPLE], whole=False) == ";"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("file,label\nM\N{LATIN SMALL LETTER U WITH DIAERESIS}ller,3".encode("cp1252"), "line 2 holds the byte 0xfc"),
        (codecs.BOM_UTF16_LE + b"odd", "which is not UTF-16"),
        (b"a,b\n1,\0", "zero bytes"),
        (b'a,b\n"1,2', "not CSV text"),
    ],
)
def test_what_is_not_text_is_named(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        split_rows(content)
