"""What the command line calls the arguments and tasks that an error of the library names as its remedy."""

from __future__ import annotations

_VERBS = ("audit", "calibrate", "export", "predict", "score", "serve", "train")


def with_remedy(told: Exception | str) -> str:
    """The message of an error or a warning, and the commands and options that help."""
    see = getattr(told, "see", ())
    return f"{told} See: {_in_words(see)}" if see else str(told)


def _in_words(see: tuple[str, ...]) -> str:
    """`digits train --resume --out` of ("train", "resume", "out"): an option belongs to the verb before it."""
    found: list[str] = []
    for name in see:
        word = f"digits {name}" if name in _VERBS else f"--{name.replace('_', '-')}"
        if found and found[-1].startswith("digits") and name not in _VERBS:
            found[-1] += f" {word}"
        else:
            found.append(word)
    return ", ".join(found)
