"""What is built is whole: the sdist and the wheel hold the package, and a new environment with the wheel works."""

from __future__ import annotations

import json
import re
import subprocess
import tarfile
import tomllib
import venv
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digit_recognizer.models.locations import shipped_models
from script_modules import ROOT, script
from server_process import commanded

dist, smoke = script("dist"), script("smoke")
HEAVY = {"torch", "torchvision", "scikit-learn", "scipy", "matplotlib", "safetensors"}
WEB = {"fastapi", "uvicorn", "starlette", "httptools", "prometheus-client", "python-multipart"}
NEEDED = {  # by name, so that a list that is made from the folder cannot lose them without a word
    *(f"data/mnist/{name}.gz" for name in ("train-images-idx3-ubyte", "t10k-labels-idx1-ubyte")),
    *("data/mnist/validation.txt", "data/mnist/LICENCE.md", "py.typed"),
    *(f"models/pretrained/{name}" for name in ("best.onnx", "best.json", "classic.onnx", "lines.onnx")),
    *(f"exporting/web/{name}" for name in ("index.html", "package-lock.json", "preparation/preprocess.js")),
}


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A command that may fail."""
    return subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=600, cwd=cwd, env=dist.outside()
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sdist and the wheel."""
    sdist, wheel = dist.build(tmp_path_factory.mktemp("dist"))
    return sdist, wheel


@pytest.fixture(scope="module")
def wheel(built: tuple[Path, Path]) -> Path:
    return built[1]


@pytest.mark.slow
def test_both_hold_the_whole_package_and_nothing_else(built: tuple[Path, Path]) -> None:
    sdist, wheel = built
    assert dist.faults(sdist, wheel) == []
    assert {f"digit_recognizer/{name}" for name in NEEDED} <= dist.in_wheel(wheel)
    assert {f"src/digit_recognizer/{name}" for name in NEEDED} <= dist.in_sdist(sdist)
    assert not [name for name in dist.in_wheel(wheel) if name.endswith(".safetensors")]


def test_what_is_missing_or_too_much_is_named(tmp_path: Path) -> None:
    sdist, wheel = tmp_path / "d.tar.gz", tmp_path / "d.whl"
    package = sorted(dist.in_package())
    assert {f"src/digit_recognizer/{name}" for name in NEEDED} <= set(package)
    (tmp_path / "file").write_bytes(b"")
    with tarfile.open(sdist, "w:gz") as archive:
        for name in {*package, *dist.BESIDE, "tests/test_a.py"} - {package[0]}:
            archive.add(tmp_path / "file", f"d-1/{name}")
    with zipfile.ZipFile(wheel, "w") as written:
        for name in [*package[1:], "src/other/a.py"]:
            written.writestr(name.removeprefix("src/"), b"")
        written.writestr("d-1.dist-info/METADATA", b"")
    assert dist.faults(sdist, wheel) == [
        f"d.tar.gz: missing: {package[0]}",
        "d.tar.gz: unexpected: tests/test_a.py",
        f"d.whl: missing: {package[0].removeprefix('src/')}",
        "d.whl: unexpected: other/a.py",
    ]


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    """What the wheel says of itself."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(archive.read(name))


@pytest.mark.slow
def test_an_index_would_take_the_metadata_and_it_names_nobody(built: tuple[Path, Path], metadata: Message) -> None:
    dist.check_description(*built)
    for field in ("Author", "Author-email", "Maintainer", "Maintainer-email", "Home-page", "Project-URL"):
        assert field not in metadata  # there is none to name
    # An index has none of the project's other files, so the description neither shows nor links to them.
    assert re.findall(r"\]\((?!https:)[^)]*\)", str(metadata.get_payload())) == []


def test_the_description_names_the_extras_that_there_are() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    text = (ROOT / project["readme"]).read_text("utf-8")
    assert set(re.findall(r"^\| `([\w-]+)` \|", text, re.MULTILINE)) <= set(project["optional-dependencies"])


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a new environment that holds the base install."""
    found = dist.environment(tmp_path_factory.mktemp("base") / "venv")
    dist.install(found, wheel)
    return Path(found)


@pytest.fixture(scope="module")
def serving(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the extra `serve`."""
    found = dist.environment(tmp_path_factory.mktemp("serve") / "venv")
    dist.install(found, wheel, "[serve]")
    return Path(found)


@pytest.fixture
def one(tmp_path: Path) -> Path:
    """A drawn 1, dark on light."""
    (tmp_path / "one.png").write_bytes(smoke.drawn_one())
    return tmp_path / "one.png"


@pytest.mark.slow
def test_the_base_install_predicts_without_torch(
    scripts: Path, wheel: Path, one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    answer = run(scripts / "digits", "predict", "--json", one, cwd=tmp_path)
    assert list(home.iterdir()) == []  # no cache, no identity, no report to anyone
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["label"] == 1
    listed = run(scripts / "python", "-m", "pip", "list", "--format", "json", cwd=tmp_path)
    packages = {entry["name"].lower() for entry in json.loads(listed.stdout)}
    assert "numpy" in packages
    assert not packages & (HEAVY | WEB)
    for arguments in (["train"], ["export", "best"]):
        refused = run(scripts / "digits", *arguments, cwd=tmp_path)
        assert refused.returncode == 2
        assert f"{wheel}[train]" in refused.stderr  # a name on an index may be somebody else's
        assert "Traceback" not in refused.stderr


def size(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


@pytest.mark.slow
def test_the_base_install_brings_about_400_mb_at_most(scripts: Path, tmp_path: Path) -> None:
    """The wheels of OpenCV, ONNX Runtime, NumPy and Pillow alone unpack to 313 MB; of the rest a third is ours."""
    venv.create(tmp_path / "empty", with_pip=True)
    assert size(scripts.parent) - size(tmp_path / "empty") < 405e6
    (ours,) = scripts.parent.rglob("site-packages/digit_recognizer")
    assert size(ours) < 40e6


@pytest.mark.slow
def test_what_is_tried_with_every_file_works_here(scripts: Path, serving: Path, tmp_path: Path) -> None:
    dist.smoke(scripts, "predict", cwd=tmp_path)
    dist.smoke(serving, "predict", "serve", cwd=tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("model", shipped_models())
def test_every_shipped_model_predicts_reads_and_serves(
    scripts: Path, serving: Path, one: Path, tmp_path: Path, model: str
) -> None:
    found = run(scripts / "digits", "predict", "--json", "--model", model, one, cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["label"] == 1
    three = Image.open(ROOT / "docs/pictures/three.png").convert("L").resize((80, 80))
    page = Image.new("L", (500, 300), 255)
    page.paste(three, (80, 100))
    page.paste(three, (300, 100))
    page.save(tmp_path / "page.png")
    read = run(scripts / "digits", "read", "--json", "--model", model, "page.png", cwd=tmp_path)
    assert read.returncode == 0, read.stderr
    assert [each["text"] for each in json.loads(read.stdout)["numbers"]] == ["3", "3"]
    with commanded([serving / "digits"], tmp_path, model, **dist.outside()) as server:
        (served,) = server.post("/v1/predict", one.read_bytes()).json["predictions"]
    assert (served["label"], served["model"]) == (1, model)


@pytest.mark.slow
def test_figures_plans_and_reports_need_no_torch(serving: Path, wheel: Path, tmp_path: Path) -> None:
    """The last of the tests here: others want that environment without what is added to it."""
    dist.install(serving, wheel, "[stats]")
    run(serving / "python", "-c", "import matplotlib.font_manager", cwd=tmp_path)  # which a busy machine says it does
    chances = np.random.default_rng(0).dirichlet((1.0, 1.0, 1.0), 60)
    np.save(tmp_path / "p.npy", chances)
    np.save(tmp_path / "y.npy", chances.argmax(1))
    tables = ("--predictions", "p.npy", "--labels", "y.npy", "--report", "r.html")
    for arguments in (("evaluate", *tables), ("plan", "--accuracy", "90%", "--width", "0.1")):
        done = run(serving / "digits", *arguments, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
    assert "scipy" in (tmp_path / "r.html").read_text()
    assert run(serving / "python", "-c", "import torch", cwd=tmp_path).returncode == 1
