"""How digits of few pixels are prepared: by their greys, which tell what a threshold cannot."""

from __future__ import annotations

from dataclasses import replace

from digit_recognizer.images.preprocess import MNIST_BOX, Preprocess


def for_small_digits(preprocess: Preprocess) -> Preprocess:
    """The same preparation without mending strokes.

    A stroke's width is measured, and mended, at half its ink. In a photo where a digit is 15 pixels high and out of
    focus the hole of a 4 or an 8 is darker than that: it would count as stroke, and be kept for ever.
    """
    return replace(preprocess, min_stroke=0.0, max_stroke=float(MNIST_BOX))
