"""`make fuzz`: every target takes its own seeds, and a fault that someone puts into a reader is found."""

from __future__ import annotations

import random
from collections import Counter
from io import BytesIO
from zipfile import ZipFile, ZipInfo

import pytest

from digit_recognizer.errors import DataError
from digit_recognizer.sources.archives import members
from digit_recognizer.sources.kinds import PICTURE
from platforms import posix
from script_modules import script

fuzz = script("fuzz")
TARGETS = script("fuzz_targets").TARGETS


@pytest.mark.filterwarnings("ignore")
@posix("an own address space for each decoder")
@pytest.mark.parametrize("name", sorted(TARGETS))
def test_the_seeds_of_a_target_are_read(name: str) -> None:
    target = TARGETS[name]()
    for seed in target.seeds:
        lines, fault = fuzz.reached(target.read, seed)
        assert fault is None
        assert lines


def planted(content: bytes) -> None:
    """A reader with a fault behind two checks, and one that is a refusal."""
    if content[:1] != b"D":
        raise DataError("It is of another kind.")
    if len(content) > 8 and content[2] == 0:
        _ = {}["key"]


def test_a_planted_fault_is_found() -> None:
    draw, seeds, faults = random.Random(1), [b"DIGITS 123456"], set()
    for _ in range(2_000):
        _, fault = fuzz.reached(planted, fuzz.mutated(draw.choice(seeds), seeds, draw))
        faults |= {fault.splitlines()[-1]} if fault else set()
    assert faults == {"KeyError: 'key'"}


def test_a_mutation_is_bounded_and_repeatable() -> None:
    seeds = [bytes(range(256)) * 2_000]
    first, second = (
        [fuzz.mutated(seeds[0], seeds, draw) for _ in range(20)] for draw in (random.Random(3), random.Random(3))
    )
    assert first == second
    assert max(map(len, first)) <= 2**18


def test_a_member_without_a_name_is_read() -> None:
    """Found by make fuzz."""
    content, left = BytesIO(), Counter[str]()
    with ZipFile(content, "w") as archive:
        archive.writestr(ZipInfo(""), b"abc")
    assert list(members(content, "a.zip", (PICTURE,), left)) == []
    assert sum(left.values()) == 1
