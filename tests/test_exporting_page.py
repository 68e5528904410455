"""The exported page in a real browser: it prepares pictures as Python does, answers the same, and asks nobody."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("playwright")
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from digit_recognizer import Recognizer
from digit_recognizer.data import Dataset
from digit_recognizer.exporting import export_onnx
from digit_recognizer.images import Preprocess, read_picture
from helpers_cli import digits_apart
from served import PATIENCE, PREPARE, RECOGNISE, RECOGNISE_FILE, as_images, as_sent, exported, served
from test_one_answer import KINDS as SENT_KINDS
from trials.drawn import scribble, sign
from trials.ood_pictures import noise, shadow, texture
from trials.rerendered import KINDS, rerendered

pytestmark = pytest.mark.slow

PHONE, DESK = {"width": 375, "height": 700}, {"width": 1200, "height": 900}
N = 24  # pictures of a kind
BRIGHTEST = "each => Math.max(...each.getContext('2d').getImageData(0, 0, 28, 28).data.filter((_, at) => at % 4 === 0))"
# Strokes of a digit as a hand draws it, on a paper of 0..1.
STROKES = {
    1: [[(0.5, 0.2), (0.5, 0.8)]],
    2: [[(0.3, 0.35), (0.38, 0.23), (0.55, 0.2), (0.67, 0.32), (0.6, 0.5), (0.3, 0.8), (0.72, 0.8)]],
    7: [[(0.3, 0.22), (0.7, 0.22), (0.45, 0.8)]],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported(tmp_path_factory.mktemp("exported") / "page")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with served(folder) as found:
        yield found


def opened(browser: Browser, address: str, **settings: Any) -> Iterator[Page]:
    """The page, ready; afterwards all that it asked for came from its own server, and it complained of nothing."""
    context = browser.new_context(**settings)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda each: asked.append(each.url))
    page.on("console", lambda each: complaints.append(each.text))
    page.on("pageerror", lambda each: complaints.append(str(each)))
    page.goto(address)
    page.get_by_text("Nothing drawn yet").first.wait_for()
    yield page
    context.close()
    assert {url for url in asked if not url.startswith((address, "blob:"))} == set()
    assert not complaints


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    yield from opened(browser, address, viewport=DESK)


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["phone", "desk"])
def looked_at(request: pytest.FixtureRequest, browser: Browser, address: str, theme: str) -> Iterator[Page]:
    """The page on two screens in two themes."""
    phone = request.param == "phone"
    yield from opened(browser, address, viewport=PHONE if phone else DESK, color_scheme=theme, has_touch=phone)


def chosen(mnist: Dataset) -> np.ndarray:
    return mnist.split("validation").take(np.arange(N) * (5000 // N))


def made(draw: Callable[[np.random.Generator], np.ndarray]) -> list[np.ndarray]:
    return [draw(np.random.default_rng(seed)) for seed in range(N)]


PICTURES: dict[str, Callable[[Dataset], list[np.ndarray]]] = {
    "mnist": lambda mnist: list(mnist.split("validation").take(np.arange(500))),
    "negative": lambda mnist: list(255 - chosen(mnist)),
    **{
        f"sent {name}": lambda mnist, record=record: [np.array(record(each)) for each in chosen(mnist)]  # type: ignore[misc]
        for name, record in SENT_KINDS.items()
    },
    **{kind: lambda mnist, kind=kind: list(rerendered(chosen(mnist), kind)) for kind in KINDS},  # type: ignore[misc]
    **{
        draw.__name__: lambda _, draw=draw: made(draw)  # type: ignore[misc]
        for draw in (scribble, sign, noise, shadow, texture)
    },
    "odd shapes": lambda _: [
        np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        for shape in ((1, 1), (1, 9), (9, 1), (2, 300), (300, 2), (3, 3), (33, 33), (600, 41), (28, 28), (401, 399))
    ],
    "empty": lambda _: [np.full((90, 70), level, np.uint8) for level in (0, 90, 255)],
}


@pytest.mark.parametrize("kind", PICTURES)
def test_it_prepares_and_answers_as_python_does(page: Page, mnist: Dataset, kind: str) -> None:
    check_same(page, PICTURES[kind](mnist))


def test_it_prepares_a_persons_own_digits_as_python_does(page: Page, shared_file: Callable[[str], Path]) -> None:
    files = sorted(shared_file("own-handwriting/7eraflops").glob("*.png"))
    assert len(files) == 10
    check_same(page, [read_picture(file) for file in files])


def check_same(page: Page, pictures: list[np.ndarray]) -> None:
    """Prepared to three grey levels, since runtimes round ink in their own way, and the same answers."""
    settings = Preprocess()
    seen = as_images(page.evaluate(PREPARE, as_sent(pictures) | {"settings": settings.to_dict()}))
    expected = [settings.fit(each) for each in pictures]
    assert [each is None for each in seen] == [each is None for each in expected]
    gaps = [np.abs(a.astype(int) - b).max() for a, b in zip(seen, expected, strict=True) if a is not None]
    assert max(gaps, default=0) <= 3, gaps
    answers = Recognizer.load("best").predict(pictures)
    found = page.evaluate(RECOGNISE, as_sent(pictures))
    assert [each["label"] for each in found] == [each.label for each in answers]
    exact = [i for i, (a, b) in enumerate(zip(seen, expected, strict=True)) if a is None or np.array_equal(a, b)]
    for i in exact:
        assert_answers(found[i], answers[i])


def assert_answers(found: dict[str, Any], answer: Any) -> None:
    """What the page found is what Python answered, to the letter but for the last digits of a probability."""
    assert (found["status"], found["label"], found["name"]) == (answer.status, answer.label, answer.name)
    assert found.get("prediction_set", []) == list(answer.prediction_set)
    assert found["probabilities"] == pytest.approx(answer.probabilities, abs=1e-5)
    assert (found["reason"] or "").split(";")[1:] == (answer.reason or "").split(";")[1:]


def save_all(mnist: Dataset, folder: Path) -> list[Path]:
    """A digit as files of many kinds: transparent, coloured, 16 bits, JPEG, turned as EXIF says, and wrongly so."""
    digit = SENT_KINDS["as sent"](chosen(mnist)[3]).convert("L")
    ink = Image.fromarray(255 - np.array(digit))
    clear = Image.new("RGBA", digit.size, (20, 30, 90, 0))
    clear.putalpha(ink)
    coloured = Image.merge("RGB", [Image.fromarray(np.maximum(np.array(digit), least)) for least in (60, 0, 30)])
    exif = Image.Exif()
    exif[274] = 6
    digit.save(folder / "grey.png")
    clear.save(folder / "clear.png")
    coloured.save(folder / "coloured.png")
    coloured.convert("P").save(folder / "palette.gif")
    Image.fromarray(np.array(digit, np.uint16) * 257).save(folder / "deep.png")
    coloured.save(folder / "photo.jpg", quality=85)
    coloured.rotate(90, expand=True).save(folder / "turned.jpg", exif=exif, quality=90)
    coloured.save(folder / "wrongly.jpg", exif=exif, quality=90)
    coloured.save(folder / "photo.webp", quality=85)
    digit.save(folder / "grey.bmp")
    return sorted(folder.iterdir())


def test_any_file_gets_the_same_label(page: Page, mnist: Dataset, tmp_path: Path) -> None:
    files = save_all(mnist, tmp_path)
    answers = Recognizer.load("best").predict(files)
    found = [page.evaluate(RECOGNISE_FILE, base64.b64encode(file.read_bytes()).decode()) for file in files]
    assert [(each["label"], each["status"]) for each in found] == [(each.label, each.status) for each in answers]
    assert len({each["label"] for each in found}) == 1


@pytest.mark.parametrize("kind", SENT_KINDS)
def test_python_the_command_the_exported_file_and_the_page_answer_the_same(
    page: Page, mnist: Dataset, mnist_dir: Path, tmp_path: Path, kind: str
) -> None:
    picture, twin = tmp_path / "picture.png", tmp_path / "best.onnx"
    SENT_KINDS[kind](chosen(mnist)[5]).save(picture)
    export_onnx("best", twin, mnist_dir)
    (python,), (onnx,) = Recognizer.load("best").predict([picture]), Recognizer.load(twin).predict([picture])
    command = json.loads(digits_apart("predict", "--json", picture).out)
    found = page.evaluate(RECOGNISE_FILE, base64.b64encode(picture.read_bytes()).decode())
    assert_answers(found, python)
    assert (onnx.label, onnx.status) == (command["label"], command["status"]) == (python.label, python.status)
    assert [onnx.probability, command["probability"]] == pytest.approx([python.probability] * 2, abs=1e-5)


def test_what_is_no_picture_is_told(page: Page) -> None:
    page.locator("#file").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"<html>hello</html>"})
    page.get_by_text("cannot read the picture").wait_for()
    page.get_by_role("button", name="Clear").click()
    page.get_by_text("Nothing drawn yet").first.wait_for()


def draw_strokes(page: Page, strokes: list[list[tuple[float, float]]]) -> None:
    """Draw with the mouse."""
    box = page.locator("#paper").bounding_box()
    assert box is not None
    for points in strokes:
        for number, (x, y) in enumerate(points):
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=8 if number else 1)
            if not number:
                page.mouse.down()
        page.mouse.up()


@pytest.mark.parametrize("digit", STROKES)
def test_a_drawn_digit_is_recognised(looked_at: Page, digit: int) -> None:
    draw_strokes(looked_at, STROKES[digit])
    looked_at.locator(f'#digit:text-is("{digit}")').wait_for()
    looked_at.locator("body:not([aria-busy])").wait_for()
    assert looked_at.locator("#bars li").count() == 10
    assert looked_at.locator("#bars .top b").inner_text() == str(digit)
    assert looked_at.locator("#seen").evaluate(BRIGHTEST) > 250
    assert looked_at.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(looked_at)
    assert found.violations_count == 0, found.generate_report()
    looked_at.keyboard.press("Control+z")
    looked_at.get_by_text("Nothing drawn yet").first.wait_for()


def test_the_keyboard_alone_draws_a_digit(looked_at: Page) -> None:
    looked_at.locator("#paper").focus()
    looked_at.keyboard.press("Space")
    for _ in range(28):
        looked_at.keyboard.press("ArrowDown")
    looked_at.locator('#digit:text-is("1")').wait_for()
    assert "1" in looked_at.locator("#spoken").inner_text()


def test_a_scribble_is_doubted_with_a_reason(page: Page) -> None:
    zigzag = [(0.15 + 0.07 * i, 0.2 if i % 2 else 0.8) for i in range(11)]
    draw_strokes(page, [zigzag, [(y, x) for x, y in zigzag]])
    # The answer to the whole of it: a part of it may look like a digit.
    read = "body:not([aria-busy]) #verdict"
    page.locator(f'{read}[data-status="not a digit"], {read}[data-status="unsure"]').wait_for()
    assert len(page.locator("#reason").inner_text()) > 20
    page.get_by_role("button", name="Clear").click()


def test_it_works_without_a_network(browser: Browser, folder: Path) -> None:
    context = browser.new_context(viewport=DESK)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    with served(folder) as address:
        page.goto(address)
        page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    page.reload()  # the server is gone
    page.get_by_text("Nothing drawn yet").first.wait_for()
    draw_strokes(page, STROKES[7])
    page.locator('#digit:text-is("7")').wait_for()
    context.close()


def test_no_script_of_others_and_no_foreign_host_is_allowed(page: Page) -> None:
    tried = """async () => {
      const refused = [];
      document.addEventListener("securitypolicyviolation", (event) => refused.push(event.effectiveDirective));
      await fetch("https://example.org/").catch(() => {});
      const script = document.createElement("script");
      script.textContent = "globalThis.intruder = true";
      document.head.append(script);
      await new Promise((done) => setTimeout(done, 200));
      return [refused, globalThis.intruder ?? null];
    }"""
    blank = page.context.new_page()  # its complaints are the test's own
    blank.goto(page.url)
    assert blank.evaluate(tried) == [["connect-src", "script-src-elem"], None]
    blank.close()
