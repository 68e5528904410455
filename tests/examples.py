"""With how many examples a property is tried, where the usual number costs too much or shows too little."""

from __future__ import annotations

from hypothesis import settings

USUAL = 25  # examples of a property, in the profile "house"


def examples(number: int) -> settings:
    """So many where other properties get the usual number; in a profile with more, more in proportion."""
    return settings(max_examples=number * settings().max_examples // USUAL)
