"""A model as one ONNX file for any runtime, written only where it answers as the weights do."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from digit_recognizer.errors import ModelFileError, StorageError, require_extra
from digit_recognizer.exporting.agreement import Agreement, agreement, images_to_compare
from digit_recognizer.files import write_whole
from digit_recognizer.models.header import KEY, ModelHeader
from digit_recognizer.models.model import Model, load_model
from digit_recognizer.models.onnx_file import read_onnx
from digit_recognizer.models.runtime import OnnxRuntime

_INPUTS, _OUTPUTS, _PREPROCESS = f"{KEY}.inputs", f"{KEY}.outputs", f"{KEY}.preprocess"  # entries of the metadata


def export_onnx(model: str | Path, out: Path, data_dir: Path | None = None, force: bool = False) -> Agreement:
    """Write a model (a shipped name, a .safetensors file or a run folder) to `out` as ONNX, whole or not at all.

    The network takes "images" (N, 1, H, W) float32, N free, and gives "logits" (N, K) and, with an OOD detector,
    "ood_score" (N,). The metadata says so in words, and holds the header with Preprocess and calibration. No weights
    lie outside the file. data_dir: as for load_dataset.
    Raises ModelFileError unless the file's labels are those of the weights on all images that `images_to_compare`
    gives and its probabilities within 1e-4 of theirs; StorageError where `out` exists, unless force.
    """
    require_extra("train", "Exporting to ONNX")
    if out.suffix != ".onnx":
        raise ModelFileError(f"{out}: an ONNX model's name ends in .onnx.")
    _refuse_existing(out, force)
    weights = load_model(model, runtime="torch")
    return write_proven(weights, _onnx_form(weights), out, data_dir)


def write_proven(weights: Model, content: bytes, out: Path, data_dir: Path | None) -> Agreement:
    """Write the bytes of an ONNX file, if what they hold answers as the weights do. Raises ModelFileError."""
    header, checked = read_onnx(content)
    exported = Model(header, OnnxRuntime(checked), out, "")
    found = agreement(weights, exported, *images_to_compare(weights.header, data_dir))
    found.check(weights.title)
    write_whole(out, content)
    return found


def _refuse_existing(out: Path, force: bool) -> None:
    """Raise StorageError where there is something at `out` already."""
    if out.is_dir() or (out.exists() and not force):
        remedy = "It is a folder; name a file." if out.is_dir() else "Name another, or force the export."
        raise StorageError(f"{out}: already exists. {remedy}", see=() if out.is_dir() else ("force",))


def _onnx_form(weights: Model) -> bytes:
    """The ONNX file of a model that runs on torch, its metadata told in words too."""
    import onnx

    from digit_recognizer.models.model_file import load_network
    from digit_recognizer.models.onnx_form import onnx_bytes

    header, network, _ = load_network(weights.path)
    size = header.preprocess.size
    sample = header.preprocess.normalise(np.zeros((2, size, size), np.uint8))
    made = onnx.load_from_string(onnx_bytes(header, network, sample))
    for key, value in _described(header).items():
        made.metadata_props.add(key=key, value=value)
    return bytes(made.SerializeToString())


def _described(header: ModelHeader) -> dict[str, str]:
    """What another runtime's user must know, as entries of the metadata."""
    prepare, size = header.preprocess, header.preprocess.size
    images = (
        f"(N, 1, {size}, {size}) float32, light ink on black: (level / 255 - {prepare.mean:g}) / {prepare.std:g}"
        " of grey levels 0..255"
    )
    logits = f"(N, {len(header.class_names)}); probabilities are softmax(logits / {header.temperature!r})"
    outputs = {"logits": logits} | ({"ood_score": "(N,)"} if header.ood else {})
    return {
        _INPUTS: json.dumps({"images": images}),
        _OUTPUTS: json.dumps(outputs),
        _PREPROCESS: json.dumps(prepare.to_dict()),
    }
