"""A model made usable: found by name or path, checked, and run by whichever runtime is there."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digit_recognizer.data.spec import Images
from digit_recognizer.errors import ConfigError, ModelFileError, nearest, require_extra
from digit_recognizer.files import read_bounded
from digit_recognizer.images import Preprocess
from digit_recognizer.models.header import ModelHeader
from digit_recognizer.models.locations import LINE_READERS, MAX_BYTES, MODEL_NAME, named, pretrained, shipped_models
from digit_recognizer.models.onnx_file import read_onnx
from digit_recognizer.models.runtime import BATCH, OnnxRuntime, OodScore, Runtime, TorchRuntime
from digit_recognizer.models.safetensors_header import safetensors_header_of
from digit_recognizer.models.softmax import probabilities_of

_RUNTIMES = ("auto", "onnx", "torch")
_PIXELS = BATCH * 32**2  # of a batch: larger images go in fewer at once, as what is computed on the way must fit memory
LINE = "line"  # the architecture of line readers (models/line.py)


@dataclass(frozen=True)
class Model:
    """A network with its header, on a runtime."""

    header: ModelHeader
    runtime: Runtime
    path: Path
    sha256: str  # of the file that was read

    @property
    def preprocess(self) -> Preprocess:
        return self.header.preprocess

    @property
    def title(self) -> str:
        """The model's name for people: which of the many "classic" ones it is."""
        place = self.path.parent if self.path.stem == Path(MODEL_NAME).stem else self.path
        return self.header.name if self.path.parent == pretrained() else f"{self.header.name} in {place.name}"

    def probabilities(self, images: Images) -> NDArray[np.float64]:
        """Calibrated probabilities (N, K) of images (N, H, W) or (N, H, W, 3) uint8 that are in the network's form."""
        return self.as_probabilities(self.logits(images))

    def as_probabilities(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        """Calibrated probabilities (N, K) of logits (N, K); each label's by itself where there may be several."""
        return probabilities_of(logits / self.header.temperature, self.header)

    def logits(self, images: Images) -> NDArray[np.float32]:
        """Logits (N, K) of images (N, H, W) uint8."""
        return self.observe(images)[0]

    def observe(self, images: Images) -> tuple[NDArray[np.float32], OodScore]:
        """Logits (N, K) and OOD score (N,), None without an OOD detector, of images (N, H, W) uint8, N >= 1.

        Raises ModelFileError for a network that gives no numbers.
        """
        size = max(1, min(BATCH, _PIXELS // math.prod(images.shape[1:3])))
        parts = [self.observe_batch(images[i : i + size]) for i in range(0, len(images), size)]
        scores = [ood_score for _, ood_score in parts if ood_score is not None]
        return np.concatenate([logits for logits, _ in parts]), np.concatenate(scores) if scores else None

    def observe_batch(self, images: Images) -> tuple[NDArray[np.float32], OodScore]:
        """`observe` of at most BATCH images."""
        with named(self.path):
            logits, ood_score = self.runtime.observe(self.preprocess.normalise(images))
        scaled = logits / self.header.temperature
        sound = logits.shape == (len(images), len(self.header.class_names)) and np.isfinite(scaled).all()
        if not sound or not (ood_score is None or _are_finite(ood_score, len(images))):
            raise ModelFileError(f"{self.path}: gives no usable logits; its weights are damaged. Copy it again.")
        return logits, ood_score


def _are_finite(ood_score: NDArray[np.float32], n: int) -> bool:
    """Whether OOD score is a number for each of n images."""
    return ood_score.shape == (n,) and bool(np.isfinite(ood_score).all())


def load_model(model: str | Path, runtime: str = "auto", threads: int = 0) -> Model:
    """A shipped name, a model file (.safetensors or .onnx) or a run folder, ready to use.

    runtime: "onnx", "torch" (needs the extra [train]), or "auto": ONNX Runtime wherever the ONNX form is there.
    threads: that ONNX Runtime may use for one call; 0: as many as there are cores.
    Raises ModelFileError for an unknown name, for a file that is not ours, damaged or too new, and for a line reader.
    """
    made = load_file(model, runtime, threads)
    if made.header.architecture.get("name") == LINE:
        raise ModelFileError(f"{made.path}: reads lines of digits, not single digits. Use it with read_line.")
    return answering(made)


def load_file(model: str | Path, runtime: str = "auto", threads: int = 0) -> Model:
    """A model of any architecture, its file checked; whether it answers is not tried yet."""
    if runtime not in _RUNTIMES:
        raise ConfigError(f"The runtime {runtime!r} is unknown.{nearest(runtime, list(_RUNTIMES))}")
    path = _find_model(model)
    form = path.with_suffix(".onnx")
    if runtime == "torch" or (runtime == "auto" and path.suffix != ".onnx" and not form.exists()):
        return _load_torch(path)
    return _load_onnx(form, threads)


def _find_model(model: str | Path) -> Path:
    """The file behind a name, a path or a run folder."""
    name, path = str(model), Path(model)
    if name in shipped_models() or name in LINE_READERS:
        return pretrained() / f"{name}.onnx"
    if path.is_dir():
        if not (path / MODEL_NAME).exists():
            raise ModelFileError(
                f"{path}: holds no {MODEL_NAME}. If it is a run, resume it.", see=("train", "resume", "out")
            )
        return path / MODEL_NAME
    if not path.exists():
        raise ModelFileError(f"{name!r} is neither a shipped model nor a file.{nearest(name, shipped_models())}")
    if path.suffix not in (".safetensors", ".onnx"):
        raise ModelFileError(
            f"{path}: is not a model file (.safetensors or .onnx). Pickled models (.pt, .pth, .pkl) are never read:"
            " they can run any code."
        )
    return path


def _load_onnx(path: Path, threads: int = 0) -> Model:
    """A model from its ONNX form; the safetensors form beside it, if any, must be of the same training."""
    content = read_bounded(path, MAX_BYTES, ModelFileError, "a model")
    with named(path):
        header, checked = read_onnx(content)
        made = Model(header, OnnxRuntime(checked, threads), path, hashlib.sha256(content).hexdigest())
    weights = path.with_suffix(".safetensors")
    if weights.exists():
        with named(weights):
            beside = safetensors_header_of(weights)
            if beside.weights_sha256 != header.weights_sha256:
                raise ModelFileError(f"it comes from another training run than {path.name}. Keep the one you want.")
    return made


def _load_torch(path: Path) -> Model:
    """A model on torch, from its safetensors form or, where that is absent, from its ONNX form."""
    require_extra("train", f"Running {path.name} on torch")
    from digit_recognizer.models.model_file import load_network

    header, network, content = load_network(path)
    return Model(header, TorchRuntime(network), path, hashlib.sha256(content).hexdigest())


def answering(model: Model) -> Model:
    """The model, once it has answered for an empty image: wrong shapes and NaN weights show there."""
    model.logits(np.zeros((1, *model.preprocess.shape), np.uint8))
    return model
