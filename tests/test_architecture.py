"""The house has one direction: a file imports only from its own floor and the floors above it."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import digit_recognizer

PACKAGE = Path(digit_recognizer.__file__).parent
NAME = digit_recognizer.__name__
FLOORS = (
    *(
        "version",
        "lazy",
        "installed",
        "errors",
        "files",
        "processes",
        "inference",
        "engines",
        "paging",
        "dicom",
        "images",
        "decoding",
        "synthetic",
        "tables",
        "sources",
        "data",
        "statistics",
        "models",
        "evaluation",
        "training",
        "auditing",
        "prediction",
        "recognizer",
    ),
    *("explaining", "reading", "exporting", "scoring", "schemas", "report", "server", "cli"),
)
SAME_HEIGHT = {"explaining", "reading", "exporting"}  # beside each other: none needs another
EXTRA = {
    *("torch", "torchvision", "sklearn", "scipy", "matplotlib", "safetensors", "onnx", "onnxscript", "filelock"),
    *("cleanlab", "timm", "captum"),
}
TORCH_FREE = {
    *(
        "version",
        "paging",
        "dicom",
        "sources",
        "lazy",
        "installed",
        "errors",
        "files",
        "processes",
        "inference",
        "engines",
        "images",
        "decoding",
        "synthetic",
        "tables",
        "prediction",
        "recognizer",
        "explaining",
        "reading",
        "scoring",
        "schemas",
        "server",
        "cli",
        "models",
    ),
}
NEEDS_TORCH = {  # imported where torch is wanted
    *("models/mlp.py", "models/cnn.py", "models/ensemble.py", "models/architectures.py", "models/model_file.py"),
    "models/onnx_form.py",
    *("models/ood.py", "models/line.py", "models/residual.py"),
}
FILES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def floor_of(file: str) -> str:
    """The floor that a file lies on: its folder, or itself."""
    return file.split("/")[0].removesuffix(".py")


def imported(node: ast.AST, file: str) -> Iterator[str]:
    """The full names of the modules that one import statement of `file` names."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        package = [NAME, *file.split("/")[:-1]]
        start = package[: len(package) + 1 - node.level] if node.level else []
        base = ".".join([*start, *filter(None, [node.module])])
        # `from digit_recognizer import data` names a floor too.
        yield from (f"{base}.{alias.name}" for alias in node.names) if base == NAME else (base,)


@cache
def parsed(file: str) -> ast.Module:
    return ast.parse((PACKAGE / file).read_text("utf-8"))


def backward(file: str, tree: ast.Module) -> list[str]:
    """The imports of a file, those inside functions too, that run against the one direction."""
    floor = floor_of(file)
    allowed = set(FLOORS[: FLOORS.index(floor) + 1]) - (SAME_HEIGHT - {floor} if floor in SAME_HEIGHT else set())
    names = [name for node in ast.walk(tree) for name in imported(node, file)]
    ours = [name.split(".")[1] for name in names if name.split(".")[0] == NAME]
    return [f"{file} imports {name}" for name in ours if name not in allowed]


def at_import(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """The statements that run when a file is imported; what `if TYPE_CHECKING:` holds does not."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        yield node
        checking = isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for field in ("orelse",) if checking else ("body", "orelse", "finalbody"):
            yield from at_import(getattr(node, field, []))
        for handler in getattr(node, "handlers", []):
            yield from at_import(handler.body)


def heavy(file: str, tree: ast.Module) -> list[str]:
    """The modules of the extra [train] that a file imports as soon as it is imported."""
    names = [name for node in at_import(tree.body) for name in imported(node, file)]
    return [f"{file} imports {name}" for name in names if name.split(".")[0] in EXTRA]


HOUSE = [file for file in FILES if file not in ("__init__.py", "__main__.py")]  # these two are its doors


def test_every_file_has_a_floor() -> None:
    assert {floor_of(file) for file in HOUSE} <= set(FLOORS)
    assert len(HOUSE) > 30


def imports_of_modules() -> dict[str, set[str]]:
    """The modules that each module imports, inside functions and for type checkers too."""
    names = {file.removesuffix(".py").removesuffix("/__init__").replace("/", "."): file for file in FILES}
    found: dict[str, set[str]] = {}
    for name, file in names.items():
        found[name] = set()
        for node in ast.walk(parsed(file)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(NAME):
                base = (node.module or "").removeprefix(NAME).removeprefix(".") or "__init__"
                parts = {f"{base}.{alias.name}".removeprefix("__init__.") for alias in node.names}
                found[name] |= {part for part in parts if part in names} or {base}
    return found


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = imports_of_modules()
    assert sum(map(len, graph.values())) > 500
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle
    graph["models.header"].add("models.model")
    with pytest.raises(CycleError):
        TopologicalSorter(graph).prepare()


ROOT = Path(__file__).parent.parent
OTHERS = [path for folder in ("benchmarks", "scripts", "tests") for path in sorted((ROOT / folder).rglob("*.py"))]


def borrowed(tree: ast.Module) -> Iterator[str]:
    """The underscored names of other modules that a file uses."""
    modules = set[str]()
    nodes = [*ast.walk(tree)]
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == NAME:
            yield from (alias.name for alias in node.names if alias.name.startswith("_") and alias.name[1] != "_")
            modules |= {alias.asname or alias.name for alias in node.names}
    for node in nodes:
        match node:
            case ast.Attribute(value=ast.Name(id=module), attr=attribute) if module in modules:
                if re.match("_[^_]", attribute):
                    yield f"{module}.{attribute}"


def test_nothing_outside_a_module_uses_its_underscored_names() -> None:
    files = [*(PACKAGE / file for file in FILES), *OTHERS]
    found = {path.name: names for path in files if (names := [*borrowed(ast.parse(path.read_text("utf-8")))])}
    assert found == {}
    assert [*borrowed(ast.parse(f"from {NAME} import a\nfrom {NAME}.b import _c\na._d"))] == ["_c", "a._d"]


def defined(tree: ast.Module) -> Iterator[str]:
    """The functions, classes and constants of a module."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name))


def test_what_only_its_module_uses_is_underscored() -> None:
    pages = [*(ROOT / "docs").rglob("*.md"), *(ROOT / "notebooks").rglob("*.ipynb"), ROOT / "README.md"]
    words = {path: set(re.findall(r"\w+", path.read_text("utf-8"))) for path in [*OTHERS, *pages]}
    words |= {PACKAGE / file: set(re.findall(r"\w+", (PACKAGE / file).read_text("utf-8"))) for file in FILES}
    uses = Counter(word for each in words.values() for word in each)
    alone = {
        file: names
        for file in HOUSE
        if (names := [name for name in defined(parsed(file)) if uses[name] == 1 and not name.startswith("_")])
    }
    assert alone == {}


def test_imports_run_one_way() -> None:
    assert [wrong for file in HOUSE for wrong in backward(file, parsed(file))] == []


def test_the_base_install_suffices() -> None:
    light = [file for file in HOUSE if floor_of(file) in TORCH_FREE and file not in NEEDS_TORCH]
    assert [wrong for file in light for wrong in heavy(file, parsed(file))] == []


@pytest.mark.parametrize(
    "line",
    [
        "from digit_recognizer.cli import app",
        "import digit_recognizer.training.loop",
        "from digit_recognizer import evaluation",
        "from ..recognizer import Recognizer",
        "def f():\n    from digit_recognizer.evaluation import evaluate",
        "if TYPE_CHECKING:\n    from digit_recognizer.report import figures",
    ],
)
def test_an_import_that_runs_back_is_found(line: str) -> None:
    assert backward("models/new.py", ast.parse(line))
    assert not backward("models/new.py", ast.parse("from digit_recognizer.images import Preprocess\nimport torch"))


def test_a_heavy_import_is_found_where_it_runs() -> None:
    for line in (
        "import torch.nn",
        "class A:\n    from torch import nn",
        "try:\n    import scipy\nexcept E:\n    pass",
    ):
        assert heavy("images/new.py", ast.parse(line))
    for line in ("def f():\n    import torch", "if TYPE_CHECKING:\n    from torch import nn", "import numpy"):
        assert not heavy("images/new.py", ast.parse(line))
