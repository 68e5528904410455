"""How large the code is, how much of it is private and documented: of this project, or of any folder of Python files.

python scripts/code_size.py [FOLDER ...]    # src and benchmarks by default; tests are counted apart
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from accuracy_tables import table
from results import ROOT

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, default=[ROOT / "src", ROOT / "benchmarks"])
    folders: list[Path] = parser.parse_args().folders
    columns = {folder.name: figures(folder) for folder in folders}
    rows = [[what, *(each[what] for each in columns.values())] for what in next(iter(columns.values()))]
    print(table(["", *columns], rows))


def figures(folder: Path) -> dict[str, str]:
    """The figures of all Python files below a folder, in words."""
    texts = [path.read_text("utf-8") for path in sorted(folder.rglob("*.py"))]
    trees = [ast.parse(text) for text in texts]
    lines = [len(text.splitlines()) for text in texts]
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    lengths = [(node.end_lineno or node.lineno) - node.lineno + 1 for node in functions]
    names = [node for tree in trees for node in definitions(tree)]
    public = [node for node in names if not node.name.startswith("_")]
    documented = sum(ast.get_docstring(node) is not None for node in public)
    return {
        "files / lines": f"{len(texts)} / {sum(lines):,}",
        "logical lines (statements)": f"{sum(logical_lines(tree) for tree in trees):,}",
        "file length, median / p90 / max": spread(lines),
        "function length, median / p90 / max": spread(lengths),
        "functions and classes without underscore": f"{len(public)} of {len(names)}",
        "of these with a docstring": f"{100 * documented / max(1, len(public)):.0f} %",
    }


def spread(values: Sequence[int]) -> str:
    """Median, 90th percentile and largest."""
    return " / ".join(f"{each:.0f}" for each in (np.median(values), np.quantile(values, 0.9), max(values)))


def logical_lines(tree: ast.Module) -> int:
    """The statements of a module but for docstrings."""
    told = sum(
        isinstance(node, Definition | ast.Module) and ast.get_docstring(node) is not None for node in ast.walk(tree)
    )
    return sum(isinstance(node, ast.stmt) for node in ast.walk(tree)) - told


def definitions(tree: ast.Module) -> Iterator[Definition]:
    """The functions and classes of a module, and the methods of these classes."""
    for node in tree.body:
        if isinstance(node, Definition):
            yield node
        if isinstance(node, ast.ClassDef):
            yield from (each for each in node.body if isinstance(each, Definition) and not each.name.startswith("__"))


if __name__ == "__main__":
    main()
