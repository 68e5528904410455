"""Properties are tried with the same few examples by day, with many others by night."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import examples

HERE = Path(__file__).parent


@pytest.fixture(params=["house", "nightly"])
def profile(request: pytest.FixtureRequest) -> Iterator[str]:
    """A profile, in force for this test."""
    before = settings.get_current_profile_name()
    settings.load_profile(request.param)
    yield request.param
    settings.load_profile(before)


def tried(how: settings) -> list[int]:
    """What a property is tried with."""
    seen = []

    @how
    @given(st.integers(0, 2**64))
    def keep(number: int) -> None:
        seen.append(number)

    keep()
    return seen


def test_a_profile_says_how_many_and_whether_the_same(profile: str) -> None:
    usual, fewer = (tried(how) for how in (settings(), examples(10)))
    assert (len(usual), len(fewer)) == {"house": (25, 10), "nightly": (1000, 400)}[profile]
    assert (tried(settings()) == usual) == (profile == "house")


def test_by_night_what_failed_is_tried_first_the_next_time(profile: str) -> None:
    assert (settings().database is None) == (profile == "house")
    assert settings().deadline is None


def test_no_file_has_settings_of_its_own() -> None:
    """They would not follow the profile."""
    for path in {*HERE.glob("test_*.py")} - {Path(__file__)}:
        assert "@settings(" not in path.read_text("utf-8"), path
