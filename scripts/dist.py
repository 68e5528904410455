"""Build the sdist and the wheel, check what they hold, and try each in a new environment: `make dist`.

python scripts/dist.py [--out dist]

Needs the packages `build` and `twine`. Nothing is uploaded.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "src/digit_recognizer"
SMOKE = ROOT / "scripts/smoke.py"
# What an sdist holds beside the package. It has no tests: they read documents, benchmarks and notebooks.
BESIDE = {*(".gitignore", "CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "docs/package.md", "pyproject.toml")}
PATIENCE = 1800  # seconds for one command; an installation may download for long


def outside() -> dict[str, str]:
    """The environment variables, without those that lead to the packages of this environment."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints; one that fails ends the script."""
    parts = [str(part) for part in command]
    done = subprocess.run(parts, capture_output=True, text=True, timeout=PATIENCE, cwd=cwd, env=outside())
    if done.returncode:
        sys.exit(f"{' '.join(parts)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def build(out: Path) -> tuple[Path, Path]:
    """The sdist, and the wheel that is built from it, in a folder that held neither."""
    out.mkdir(parents=True, exist_ok=True)
    for old in (*out.glob("*.tar.gz"), *out.glob("*.whl")):
        old.unlink()
    run(sys.executable, "-m", "build", "--outdir", out, ROOT, cwd=out)
    (sdist,), (wheel,) = out.glob("*.tar.gz"), out.glob("*.whl")
    return sdist, wheel


def in_sdist(sdist: Path) -> set[str]:
    """The files of an sdist, below its one folder."""
    with tarfile.open(sdist) as archive:
        return {each.name.partition("/")[2] for each in archive if each.isfile()}


def in_wheel(wheel: Path) -> set[str]:
    """The files of a wheel, without what describes it."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.partition("/")[0].endswith(".dist-info")}


def in_package() -> set[str]:
    """The files of the package: those that are committed, or in a folder without git those that lie here."""
    if (ROOT / ".git").exists():
        command = ("git", "ls-files", "-z", PACKAGE)
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        return set(filter(None, listed.split("\0")))
    files = (path for path in (ROOT / PACKAGE).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(ROOT).as_posix() for path in files}


def differences(found: set[str], expected: set[str]) -> list[str]:
    """A line for each file that is missing, or that should not be there."""
    return [
        *(f"missing: {name}" for name in sorted(expected - found)),
        *(f"unexpected: {name}" for name in sorted(found - expected)),
    ]


def faults(sdist: Path, wheel: Path) -> list[str]:
    """What is wrong with the contents: both hold the whole package, the sdist what builds it too, and nothing else."""
    package = in_package()
    installed = {name.removeprefix("src/") for name in package}
    return [
        *(f"{sdist.name}: {line}" for line in differences(in_sdist(sdist), package | BESIDE)),
        *(f"{wheel.name}: {line}" for line in differences(in_wheel(wheel), installed)),
    ]


def check_description(*files: Path) -> None:
    """An index would show the description and accept the metadata."""
    run(sys.executable, "-m", "twine", "check", "--strict", *files, cwd=ROOT)


def environment(place: Path) -> Path:
    """The folder of commands of a new, empty environment."""
    venv.create(place, with_pip=True)
    return place / ("Scripts" if sys.platform == "win32" else "bin")


def install(scripts: Path, file: Path, extras: str = "") -> None:
    """Install a built file into an environment, with extras as "[serve]"."""
    run(scripts / "python", "-m", "pip", "install", "--quiet", f"{file}{extras}", cwd=scripts)


def smoke(scripts: Path, *steps: str, cwd: Path) -> None:
    """Try what is installed in an environment."""
    run(scripts / "python", SMOKE, *steps, cwd=cwd)


def try_installed(file: Path, place: Path) -> None:
    """The base install of a file predicts; with the extra `serve` it serves, too."""
    print(f"{file.name}: installing it into a new environment", flush=True)
    scripts = environment(place)
    for extras, step in (("", "predict"), ("[serve]", "serve")):
        install(scripts, file, extras)
        smoke(scripts, step, cwd=place)
    print(f"{file.name}: installs, predicts and serves", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Build, check and try the sdist and the wheel.")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="dist/ by default")
    built = build(parser.parse_args().out.resolve())
    if found := faults(*built):
        sys.exit("\n".join(found))
    check_description(*built)
    with tempfile.TemporaryDirectory(prefix="digits-dist-") as folder:
        for file in built:
            try_installed(file, Path(folder) / file.suffix.strip("."))
    for file in built:
        print(f"{file}: {file.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
