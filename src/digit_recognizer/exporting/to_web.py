"""A model as a folder of static files: a page on which one draws, and which recognises without a server."""

from __future__ import annotations

import hashlib
import json
import math
import tempfile
from pathlib import Path
from typing import Any

from digit_recognizer.errors import ModelFileError, StorageError
from digit_recognizer.exporting.markup import PARTS, START, whole
from digit_recognizer.exporting.page_runtime import LOCK, page_files, runtime_files
from digit_recognizer.files import read_bounded, storage_error, sync_folder, write_whole
from digit_recognizer.images.ink import network_file
from digit_recognizer.models.locations import MAX_BYTES
from digit_recognizer.prediction import LIKELY, NO_INK, OTHER, OTHERWISE, SEVERAL, UNLIKE, answered_in_words
from digit_recognizer.recognizer import Recognizer

SCHEMA = "digit-recognizer/page/1"
LISTING = "files.js"  # names all files, and is how a folder is known for a page of ours
_RUNTIME = "runtime"


def export_web(model: str | Path, folder: Path, runtime: Path | None = None, force: bool = False) -> dict[str, int]:
    """Write the page of a model (a shipped name, a model file or a run folder) to `folder`, whole or not at all.

    The folder needs any server of static files, and no network. runtime: the folder dist of onnxruntime-web, where
    npm is not to bring it. Gives the size of each file in bytes by name.
    Raises StorageError where the folder holds anything, unless force and it is an earlier page; ConfigError as
    `runtime_files` does; ModelFileError for a model without an ONNX form, and for one of other pictures than digits.
    """
    _refuse_occupied(folder, force)
    recognizer = Recognizer.load(model)
    if recognizer.model.path.suffix != ".onnx":
        raise ModelFileError(f"{recognizer.model.path}: has no ONNX form beside it. Export one first.", see=("export",))
    prepare = recognizer.model.preprocess
    if prepare.form != "digit" or prepare.channels != 1 or recognizer.model.header.multi_label:
        raise ModelFileError(
            f"{recognizer.model.path}: the page prepares drawn digits, and this model takes other pictures."
            " Serve it, or export it to ONNX.",
            see=("serve", "export"),
        )
    # A module named .mjs is served as text by many servers, and then no browser runs it.
    named = {name.replace(".mjs", ".js"): content for name, content in runtime_files(runtime).items()}
    files = static_files() | {f"{_RUNTIME}/{name}": content for name, content in named.items()}
    files["model.onnx"] = read_bounded(recognizer.model.path, MAX_BYTES, ModelFileError, "a model")
    files["ink.onnx"] = network_file().read_bytes()
    files["model.json"] = json.dumps(told(recognizer)).encode()
    files[LISTING] = listing(files)
    write_folder(folder, files)
    return {name: len(content) for name, content in files.items()}


def static_files() -> dict[str, bytes]:
    """The page's own files by their names in the folder; the lock file and the parts of the page stay behind."""
    root = page_files()
    paths = [path for path in sorted(root.rglob("*")) if path.is_file() and path.name not in LOCK]
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths if path.parent.name != PARTS}
    return files | {START: whole(files[START])}


def told(recognizer: Recognizer) -> dict[str, Any]:
    """What the page must know of the recognizer, so that it says what the recognizer would."""
    header, answers, sets = recognizer.model.header, recognizer.answers, recognizer.sets
    return {
        "schema": SCHEMA,
        "name": header.name,
        "classes": header.class_names,
        "labels": [header.shown(header.label_of(index)) for index in range(len(header.class_names))],
        "caveats": header.caveats,
        "preprocess": header.preprocess.to_dict(),
        "temperature": header.temperature,
        "threshold": answers.threshold if answers else None,
        "answered": answered_in_words(answers) if answers else None,
        "least": sets.least if sets else None,
        "ood_limit": recognizer.ood_limit if math.isfinite(recognizer.ood_limit) else None,
        "digits_only": recognizer.digits_only,
        "likely": LIKELY,
        "several": SEVERAL,
        "other": OTHER,
        "otherwise": OTHERWISE,
        "no_ink": NO_INK,
        "unlike": UNLIKE,
    }


def listing(files: dict[str, bytes]) -> bytes:
    """The script that names the files for the service worker, with a version that changes with any of them."""
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name} {hashlib.sha256(content).hexdigest()}\n".encode())
    listed = {"version": digest.hexdigest()[:16], "files": sorted(files)}
    return f"self.EXPORTED = {json.dumps(listed)};\n".encode()


def _refuse_occupied(folder: Path, force: bool) -> None:
    """Raise StorageError where writing would destroy something that is no page of ours."""
    if folder.exists() and not folder.is_dir():
        raise StorageError(f"{folder}: is a file. Name a folder.")
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not (folder / LISTING).is_file():
        raise StorageError(f"{folder}: holds other files. Name a new folder.")
    if not force:
        raise StorageError(f"{folder}: holds a page already. Name another folder, or force the export.", see=("force",))


def write_folder(folder: Path, files: dict[str, bytes]) -> None:
    """Write all files beside the folder, then put them in its place."""
    folder = folder.resolve()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as temporary:
            made, old = Path(temporary) / "new", Path(temporary) / "old"
            for name, content in files.items():
                write_whole(made / name, content)
            if folder.exists():
                folder.rename(old)
            made.rename(folder)
        sync_folder(folder.parent)
    except OSError as error:
        raise storage_error(folder, error) from error
