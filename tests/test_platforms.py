"""A test that needs what not every system has is marked; the workflow runs the suite on Linux, so only this tells."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
POSIX = re.compile(
    r"SIGKILL|SIGTERM|SIGINT\b|os\.(kill|fork|mkfifo|getppid|waitpid)\b|symlink_to|import resource|preexec_fn|/dev/\w"
    r'|\["(sh|cat|ps)"'
)
LINUX = re.compile(r"/proc/|/dev/full|unshare")


def names_in(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def named_by(node: ast.stmt) -> set[str]:
    """What a statement of a module defines."""
    if isinstance(node, ast.FunctionDef):
        return {node.name}
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}


def unmarked(text: str, needs: re.Pattern[str], marks: set[str]) -> Iterator[str]:
    """The tests of a file that need it, by themselves or by what they name there, and have none of the marks."""
    if not needs.search(text):
        return
    lines, body = text.splitlines(), ast.parse(text).body
    source = {node: "\n".join(lines[node.lineno - 1 : node.end_lineno]) for node in body}
    bound = {name for node in body if needs.search(source[node]) for name in named_by(node)}
    while more := {name for node in body if names_in(node) & bound for name in named_by(node)} - bound:
        bound |= more
    for node in body:
        if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_") or node.name not in bound:
            continue
        if not marks & {name for mark in node.decorator_list for name in names_in(mark)}:
            yield node.name


def test_what_other_systems_lack_is_marked() -> None:
    for path in {*HERE.glob("test_*.py")} - {Path(__file__)}:
        text = path.read_text("utf-8")
        assert [*unmarked(text, POSIX, {"posix", "linux"})] == [], path
        assert [*unmarked(text, LINUX, {"linux"})] == [], path


def test_what_a_test_needs_is_found_where_it_only_calls_for_it() -> None:
    text = "def a(): os.mkfifo(x)\nB = a\n@posix('x')\ndef test_1(): B()\ndef test_2(): B()\ndef test_3(): ...\n"
    assert [*unmarked(text, POSIX, {"posix"})] == ["test_2"]
