"""onnxruntime-web, which runs a model in a browser: got by npm from a lock file, or by hand, and checked."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from importlib import resources
from pathlib import Path

import platformdirs

from digit_recognizer.errors import ConfigError
from digit_recognizer.files import read_bounded, storage_error, write_whole

PACKAGE, VERSION = "onnxruntime-web", "1.30.0"  # as package-lock.json has them
# The build without WebGPU and WebGL, which every browser runs: file -> SHA-256.
FILES = {
    "ort.wasm.bundle.min.mjs": "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
    "ort-wasm-simd-threaded.wasm": "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
}
LOCK = ("package.json", "package-lock.json")
MAX_BYTES = 64 * 2**20
PATIENCE = 900  # seconds
_BY_HAND = f"or get the npm package {PACKAGE} {VERSION} by hand, unpack it and name its folder dist as the runtime."


def page_files() -> Path:
    """The folder of the page's own files (the package is always installed unpacked)."""
    return Path(str(resources.files("digit_recognizer.exporting") / "web"))


def runtime_files(folder: Path | None = None) -> dict[str, bytes]:
    """The files of onnxruntime-web by name, each the published one.

    folder: where they lie already; else the user's cache folder, filled by `npm ci` at the first call.
    Raises ConfigError where npm is absent or fails, and for a file that is absent or another.
    """
    if folder is not None:
        return checked(folder)
    kept = Path(platformdirs.user_cache_dir("digit_recognizer")) / f"{PACKAGE}-{VERSION}"
    try:
        return checked(kept)
    except ConfigError:  # nothing there yet, or damaged
        for name, content in _from_npm().items():
            write_whole(kept / name, content)
        return checked(kept)


def checked(folder: Path) -> dict[str, bytes]:
    """The files in a folder, each compared with its published hash."""
    found = {name: read_bounded(folder / name, MAX_BYTES, ConfigError, f"a file of {PACKAGE}") for name in FILES}
    for name, content in found.items():
        if hashlib.sha256(content).hexdigest() != FILES[name]:
            raise ConfigError(
                f"{folder / name}: is not the file of {PACKAGE} {VERSION}. Get that version's folder dist."
            )
    return found


def _from_npm() -> dict[str, bytes]:
    """The files as `npm ci` brings them into a temporary folder; it compares packages with the lock file's hashes."""
    npm = shutil.which("npm")
    if npm is None:
        raise ConfigError(
            f"The page needs {PACKAGE} {VERSION}, which npm installs, and npm is missing."
            f" Install it (Debian: apt-get install npm), {_BY_HAND}",
            see=("runtime",),
        )
    try:
        temporary = tempfile.TemporaryDirectory(prefix="digit_recognizer-")
    except OSError as error:
        raise storage_error(Path(tempfile.gettempdir()), error) from error
    with temporary as name:
        for each in LOCK:
            shutil.copy(page_files() / each, name)
        _run_npm(npm, Path(name))
        return checked(Path(name) / "node_modules" / PACKAGE / "dist")


def _run_npm(npm: str, folder: Path) -> None:
    """`npm ci` in a folder, no script of any package run. Raises ConfigError with npm's last words where it fails."""
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)
        told = done.stderr.strip().splitlines()[:2]
        failed = done.returncode != 0
    except (OSError, subprocess.TimeoutExpired) as error:
        told, failed = [str(error)], True
    if failed:
        raise ConfigError(
            f"npm could not get {PACKAGE} {VERSION} ({' '.join(told)}). Check the network and try again, {_BY_HAND}",
            see=("runtime",),
        )
