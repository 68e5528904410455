"""The shipped `mixed` reads printed digits of fonts that it has not seen, and takes them for digits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from digit_recognizer import Recognizer
from digit_recognizer.data import Dataset
from digit_recognizer.data.idx_sets import FASHION_MNIST, MNIST
from digit_recognizer.data.printed import MIXED, PRINTED
from digit_recognizer.errors import DataError, DigitRecognizerWarning
from digit_recognizer.evaluation.evaluate import warn_of_seen
from digit_recognizer.synthetic.printed import glyph, photographed, printed_digits
from digit_recognizer.synthetic.printed_fonts import find_families
from tiny import tiny_dataset

pytestmark = pytest.mark.arithmetic

N = 300  # pictures


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer.load("mixed")


def test_printed_digits_of_new_fonts_are_read(recognizer: Recognizer) -> None:
    """As pictures of cells, on validation fonts."""
    draw = np.random.default_rng(11)
    try:
        fonts = [files[0] for files in find_families()["validation"]]
    except DataError as error:
        pytest.skip(str(error))
    labels = np.arange(N) % 10
    pictures = [photographed(glyph(fonts[draw.integers(len(fonts))], int(label)), draw) for label in labels]
    found = recognizer.predict(pictures)
    right = sum(each.label == label for each, label in zip(found, labels, strict=True))
    assert right >= 0.98 * N
    assert sum(each.status == "ok" for each in found) >= 0.9 * N
    assert sum(each.status == "not a digit" for each in found) <= 0.03 * N


def test_handwriting_is_read_too(recognizer: Recognizer, mnist: Dataset) -> None:
    part = mnist.split("validation")
    found = recognizer.predict(list(part.take(np.arange(N))))
    right = sum(each.label == label for each, label in zip(found, part.labels[:N], strict=True))
    assert right >= 0.98 * N
    assert sum(each.status == "ok" for each in found) >= 0.9 * N


def test_images_of_either_kind_that_it_learned_from_flatter(recognizer: Recognizer) -> None:
    for spec in (MNIST, PRINTED, MIXED):
        dataset = replace(tiny_dataset(), spec=spec)
        with pytest.warns(DigitRecognizerWarning, match=rf"trained on images of {spec.name}'s split 'train'"):
            warn_of_seen(recognizer.model, dataset, "train")
        warn_of_seen(recognizer.model, dataset, "test")
    warn_of_seen(recognizer.model, replace(tiny_dataset(), spec=FASHION_MNIST), "train")


def test_prepared_digits_are_read_as_their_pictures_are(recognizer: Recognizer) -> None:
    try:
        images, labels = printed_digits(find_families()["validation"], 100, seed=5)
    except DataError as error:
        pytest.skip(str(error))
    found = recognizer.predict(list(images))
    assert sum(each.label == label for each, label in zip(found, labels, strict=True)) >= 97
