"""Exported models: written only where they answer as their weights, whole or not at all, and told in words."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import Python
from digit_recognizer.data import Dataset
from digit_recognizer.errors import ConfigError, ModelFileError, StorageError
from digit_recognizer.exporting import export_onnx, export_web
from digit_recognizer.exporting.agreement import MADE, TOLERANCE, Agreement, agreement, images_to_compare, known_set
from digit_recognizer.exporting.page_runtime import FILES, PACKAGE, VERSION, page_files, runtime_files
from digit_recognizer.exporting.to_onnx import write_proven
from digit_recognizer.exporting.to_web import LISTING, listing, static_files, told, write_folder
from digit_recognizer.models import load_model
from digit_recognizer.models.locations import pretrained, shipped_models
from digit_recognizer.models.model import Model
from digit_recognizer.models.runtime import Inputs, Logits, OodScore
from digit_recognizer.recognizer import Recognizer
from helpers_cli import digits, digits_apart, is_complaint
from tiny import tiny_split

pytestmark = pytest.mark.arithmetic


@pytest.fixture(scope="module")
def exported(mnist: Dataset, mnist_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Agreement]:
    """The simplest model as the library exports it; MNIST is unpacked already."""
    assert len(mnist.split("calibration")) == 5000
    path = tmp_path_factory.mktemp("exported") / "classic.onnx"
    return path, export_onnx("classic", path, mnist_dir)


def test_all_5000_calibration_images_agree(exported: tuple[Path, Agreement]) -> None:
    _, found = exported
    assert (found.source, found.n, found.other_labels) == ("mnist, calibration", 5000, 0)
    assert 0 < found.largest < TOLERANCE / 10


@pytest.mark.parametrize("n", [1, 2, 7])
def test_any_number_of_images_fits_and_the_metadata_says_how(exported: tuple[Path, Agreement], n: int) -> None:
    session = onnxruntime.InferenceSession(exported[0], providers=["CPUExecutionProvider"])
    (given_in,), given_out = session.get_inputs(), [each.name for each in session.get_outputs()]
    assert (given_in.name, given_in.shape, given_out) == ("images", ["N", 1, 28, 28], ["logits", "ood_score"])
    metadata = session.get_modelmeta().custom_metadata_map
    model = load_model("classic")
    assert json.loads(metadata["digit_recognizer.preprocess"]) == model.preprocess.to_dict()
    assert set(json.loads(metadata["digit_recognizer.inputs"])) == {"images"}
    assert list(json.loads(metadata["digit_recognizer.outputs"])) == given_out
    images = tiny_split(n, 0).images
    answers = session.run(None, {"images": ((images[:, None] / 255 - 0.5) / 0.5).astype(np.float32)})
    for theirs, ours in zip(answers, model.observe(images), strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-4, atol=1e-4)


def test_the_file_is_a_model_like_any_other(exported: tuple[Path, Agreement]) -> None:
    images = tiny_split(50, 1).images
    ours, theirs = load_model(exported[0]), load_model("classic", "torch")
    assert ours.header == theirs.header
    np.testing.assert_allclose(ours.probabilities(images), theirs.probabilities(images), atol=1e-6)


def test_weights_in_a_file_beside_are_refused(exported: tuple[Path, Agreement], tmp_path: Path) -> None:
    model = onnx.load(exported[0])
    onnx.save_model(model, tmp_path / "beside.onnx", save_as_external_data=True, location="w.bin", size_threshold=0)
    assert (tmp_path / "w.bin").stat().st_size > 100_000
    with pytest.raises(ModelFileError, match=r"beside.onnx: its network is not the one that was written"):
        load_model(tmp_path / "beside.onnx")


@dataclass(frozen=True)
class Shifted:
    """A runtime whose first logit is off by a little."""

    model: Model
    by: float
    name: str = "shifted"

    def observe(self, inputs: Inputs) -> tuple[Logits, OodScore]:
        logits, ood_score = self.model.runtime.observe(inputs)
        logits[:, 0] += np.float32(self.by)
        return logits, ood_score


@given(st.floats(0, 2), st.integers(0, 9))
def test_what_answers_otherwise_is_refused(by: float, seed: int) -> None:
    model = load_model("classic")
    images = tiny_split(40, seed).images
    found = agreement(model, replace(model, runtime=Shifted(model, by)), images, "made")
    gap = np.abs(model.probabilities(images) - replace(model, runtime=Shifted(model, by)).probabilities(images)).max()
    assert found.largest == gap
    if gap <= TOLERANCE and not found.other_labels:
        found.check("classic")
    else:
        with pytest.raises(ModelFileError, match=r"classic: .*40 images.*Nothing was written"):
            found.check("classic")


@pytest.mark.parametrize("found", [Agreement("made", 9, 1, 0.0), Agreement("made", 9, 0, float("nan"))])
def test_another_label_or_no_number_is_refused(found: Agreement) -> None:
    with pytest.raises(ModelFileError, match="Nothing was written"):
        found.check("x")


def test_a_form_that_answers_otherwise_is_not_written(mnist_dir: Path, tmp_path: Path) -> None:
    weights, other = load_model("classic", runtime="torch"), (pretrained() / "mlp.onnx").read_bytes()
    (tmp_path / "old.onnx").write_bytes(b"old")
    with pytest.raises(ModelFileError, match=r"5,000 images \(mnist, calibration\) differ"):
        write_proven(weights, other, tmp_path / "old.onnx", mnist_dir)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("old.onnx", b"old")]


def test_what_is_there_is_kept_unless_forced(mnist_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.onnx"
    out.write_bytes(b"precious")
    is_complaint(digits("export", "classic", out), out, "--force")
    assert out.read_bytes() == b"precious"
    answer = digits("export", "classic", out, "--force", "--data-dir", mnist_dir, "--json", "-")
    told_of = json.loads(answer.out)
    assert (answer.code, told_of["agreement"]["n"], told_of["agreement"]["other_labels"]) == (0, 5000, 0)
    assert load_model(out).header.name == "classic"


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["nothing"], ["nothing", "best"]),
        (["classic", "model.bin"], ["model.bin", ".onnx"]),
        (["classic", "README.onnx"], ["folder"]),
        (["classic", "--to", "web", "README"], ["README", "file"]),
    ],
)
def test_what_cannot_be_done_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], names: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "README").write_text("mine")
    (tmp_path / "README.onnx").mkdir()
    is_complaint(digits("export", *arguments), *names)
    assert {path.name for path in tmp_path.iterdir()} == {"README", "README.onnx"}


@pytest.mark.parametrize(
    ("learned_from", "classes", "name"),
    [
        ("mnist", "0123456789", "mnist"),
        ("fashion-mnist", "abcdefghij", "fashion-mnist"),
        ("mixed", "0123456789", "mnist"),  # drawing its printed half takes minutes
        ("my-folder", "0123456789", "mnist"),
        ("my-folder", "ab", None),
    ],
)
def test_a_model_is_compared_on_its_own_set_or_on_mnist(learned_from: str, classes: str, name: str | None) -> None:
    header = load_model("classic").header
    assert known_set(replace(header, data={"name": learned_from}, class_names=tuple(classes))) == name


def test_other_models_are_compared_on_made_pictures() -> None:
    header = replace(load_model("classic").header, data={"name": "my-folder"}, class_names=("benign", "malignant"))
    images, said = images_to_compare(header, None)
    assert (said, images.shape, images.dtype) == ("made pictures", (MADE, 28, 28), np.uint8)
    assert len(np.unique(images, axis=0)) == MADE


def test_without_npm_the_page_says_what_to_do(tmp_path: Path) -> None:
    here = {"PATH": "", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    is_complaint(
        digits_apart("export", "classic", tmp_path / "page", "--to", "web", **here), "npm", "--runtime", VERSION
    )
    assert not (tmp_path / "page").exists()


def test_a_runtime_got_by_hand_must_be_the_published_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"ort.wasm.bundle.min.mjs: cannot be read"):
        runtime_files(tmp_path)
    for name in FILES:
        (tmp_path / name).write_text("export default 0;")
    with pytest.raises(ConfigError, match=f"is not the file of {PACKAGE} {VERSION}"):
        export_web("classic", tmp_path / "page", tmp_path)
    assert not (tmp_path / "page").exists()


def test_the_lock_file_holds_the_version_and_names_no_registry() -> None:
    lock = json.loads((page_files() / "package-lock.json").read_text())
    assert lock["packages"][f"node_modules/{PACKAGE}"]["version"] == VERSION
    assert all("integrity" in each and "resolved" not in each for name, each in lock["packages"].items() if name)


def test_a_page_takes_the_place_of_a_page_alone(tmp_path: Path) -> None:
    page = tmp_path / "page"
    write_folder(page, {"a/b.txt": b"1", LISTING: b""})
    write_folder(page, {"c.txt": b"2", LISTING: b""})
    assert {path.name for path in page.rglob("*")} == {"c.txt", LISTING}
    assert [path.name for path in tmp_path.iterdir()] == ["page"]
    with pytest.raises(StorageError, match="force the export"):
        export_web("classic", page)
    (page / LISTING).unlink()
    with pytest.raises(StorageError, match="holds other files"):
        export_web("classic", page, force=True)
    assert (page / "c.txt").read_bytes() == b"2"


def test_a_full_disk_leaves_the_earlier_page(small_disk: tuple[Path, tuple[str, ...]], run_python: Python) -> None:
    folder, before = small_disk
    code = """
import sys
from pathlib import Path
from digit_recognizer.errors import StorageError
from digit_recognizer.exporting.to_web import write_folder
page = Path(sys.argv[1]) / "page"
write_folder(page, {"a.txt": b"old"})
try:
    write_folder(page, {"a.txt": b"new", "b.bin": bytes(2**21)})
except StorageError as error:
    print([each.name for each in page.parent.iterdir()], (page / "a.txt").read_text(), error)
"""
    answer = run_python(code, folder, before=before)
    assert answer.stdout.startswith("['page'] old "), answer.stderr
    assert "cannot be written" in answer.stdout


@given(
    st.dictionaries(st.text(max_size=4), st.binary(max_size=4), max_size=4), st.text(max_size=4), st.binary(max_size=4)
)
def test_the_version_changes_with_any_file(files: dict[str, bytes], name: str, content: bytes) -> None:
    changed = files | {name: content}
    assert (listing(files) == listing(changed)) == (files == changed)


def test_the_page_asks_no_foreign_host_and_its_parts_are_all_there() -> None:
    files = static_files()
    assert not {"package.json", "package-lock.json"} & set(files)
    for name, content in files.items():
        assert b"//cdn" not in content
        assert b"https://" not in content, name
    html = files["index.html"].decode()
    assert "default-src 'none'" in html
    assert "'unsafe-inline'" not in html
    assert "'unsafe-eval'" not in html


@pytest.mark.parametrize("model", shipped_models())
def test_what_the_page_is_told_is_plain_json(model: str) -> None:
    recognizer = Recognizer.load(model)
    said = json.loads(json.dumps(told(recognizer), allow_nan=False))
    assert said["classes"] == list("0123456789")
    assert said["threshold"] == (recognizer.answers.threshold if recognizer.answers else None)
    assert (said["ood_limit"] is None) == (recognizer.model.header.ood is None)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed (Debian: apt-get install nodejs)")
def test_the_scripts_of_the_page_are_sound(tmp_path: Path) -> None:
    for path in page_files().rglob("*.js"):
        copy = tmp_path / f"{path.stem}.mjs"  # a module, as the page has it
        copy.write_bytes(path.read_bytes())
        done = subprocess.run(["node", "--check", str(copy)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
