"""How pydicom and dcmtk show the first frame of a DICOM file, (H, W, 3); RefusedError where they do not."""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut, pixel_array
from pydicom.uid import JPEGLSLossless, JPEGLSNearLossless

Shown = NDArray[Any]  # (H, W, 3), 0 to 255
FAR = 1e12  # a value beyond every window
SECONDS = 60


class RefusedError(Exception):
    """A peer shows nothing of a file."""


def by_pydicom(content: bytes) -> Shown:
    """By pydicom's own functions, in the order that the standard gives; without a window as this project does."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return of_dataset(pydicom.dcmread(io.BytesIO(content), force=True))
    except Exception as error:
        raise RefusedError(type(error).__name__) from error


def of_dataset(dataset: Any) -> Shown:
    stored = pixel_array(dataset, index=0)
    for groups in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        for name in ("PixelValueTransformationSequence", "FrameVOILUTSequence"):
            if dataset.get(groups) and dataset[groups][0].get(name):
                dataset.update(dataset[groups][0][name][0])
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        colours = apply_color_lut(stored, dataset)[..., :3]
        return colours * (255 / np.iinfo(colours.dtype).max)
    if stored.ndim == 3:
        return stored * (255 / (2**dataset.BitsStored - 1))
    shade = shade_of(stored, dataset)
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        shade = 1 - shade
    return np.repeat(255 * shade.clip(0, 1)[..., None], 3, axis=2)


def shade_of(stored: NDArray[Any], dataset: Any) -> NDArray[Any]:
    """Grey values as shades from 0 to 1."""
    values = apply_modality_lut(stored, dataset)
    if dataset.get("VOILUTSequence"):
        return apply_voi_lut(values, dataset) / (2 ** dataset.VOILUTSequence[0].LUTDescriptor[2] - 1)
    if dataset.get("WindowCenter") is None or dataset.get("WindowWidth") is None:
        changed = "ModalityLUTSequence" in dataset or not np.array_equal(values, stored)
        if dataset.BitsStored <= 8 and not changed and values.dtype.kind in "iu":
            lowest = -(2 ** (dataset.BitsStored - 1)) if dataset.PixelRepresentation else 0
            return (values.astype(float) - lowest) / (2**dataset.BitsStored - 1)
        spread = float(values.max()) - float(values.min())
        return (values - float(values.min())) / spread if spread else np.full(values.shape, 0.5)
    if "ModalityLUTSequence" in dataset:  # or else pydicom takes the window's ends from the stored values
        dataset.BitsStored, dataset.PixelRepresentation = 16, 0
    low, high = apply_voi_lut(np.array([[-FAR, FAR]]), dataset).ravel()
    return (apply_voi_lut(values, dataset) - low) / (high - low)


def dcmtk_version() -> str | None:
    """The version of dcmtk, None where it is not installed."""
    if shutil.which("dcmj2pnm") is None:
        return None
    told = subprocess.run(["dcmj2pnm", "--version"], capture_output=True, text=True, timeout=SECONDS, check=False)
    return told.stdout.partition("dcmj2pnm v")[2].split()[0]


def by_dcmtk(content: bytes) -> Shown:
    """By dcmj2pnm (JPEG-LS: dcml2pnm), with the first window or table that the file has, or the frame's own range."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(io.BytesIO(content), force=True, stop_before_pixels=True)
            syntax = dataset.file_meta.get("TransferSyntaxUID")
            options = display(dataset)
    except Exception as error:
        raise RefusedError(type(error).__name__) from error
    tool = "dcml2pnm" if syntax in (JPEGLSLossless, JPEGLSNearLossless) else "dcmj2pnm"
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder, "in.dcm"), Path(folder, "out.pnm")
        source.write_bytes(content)
        command = [tool, "--no-overlays", "--write-raw-pnm", *options, str(source), str(made)]
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
        if done.returncode or not made.exists():
            raise RefusedError(f"exit {done.returncode}")
        with Image.open(made) as image:
            return np.asarray(image.convert("RGB"))


def display(dataset: Any) -> list[str]:
    """The options by which dcmtk shows a file as its elements ask for."""
    if not str(dataset.get("PhotometricInterpretation")).startswith("MONOCHROME"):
        return []
    if dataset.get("VOILUTSequence"):
        return ["--use-voi-lut", "1"]
    if dataset.get("WindowCenter") is not None and dataset.get("WindowWidth") is not None:
        return ["--use-window", "1"]
    changed = any(name in dataset for name in ("RescaleSlope", "ModalityLUTSequence"))
    return [] if dataset.get("BitsStored", 16) <= 8 and not changed else ["--min-max-window"]
