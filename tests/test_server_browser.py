"""The page in a real browser: drawn on with real pointer events, by keyboard, with photos; both themes, a phone."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("playwright")
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from digit_recognizer.data import Dataset
from model_files import renamed
from server_process import PATIENCE, Server, as_png, running, seven

pytestmark = pytest.mark.slow

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1200, "height": 860}
# Strokes as people draw them, in percent of the paper's side.
STROKES = {
    0: ["50,20 36,28 30,50 36,72 50,80 64,72 70,50 64,28 50,20"],
    1: ["53,18 51,50 49,82"],
    2: ["32,34 38,23 50,19 62,25 64,37 55,52 42,66 31,79 50,78 70,78"],
    3: ["33,25 48,19 62,25 62,38 47,47 62,55 66,68 55,79 38,79 31,72"],
    4: ["36,22 32,40 30,53 50,53 70,52", "62,20 59,50 57,82"],
    5: ["66,20 40,21 37,45 52,41 65,50 66,66 55,79 35,77"],
    6: ["60,18 45,30 36,50 36,68 46,80 60,77 65,64 57,55 44,57 37,66"],
    7: ["30,22 50,22 69,22 58,45 50,63 45,82"],
    8: ["62,28 50,19 38,27 42,42 58,56 63,70 50,81 37,70 43,56 58,42 62,28"],
    9: ["63,32 52,20 38,27 37,42 48,50 61,42 64,30 62,55 58,82"],
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server"), "best") as started:
        yield started


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["phone", "desk"])
def page(request: pytest.FixtureRequest, browser: Browser, server: Server, theme: str) -> Iterator[Page]:
    yield from opened(browser, server, theme, request.param == "phone")


@pytest.fixture
def desk(browser: Browser, server: Server) -> Iterator[Page]:
    yield from opened(browser, server, "light", False)


def opened(browser: Browser, server: Server, theme: str, phone: bool) -> Iterator[Page]:
    """The page, which asks its own server alone and complains of nothing."""
    context = browser.new_context(viewport=PHONE if phone else DESK, color_scheme=theme, has_touch=phone)  # type: ignore[arg-type]
    context.set_default_timeout(30_000)
    made = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    made.on("request", lambda each: asked.append(each.url))
    made.on("console", lambda each: complaints.append(each.text))
    made.on("pageerror", lambda each: complaints.append(str(each)))
    made.goto(server.address)
    yield made
    context.close()
    assert all(url.startswith((server.address, "blob:" + server.address)) for url in asked)
    assert not complaints


def draw(page: Page, digit: int) -> None:
    box = page.locator("#paper").bounding_box()
    assert box is not None
    for stroke in STROKES[digit]:
        shares = [[float(each) / 100 for each in place.split(",")] for place in stroke.split()]
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in shares]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=4)
        page.mouse.up()


def numbers_page(mnist: Dataset) -> bytes:
    """Two numbers of three digits, as MNIST's writers wrote them."""
    images = mnist.split("validation").take(np.array([3, 9, 16, 21, 44, 50]))
    sheet = Image.new("L", (500, 300), 245)
    for place, image in enumerate(images):
        digit = Image.fromarray(255 - image).resize((56, 56), Image.Resampling.BICUBIC)
        sheet.paste(digit.point(lambda level: min(level, 245)), (60 + 40 * (place % 3), 50 + 120 * (place // 3)))
    return as_png(sheet)


def test_each_digit_is_read_while_it_is_drawn(desk: Page) -> None:
    for digit in STROKES:
        draw(desk, digit)
        expect(desk.locator("#digit")).to_have_text(str(digit))
        desk.get_by_role("button", name="Clear").click()
        expect(desk.locator("#headline")).to_have_text("Nothing drawn yet")


def test_it_shows_what_it_saw_and_tells_the_answer(page: Page) -> None:
    draw(page, 3)
    expect(page.locator("#digit")).to_have_text("3")
    expect(page.get_by_role("status").first).to_contain_text("3")
    assert page.locator("#bars li").count() == 10
    expect(page.locator("#bars li.top b")).to_have_text("3")
    empty = "each => Object.assign(document.createElement('canvas'), { width: 28, height: 28 }).toDataURL()"
    drawn = "each => each.toDataURL()"
    until = time.monotonic() + PATIENCE
    while page.locator("#heat").evaluate(drawn) == page.locator("#heat").evaluate(empty):
        assert time.monotonic() < until
        page.wait_for_timeout(100)
    looks = {page.locator(name).evaluate(drawn) for name in ("#seen", "#heat")}
    assert len(looks) == 2
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_everything_has_a_name_and_stands_out(page: Page, mnist: Dataset) -> None:
    for state in ("empty", "drawn", "read"):
        if state == "drawn":
            draw(page, 8)
            expect(page.locator("#digit")).to_have_text("8")
        if state == "read":
            page.set_input_files("#file", {"name": "n.png", "mimeType": "image/png", "buffer": numbers_page(mnist)})
            expect(page.locator("#several")).to_be_visible()
        page.wait_for_timeout(200)  # the bars are still growing
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_undo_takes_back_one_stroke(desk: Page) -> None:
    draw(desk, 4)
    expect(desk.locator("#digit")).to_have_text("4")
    desk.keyboard.press("Control+z")
    desk.get_by_role("button", name="Undo").click()
    expect(desk.locator("#headline")).to_have_text("Nothing drawn yet")
    expect(desk.get_by_role("button", name="Undo")).to_be_disabled()


def test_a_seven_by_keyboard_alone(desk: Page) -> None:
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")  # past the header, to the paper
    while desk.evaluate("document.activeElement.id") != "paper":
        desk.keyboard.press("Tab")
    for key, times in (("ArrowLeft", 10), (" ", 1), ("ArrowRight", 20), ("ArrowDown", 6), (" ", 1), (" ", 1)):
        for _ in range(times):
            desk.keyboard.press(key)
    for _ in range(14):
        desk.keyboard.press("ArrowDown")
        desk.keyboard.press("ArrowLeft")
        desk.keyboard.press("ArrowDown")
    expect(desk.locator("#digit")).to_have_text("7")
    desk.keyboard.press("Delete")
    expect(desk.locator("#headline")).to_have_text("Nothing drawn yet")


def test_numbers_are_corrected_by_keyboard_and_saved(desk: Page, mnist: Dataset, tmp_path: Path) -> None:
    (tmp_path / "numbers.png").write_bytes(numbers_page(mnist))
    desk.set_input_files("#file", tmp_path / "numbers.png")
    desk.get_by_role("radio", name="Numbers").check(force=True)
    expect(desk.locator("#several")).to_be_visible()
    digits = desk.locator("input.one")
    count = digits.count()
    assert count >= 2
    assert desk.locator("#boxes polygon").count() == count
    digits.first.focus()
    expect(desk.locator("#boxes polygon.now")).to_have_count(1)
    desk.keyboard.press("5")
    expect(digits.nth(1)).to_be_focused()
    desk.keyboard.press("x")
    expect(digits.first).to_have_value("5")
    expect(digits.first).to_have_class("one corrected")
    desk.keyboard.press("ArrowLeft")
    expect(digits.first).to_be_focused()
    with desk.expect_download() as download:
        desk.get_by_role("button", name="Save as CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
    assert len(rows) == count
    assert (rows[0]["label"], rows[0]["status"]) == ("5", "corrected")
    assert {row["status"] for row in rows[1:]} <= {"ok", "unsure"}


def test_a_photo_of_a_grid_gives_its_table(desk: Page, shared_data: Path) -> None:
    photo = sorted((shared_data / "sudoku" / "v2").glob("*.jpg"))[0]
    desk.set_input_files("#file", photo)
    desk.get_by_role("radio", name="Table").check(force=True)
    desk.get_by_label("Rows × columns").fill("9x9")
    desk.get_by_role("button", name="Read").click()
    expect(desk.locator("table.cells tr")).to_have_count(9)
    assert desk.locator("table.cells input").count() == 81
    assert desk.evaluate("document.querySelector('#boxes').getBoundingClientRect().width") > 100


def test_a_table_of_doubtful_shape_is_shown_with_its_note(desk: Page, tmp_path: Path) -> None:
    with Image.open(Path(__file__).parent / "grids" / "plain.png") as picture:
        picture.crop((83, 63, 555, 655)).save(tmp_path / "cut.png")  # without its outermost rules
    desk.set_input_files("#file", tmp_path / "cut.png")
    desk.get_by_role("radio", name="Table").check(force=True)
    desk.get_by_label("Rows × columns").fill("auto")
    desk.get_by_role("button", name="Read").click()
    expect(desk.locator("table.cells tr")).to_have_count(5)
    expect(desk.locator("#summary")).to_contain_text("Note: it may have another shape, so no cell is ok")


def test_a_picture_is_pasted_and_dropped(desk: Page, mnist: Dataset) -> None:
    image = mnist.split("validation").take(np.arange(1))[0]
    actual = mnist.split("validation").labels[0]
    give = """([name, bytes]) => {
        const items = new DataTransfer();
        items.items.add(new File([new Uint8Array(bytes)], "a.png", { type: "image/png" }));
        const made = name === "paste" ? new ClipboardEvent("paste", { clipboardData: items })
            : new DragEvent("drop", { dataTransfer: items, cancelable: true });
        document.dispatchEvent(made);
    }"""
    for name in ("paste", "drop"):
        desk.evaluate(give, [name, list(as_png(image))])
        expect(desk.locator("#photo")).to_be_visible()
        desk.get_by_role("radio", name="One digit").check(force=True)
        expect(desk.locator("#digit")).to_have_text(str(actual))
        desk.get_by_role("button", name="Clear").click()
        expect(desk.locator("#paper")).to_be_visible()


def test_what_is_no_picture_is_said(browser: Browser, server: Server) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(server.address)
    page.set_input_files("#file", {"name": "<b>x.png", "mimeType": "image/png", "buffer": b"<html>"})
    expect(page.get_by_role("alert")).to_contain_text("not a picture of a known kind")
    expect(page.locator("#unseen")).to_be_visible()
    context.close()


def test_the_theme_is_chosen_and_kept(desk: Page) -> None:
    def ground() -> str:
        return str(desk.evaluate("getComputedStyle(document.documentElement).backgroundColor"))

    light = ground()
    button = desk.get_by_role("button", name="Theme")
    button.click()
    assert ground() == light
    button.click()
    assert ground() != light
    dark = ground()
    desk.reload()
    assert ground() == dark


def test_a_token_is_asked_for(browser: Browser, tmp_path: Path) -> None:
    from digit_recognizer.server.tokens import digest_of

    with running(tmp_path, tokens=(digest_of(b"open sesame").hex(),)) as server:
        context = browser.new_context()
        page = context.new_page()
        page.goto(server.address)
        page.get_by_role("textbox", name="Token").fill("open sesame")
        page.get_by_role("button", name="Go on").click()
        expect(page.locator("#model")).to_have_text("model: classic")
        context.close()


@pytest.mark.parametrize("names", ["abcdefghij", [*map(str, range(20, 30))]])
def test_a_model_of_other_classes_is_shown_by_its_names(browser: Browser, tmp_path: Path, names: Sequence[str]) -> None:
    """And offers no reading of numbers, which it refuses."""
    model = renamed(tmp_path / "renamed.onnx", "best", names)
    with running(tmp_path, str(model)) as server:
        for desk in opened(browser, server, "light", False):
            draw(desk, 3)
            expect(desk.locator("#digit")).to_have_text(names[3])
            expect(desk.locator("#bars li.top b")).to_have_text(names[3])
            desk.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": as_png(seven())})
            expect(desk.locator("#digit")).to_have_text(names[7])
            expect(desk.locator("#modes")).to_be_hidden()
            expect(desk.locator("#trouble")).to_be_hidden()
