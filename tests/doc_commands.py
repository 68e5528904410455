"""The commands that stand in README.md and docs: in blocks, and in the text, where some words stand for others."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md")))
PROGRAMS = ("digits", "python", "pip", "make", "curl", "docker", "ray", "torchrun")
TEXT = ("json", "yaml", "nginx", "text")  # languages of blocks in which no command stands
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
INLINE = re.compile(rf"`((?:{'|'.join(PROGRAMS)}) [^`]+)`")


@dataclass(frozen=True)
class Command:
    """A command as it stands on a page."""

    text: str  # without its comment
    page: str  # where it is met first
    whole: bool  # of a block: to be typed as it is; in the text some words stand for others

    @property
    def words(self) -> list[str]:
        return shlex.split(self.text)

    @property
    def of_digits(self) -> list[str] | None:
        """The words after `digits`, whatever starts it; None of another program."""
        if self.words[0] == "digits":
            return self.words[1:]
        module = ["-m", "digit_recognizer"]
        places = [i for i in range(len(self.words)) if self.words[i : i + 2] == module]
        return self.words[places[0] + 2 :] if places else None


def fences() -> list[tuple[str, str, str]]:
    """Page, language and content of each block."""
    return [(page.name, *found) for page in PAGES for found in FENCED.findall(page.read_text("utf-8"))]


def python_blocks() -> dict[str, str]:
    """The blocks of Python, each once, by page and number."""
    found = {f"{page} {number}": text for number, (page, kind, text) in enumerate(fences()) if kind == "python"}
    return {name: text for name, text in found.items() if list(found.values()).index(text) == list(found).index(name)}


def commands() -> list[Command]:
    """Each command of the pages once."""
    found: dict[str, Command] = {}
    for each in (*_in_blocks(), *_in_text()):
        found.setdefault(each.text, each)
    return list(found.values())


def _in_blocks() -> Iterator[Command]:
    for page, kind, text in fences():
        for line in text.splitlines() if kind == "sh" else ():
            command = re.sub(r"\s+#.*", "", line).strip()
            if command:
                yield Command(command, page, True)


def _in_text() -> Iterator[Command]:
    for page in PAGES:
        for found in INLINE.findall(FENCED.sub("", page.read_text("utf-8"))):
            for each in re.split(r";\s|&&", found.replace("\\|", "|").replace("\n", " ")):
                yield Command(each.strip(), page.name, False)
