"""A line reader's lessons: the loss, the lines, the weights it begins with, and a run that stops and goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from digit_recognizer import train
from digit_recognizer.data import Dataset
from digit_recognizer.errors import ConfigError, ModelFileError
from digit_recognizer.images import Preprocess
from digit_recognizer.models import load_model
from digit_recognizer.models.architectures import build_network
from digit_recognizer.models.ctc import log_likelihoods
from digit_recognizer.models.line import Line
from digit_recognizer.models.line_reader import CLASSES, load_line_reader
from digit_recognizer.models.model_file import read_network
from digit_recognizer.synthetic.lines import Shares
from digit_recognizer.training import RECIPES
from digit_recognizer.training.any_recipe import LineRecipe
from digit_recognizer.training.batches import Batch, Batches
from digit_recognizer.training.checkpoint import load_checkpoint
from digit_recognizer.training.interrupt import Interrupt
from digit_recognizer.training.line_sources import held_out_sources, training_sources
from digit_recognizer.training.lines import TrainingLines, ValidationLines, line_loss, share_right
from digit_recognizer.training.loop import Loop
from digit_recognizer.training.machine import choose_device, threads
from digit_recognizer.training.network import started
from digit_recognizer.training.ppocr import begin, find_weights
from digit_recognizer.training.progress import ignore_batch, ignore_epoch
from digit_recognizer.training.recipes import get_recipe
from digit_recognizer.training.single import Task, make_loop
from pen_files import write_pen_files
from tiny import shifted_seed, tiny_dataset

pytestmark = pytest.mark.arithmetic

LINES = RECIPES["lines"]
assert isinstance(LINES, LineRecipe)
SMALL = replace(
    LINES,
    learning=replace(LINES.learning, epochs=2, images=10, batch_size=4, ema_decay=0.7),
    widths=(8, 8, 8),
    blocks=(1, 2, 1),
    mixed=16,
    shares=Shares(printed=0),
    begun=False,
    frozen=0,
    kept=0.0,
)
BLANK = len(CLASSES)


@pytest.fixture(scope="module")
def pens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pen_files(tmp_path_factory.mktemp("pens"))


@pytest.fixture(scope="module")
def dataset(pens: Path) -> Dataset:
    tiny = tiny_dataset()
    return Dataset(tiny.spec, tiny.splits, {"data_dir": str(pens)})


@pytest.fixture(scope="module")
def lines(dataset: Dataset) -> TrainingLines:
    learn, _ = dataset.training("train")
    return TrainingLines(training_sources(dataset, learn, SMALL.shares), SMALL, torch.device("cpu"))


@given(seed=st.integers(0, 1000), lengths=st.lists(st.integers(0, 4), min_size=1, max_size=3))
def test_the_loss_is_of_all_alignments(seed: int, lengths: list[int]) -> None:
    draw = np.random.default_rng(seed)
    logits = torch.from_numpy(draw.standard_normal((len(lengths), 20, BLANK + 1)))
    texts = [draw.integers(0, BLANK, length) for length in lengths]
    labels = torch.full((len(lengths), max(1, *lengths, 0)), -1)
    for row, text in zip(labels, texts, strict=True):
        row[: len(text)] = torch.from_numpy(text)
    logs = logits.float().double().log_softmax(2).numpy()
    expected = [-log_likelihoods(each, text[None])[0] for each, text in zip(logs, texts, strict=True)]
    assert float(line_loss(logits, labels)) == pytest.approx(np.mean(expected), rel=1e-4)


@pytest.mark.parametrize("width", [16, 48, 96, 132])
def test_a_column_of_logits_for_four_of_pixels(width: int) -> None:
    network = build_network(SMALL.architecture(48, BLANK)).eval()
    assert isinstance(network, Line)
    assert network(torch.zeros(2, 1, 48, width)).shape == (2, width // 4, BLANK + 1)


@pytest.mark.parametrize("changes", [{"widths": [8, 8]}, {"blocks": [1, 1, 1, 1]}, {"mixed": 3}], ids=str)
def test_another_number_of_stages_cannot_be_built(changes: dict[str, Any]) -> None:
    with pytest.raises(ModelFileError, match="cannot be built"):
        build_network(SMALL.architecture(48, BLANK) | changes)


def test_a_steps_lines_depend_on_its_number_alone(lines: TrainingLines) -> None:
    whole, rest = list(lines.epoch(3, 1)), list(lines.epoch(3, 1, first_step=1))
    assert sorted(len(inputs) for inputs, _ in whole) == [2, 4, 4]
    for (inputs, labels), (again, labels_again) in zip(whole[1:], rest, strict=True):
        assert torch.equal(inputs, again)
        assert torch.equal(labels, labels_again)
    other = next(lines.epoch(3, 2))
    assert other[0].shape != whole[0][0].shape or not torch.equal(other[0], whole[0][0])


def test_lines_have_the_form_that_is_read(lines: TrainingLines) -> None:
    for inputs, labels in lines.epoch(5, 0):
        assert inputs.shape[1:3] == (1, 48)
        assert inputs.shape[3] % 16 == 0
        assert inputs.shape[3] <= SMALL.widest + 15
        assert -1 <= float(inputs.min()) <= float(inputs.max()) <= 1
        assert int(labels.min()) >= -1
        assert int(labels.max()) < BLANK


def test_validation_lines_are_the_same_at_each_call(dataset: Dataset) -> None:
    found = ValidationLines(held_out_sources(dataset, dataset.split("validation")), torch.device("cpu"))
    first, again = next(found.epoch(0, 0)), next(found.epoch(0, 0))
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])


def test_the_share_counts_lines_that_are_wholly_right() -> None:
    class Echo(torch.nn.Module):
        """Says the label that each line shows."""

        def forward(self, lines: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.one_hot(lines[:, 0, 0].long(), BLANK + 1).float()

    class Three:
        resumes_inside_epochs = False

        def __len__(self) -> int:
            return 3

        def epoch(self, _seed: int, _epoch: int, _first_step: int = 0) -> Iterator[Batch]:
            b = BLANK
            said = torch.tensor([[0, 0, b, 1], [0, b, 0, 1], [b, b, b, 0]]).view(3, 1, 1, 4)
            yield said, torch.tensor([[0, 1], [0, 1], [0, -1]])

    assert share_right(Echo(), Three()) == pytest.approx(2 / 3)


def as_ppocr(network: Line, characters: list[str], path: Path) -> None:
    """A network's weights in a file as PP-OCRv6's: in the order of their use, three channels, batch norms apart."""
    tensors: list[tuple[str, np.ndarray[Any, Any]]] = []
    nodes = []
    for name, parameter in network.named_parameters():
        values = parameter.detach().numpy().copy()
        pointwise = name.endswith(("shortcut.weight", "shortcut.bias"))
        if name == "stem.first.weight":
            values = np.concatenate([values / 2, values / 4, values / 4], axis=1)
        if name in ("logits.weight", "logits.bias"):
            wide = np.zeros((1 + len(characters), *values.shape[1:]), np.float32)
            wide[[1 + characters.index(each) for each in (*CLASSES[:-2], "■", "a")]] = values[:-1]
            wide[0] = values[-1]
            values = wide
        kind = "Conv" if values.ndim == 4 else "MatMul" if values.ndim == 2 else "Add"
        if kind == "MatMul":
            values = values.T
        if pointwise and kind == "Add":
            norm = [np.full(len(values), 2.0), values, np.zeros(len(values)), np.full(len(values), 4.0 - 1e-5)]
            tensors += [(f"{name}.{place}", each.astype(np.float32)) for place, each in enumerate(norm)]
            nodes.append(onnx.helper.make_node("BatchNormalization", ["x", *(f"{name}.{p}" for p in range(4))], ["x"]))
            continue
        tensors.append((name, values))
        nodes.append(onnx.helper.make_node(kind, ["x", name], ["x"]))
    stored = [onnx.numpy_helper.from_array(values, name) for name, values in tensors]
    model = onnx.helper.make_model(onnx.helper.make_graph(nodes, "weights", [], [], stored))
    onnx.helper.set_model_props(model, {"character": "\n".join(characters)})
    onnx.save(model, path)


def test_a_reader_begins_with_the_weights_of_another(tmp_path: Path) -> None:
    characters = [*"xyz", *CLASSES[:-2], "a", "■", "b"]
    given, begun = (started(SMALL, SMALL.architecture(48, BLANK)) for _ in range(2))
    assert isinstance(given, Line)
    assert isinstance(begun, Line)
    as_ppocr(given, characters, tmp_path / "weights.onnx")
    begin(begun, CLASSES, tmp_path / "weights.onnx")
    lines = torch.randn(2, 1, 48, 64)
    torch.testing.assert_close(begun.eval()(lines), given.eval()(lines), atol=1e-4, rtol=1e-4)
    other = started(replace(SMALL, mixed=24), replace(SMALL, mixed=24).architecture(48, BLANK))
    assert isinstance(other, Line)
    with pytest.raises(ConfigError, match="another network"):
        begin(other, CLASSES, tmp_path / "weights.onnx")


def test_the_real_weights_answer_as_the_real_file_does() -> None:
    """Every second column is where PP-OCRv6 has one; the attention sees twice as many, so that they differ a little."""
    try:
        path = find_weights()
    except ConfigError as error:
        pytest.skip(str(error))
    import onnxruntime

    network = started(LINES, LINES.architecture(48, BLANK)).eval()
    lines = np.random.default_rng(0).normal(0, 0.5, (1, 1, 48, 160)).astype(np.float32)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (theirs,) = session.run(None, {"x": np.repeat(lines, 3, 1)})
    known = next(each.value for each in onnx.load(path).metadata_props if each.key == "character").split("\n")
    rows = [*(1 + known.index(each) for each in (*CLASSES[:-2], "■", "a")), 0]
    with torch.no_grad():
        ours = network(torch.from_numpy(lines)).softmax(2)[0, ::2].numpy()
    expected = theirs[0][:, rows] / theirs[0][:, rows].sum(1, keepdims=True)
    np.testing.assert_allclose(ours, expected, atol=0.01)


def test_frozen_layers_keep_their_weights(dataset: Dataset, tmp_path: Path) -> None:
    recipe = replace(SMALL, frozen=2, learning=replace(SMALL.learning, epochs=1, learning_rate=0.01))
    loop = small_loop(dataset, tmp_path / "checkpoints", -1, recipe)
    network = loop.learner.network
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    loop.run()
    changed = {name for name, tensor in network.state_dict().items() if not torch.equal(tensor, before[name])}
    assert not any(name.startswith(("stem.", "stages.0.", "stages.1.")) for name in changed)
    assert {"stages.2.up.weight", "logits.weight"} <= changed


def test_the_model_lies_between_its_start_and_its_end(dataset: Dataset) -> None:
    def trained(kept: float) -> dict[str, torch.Tensor]:
        recipe = replace(SMALL, kept=kept, learning=replace(SMALL.learning, epochs=1, learning_rate=0.01))
        alone = Dataset(dataset.spec, {"train": dataset.split("train")}, dataset.place)
        return train(recipe, alone).network.state_dict()

    end, half, nearly_start = trained(0.0), trained(0.5), trained(0.999)
    for name, tensor in end.items():
        expected = (tensor + (nearly_start[name] - 0.001 * tensor) / 0.999) / 2
        torch.testing.assert_close(half[name], expected, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(end["logits.weight"], nearly_start["logits.weight"], atol=1e-3)


class Stopping:
    """Batches that ask for an interrupt after so many steps."""

    resumes_inside_epochs = True

    def __init__(self, batches: Batches, interrupt: Interrupt, after: int) -> None:
        self.batches, self.interrupt, self.left = batches, interrupt, after

    def __len__(self) -> int:
        return len(self.batches)

    def epoch(self, seed: int, epoch: int, first_step: int = 0) -> Iterator[Batch]:
        for batch in self.batches.epoch(seed, epoch, first_step):
            self.left -= 1
            self.interrupt.asked = self.interrupt.asked or self.left == 0
            yield batch


def small_loop(dataset: Dataset, folder: Path, after: int, recipe: LineRecipe = SMALL) -> Loop:
    """A loop whose user presses Ctrl-C in step `after`."""
    interrupt = Interrupt()
    learn, _ = dataset.training("train")
    task = Task(
        dataset, learn, None, Preprocess(), None, 0, choose_device("cpu"), None, 60.0, ignore_epoch, ignore_batch
    )
    loop = make_loop(recipe, task, interrupt)
    loop.checkpoints = folder
    loop.train = Stopping(loop.train, interrupt, after)
    return loop


@pytest.mark.parametrize("after", [1, 3, 4])
def test_stopped_it_goes_on_bit_exactly(dataset: Dataset, after: int, tmp_path: Path) -> None:
    whole, stopped, resumed = (
        small_loop(dataset, tmp_path / name, at) for name, at in (("a", -1), ("b", after), ("b", -1))
    )
    with threads(1):
        whole.run()
        with pytest.raises(KeyboardInterrupt):
            stopped.run()
        position = load_checkpoint(tmp_path / "b", resumed.learner)
        assert position is not None
        assert position.epoch * 3 + position.step == after
        resumed.position = position
        resumed.run()
    for name, tensor in whole.learner.model.state_dict().items():
        assert torch.equal(tensor, resumed.learner.model.state_dict()[name]), name


@pytest.mark.slow
def test_a_run_is_a_line_reader_in_two_equal_forms(dataset: Dataset, tmp_path: Path) -> None:
    alone = Dataset(dataset.spec, {"train": dataset.split("train")}, dataset.place)
    trained = train(SMALL, alone, out=tmp_path / "run")
    assert trained.header.architecture["name"] == "line"
    assert trained.header.class_names == CLASSES
    assert trained.header.accuracy is None  # no validation digits, no validation lines
    crops = list(np.random.default_rng(shifted_seed(0)).integers(0, 256, (3, 48, 71), np.uint8))
    theirs, ours = (load_line_reader(tmp_path / "run", runtime).observe(crops) for runtime in ("onnx", "torch"))
    for one, other in zip(ours, theirs, strict=True):
        assert one.logits.shape == (20, BLANK + 1)
        np.testing.assert_allclose(one.logits, other.logits, atol=1e-3)
        assert one.energy == pytest.approx(other.energy, abs=1e-3)
    header, network = read_network((tmp_path / "run/model.safetensors").read_bytes())
    assert isinstance(network, Line)
    assert (header.preprocess.form, header.preprocess.size) == ("line", 48)
    with pytest.raises(ModelFileError, match="reads lines"):
        load_model(tmp_path / "run")
    with pytest.raises(ModelFileError, match="single digits"):
        load_line_reader("classic")


@pytest.mark.parametrize(
    "changes",
    [{"widest": 10}, {"kept": 1.0}, {"shares": Shares(struck=2)}, {"learning": replace(LINES.learning, images=None)}],
    ids=str,
)
def test_impossible_recipes_are_refused(changes: dict[str, Any]) -> None:
    get_recipe(SMALL)
    with pytest.raises(ConfigError, match="lines"):
        get_recipe(replace(SMALL, **changes))
