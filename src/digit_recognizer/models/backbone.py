"""Backbones of timm (Wightman 2019), by name, from scratch or from weights in a local file; nothing is downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from digit_recognizer.errors import ConfigError, ModelFileError, require_extra

if TYPE_CHECKING:
    from torch import nn


def backbone(model: str, classes: int, channels: int = 1, weights: Path | None = None) -> nn.Module:
    """A network of timm's that maps (N, channels, H, W) float32 to logits (N, classes).

    weights: a .safetensors file of the same model; its first layer is fitted to the channels, its last is left out.
    Raises ModelFileError for a name that timm has not; ConfigError for weights that are not there or pickled.
    """
    require_extra("timm", "A backbone of timm")
    import timm

    if model not in timm.list_models():  # never "hf-hub:...", which would be fetched
        raise ModelFileError(f"timm has no model {model[:100]!r}. Its names are in timm.list_models().")
    if weights is None:
        made: nn.Module = timm.create_model(model, pretrained=False, num_classes=classes, in_chans=channels)
        return made
    if weights.suffix != ".safetensors" or not weights.is_file():
        raise ConfigError(f"{weights}: is not a .safetensors file. Pickled weights (.pt, .pth, .bin) are never read.")
    overlay = {"file": str(weights), "source": "file"}
    try:
        taught: nn.Module = timm.create_model(
            model, pretrained=True, pretrained_cfg_overlay=overlay, num_classes=classes, in_chans=channels
        )
    except Exception as error:  # timm, safetensors and torch each have errors of their own
        raise ConfigError(f"{weights}: does not fit {model} ({error}). Name the weights of that model.") from error
    return taught
