"""What a model saw of each picture, beside the picture."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from digit_recognizer.decoding import read_apart
from digit_recognizer.errors import ConfigError
from digit_recognizer.images import Picture
from digit_recognizer.images.notes import gathered
from digit_recognizer.prediction import Prediction
from digit_recognizer.recognizer import Input, Recognizer
from digit_recognizer.report.figures import PLAIN

_PAIRS = 2  # side by side: what stays readable at a phone's width
LONGEST = 28  # characters of a name


def seen_figure(
    recognizer: Recognizer,
    predictions: Sequence[Prediction],
    inputs: Sequence[Input | None],
    pictures: Sequence[Picture] | None = None,
) -> Figure:
    """Each picture that was read, and beside it the image that the network was given, with its answer.

    predictions, inputs: as `recognizer.predict(pictures, return_inputs=True)` returns them.
    pictures: what was predicted; by default the files that are the predictions' sources. Raises ConfigError for none;
    ImageError for a file that is gone.
    """
    if not predictions:
        raise ConfigError("No picture was read, so there is nothing to draw.")
    rows = -(-len(predictions) // _PAIRS)
    columns = 2 * min(_PAIRS, len(predictions))
    figure, axes = plt.subplots(rows, columns, figsize=(2.1 * columns, 2.5 * rows), squeeze=False, layout="constrained")
    for axis in axes.flat:
        axis.set_axis_off()
    given = [each.source for each in predictions] if pictures is None else pictures
    channels, form = recognizer.model.preprocess.channels, recognizer.model.preprocess.form
    for number, (prediction, seen, each) in enumerate(zip(predictions, inputs, given, strict=True)):
        with gathered():  # what is to be told of the picture was told when it was recognised
            picture = read_apart(each, prediction.as_stored, channels, recognizer.keep_ids, prediction.source, form)
        pair = axes.flat[2 * number : 2 * number + 2]
        draw(pair[0], picture, prediction.source[-LONGEST:])
        if seen is not None:
            draw(pair[1], seen, _in_short(prediction))
        else:
            pair[1].set_title("no ink", fontsize=9)
    figure.suptitle(f"Pictures, and what {recognizer.model.title} saw of them", fontsize=11, **PLAIN)
    return figure


def draw(axis: Axes, image: object, title: str) -> None:
    """One image, grey or in colour, under its title."""
    axis.imshow(image, cmap="gray", vmin=0, vmax=255)  # type: ignore[arg-type]
    axis.set_title(title, fontsize=9, **PLAIN)


def _in_short(prediction: Prediction) -> str:
    """The answer on one line."""
    sure = f"{prediction.name}  ({100 * (prediction.probability or 0):.1f} %)"
    return sure if prediction.status == "ok" else f"{prediction.status}, perhaps {sure}"
