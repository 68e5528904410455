"""What benchmarks/small_images.py sets beside `auto`: timm, fastai and Ultralytics, each as its own pages teach it.

Each reads pictures from class folders, as these tools do, and starts at random. A learner gives back what turns files
into probabilities (n, K).
"""

from __future__ import annotations

import importlib
import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

Probabilities = NDArray[np.float64]
Predict = Callable[[Sequence[Path]], Probabilities]

AT_ONCE = 256  # pictures predicted at a time
TIMM_BATCH, TIMM_RATE, TIMM_WARMUP = 128, 0.05, 5 / 300  # of its train.py: 0.1 for a batch of 256; 5 of 300 epochs


@dataclass(frozen=True)
class Task:
    """What to learn from, and how long."""

    folder: Path  # class folders in train/ and val/
    size: int  # side of a picture, pixels
    classes: int
    epochs: int
    seed: int


def missing(package: str) -> str | None:
    """Why a peer is left out: its package cannot be imported; None where it can be."""
    try:
        importlib.import_module(package)
    except ImportError as error:
        return f"{package} is not installed here ({error})"
    return None


def seeded(seed: int) -> None:
    """The same start for whatever a tool draws from."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - what timm's augmentation draws from
    torch.manual_seed(seed)


def by_timm(task: Task) -> Predict:
    """timm's resnet18 with the defaults of its training script: SGD with momentum, cosine, its augmentation."""
    import timm
    from timm.data import create_dataset, create_loader, create_transform
    from timm.optim import create_optimizer_v2
    from timm.scheduler.cosine_lr import CosineLRScheduler

    seeded(task.seed)
    network = timm.create_model("resnet18", pretrained=False, num_classes=task.classes)
    loader = create_loader(
        create_dataset("", root=str(task.folder / "train")),
        input_size=(3, task.size, task.size),
        batch_size=TIMM_BATCH,
        is_training=True,
        num_workers=0,
        persistent_workers=False,
        use_prefetcher=False,
    )
    optimizer = create_optimizer_v2(network, opt="sgd", lr=TIMM_RATE, weight_decay=2e-5, momentum=0.9)
    steps = task.epochs * len(loader)
    warm = int(steps * TIMM_WARMUP)
    schedule = CosineLRScheduler(optimizer, steps, warmup_t=warm, warmup_lr_init=1e-5, t_in_epochs=False)
    network.train()
    step = 0
    for _ in range(task.epochs):
        for inputs, labels in loader:
            loss = torch.nn.functional.cross_entropy(network(inputs), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
            schedule.step_update(step)
    network.eval()
    prepare = create_transform((3, task.size, task.size), is_training=False)

    def predict(files: Sequence[Path]) -> Probabilities:
        parts = []
        with torch.inference_mode():
            for start in range(0, len(files), AT_ONCE):
                pictures = [prepare(Image.open(file).convert("RGB")) for file in files[start : start + AT_ONCE]]
                parts.append(network(torch.stack(pictures)).softmax(1).double().numpy())
        return np.concatenate(parts)

    return predict


def by_fastai(task: Task) -> Predict:
    """fastai's vision_learner, resnet18, its usual augmentation, fit_one_cycle: every value its default."""
    from fastai.vision.all import (
        CategoryBlock,
        DataBlock,
        ImageBlock,
        IndexSplitter,
        aug_transforms,
        parent_label,
        resnet18,
        set_seed,
        vision_learner,
    )

    files = sorted((task.folder / "train").rglob("*.png"))
    set_seed(task.seed)
    block = DataBlock(
        blocks=(ImageBlock, CategoryBlock),
        get_y=parent_label,
        splitter=IndexSplitter([len(files)]),  # a second copy of the first picture: fastai wants one to validate on
        batch_tfms=aug_transforms(),
    )
    loaders = block.dataloaders([*files, files[0]], num_workers=0, device=torch.device("cpu"))
    assert len(loaders.vocab) == task.classes
    learner = vision_learner(loaders, resnet18, pretrained=False)
    with learner.no_bar(), learner.no_logging():
        learner.fit_one_cycle(task.epochs)

    def predict(asked: Sequence[Path]) -> Probabilities:
        with learner.no_bar():
            found, _ = learner.get_preds(dl=loaders.test_dl(list(asked), num_workers=0))
        return np.asarray(found.double().numpy())

    return predict


def by_ultralytics(task: Task) -> Predict:
    """Ultralytics' smallest classifier with its defaults; 28 pixels are given as 32, since it takes multiples of 32."""
    os.environ.setdefault("YOLO_VERBOSE", "false")
    from ultralytics import YOLO

    side = -(-task.size // 32) * 32
    model: Any = YOLO("yolo26n-cls.yaml", verbose=False)
    model.train(
        data=str(task.folder),
        epochs=task.epochs,
        imgsz=side,
        seed=task.seed,
        device="cpu",
        workers=0,
        pretrained=False,
        val=False,
        plots=False,
        verbose=False,
        project=str(task.folder / "ultralytics"),
        exist_ok=True,
    )
    torch.set_num_threads(1)  # it sets its own

    def predict(files: Sequence[Path]) -> Probabilities:
        parts = []
        for start in range(0, len(files), AT_ONCE):
            asked = [str(file) for file in files[start : start + AT_ONCE]]
            parts += [each.probs.data.double().numpy() for each in model.predict(asked, imgsz=side, verbose=False)]
        return np.stack(parts)

    return predict


# Name -> the package that it needs, and its learner.
PEERS: dict[str, tuple[str, Callable[[Task], Predict]]] = {
    "timm resnet18": ("timm", by_timm),
    "fastai": ("fastai.vision.all", by_fastai),
    "Ultralytics-cls": ("ultralytics", by_ultralytics),
}
