"""The report in a real browser: both themes, a phone, a screen reader's view; it fetches nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright")
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from digit_recognizer.report.page import save_report
from test_report_page import medical

pytestmark = pytest.mark.slow

PHONE, DESK = {"width": 375, "height": 700}, {"width": 1200, "height": 900}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command writes of the simplest model."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    command = ["evaluate", "classic", "--split", "validation", "--quiet", "--report", str(path)]
    subprocess.run([sys.executable, "-m", "digit_recognizer", *command], check=True, timeout=300)
    assert path.stat().st_size < 5_000_000
    return path


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["phone", "desk"])
def page(request: pytest.FixtureRequest, browser: Browser, report: Path, theme: str) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE if request.param == "phone" else DESK, color_scheme=theme)  # type: ignore[arg-type]
    opened = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    opened.on("request", lambda each: asked.append(each.url))
    opened.on("console", lambda each: complaints.append(each.text))
    opened.goto(report.as_uri())
    yield opened
    context.close()
    assert [url for url in asked if not url.startswith("data:")] == [report.as_uri()]
    assert not complaints


def test_nothing_lies_beyond_the_edge(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_ink_stands_out_and_everything_has_a_name(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_cell_opens_its_images_by_keyboard(page: Page) -> None:
    cell = page.get_by_role("link", name="true 4, predicted 9").first
    cell.focus()
    page.keyboard.press("Enter")
    inside = page.locator(".cell:target")
    assert inside.is_visible()
    count = int(cell.inner_text())
    assert inside.locator("img[alt^='image']").count() == min(count, 40)  # and below most of them a map
    assert inside.locator("img").first.evaluate("each => each.complete && each.naturalWidth === 28")
    assert page.locator(".cell:visible").count() == 1
    inside.get_by_role("link", name="close").click()
    assert page.locator(".cell:visible").count() == 0


def test_the_charts_take_the_ink_of_the_theme(page: Page, theme: str) -> None:
    ink = page.locator("svg text").first.evaluate("each => getComputedStyle(each).fill")
    channels = [int(each) for each in ink.removeprefix("rgb(").removesuffix(")").split(",")]
    assert (min(channels) > 150) == (theme == "dark")
    assert page.locator("svg").count() == 17
    assert page.locator("svg[aria-label]").count() == 17


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_medical_page_too(browser: Browser, theme: str, size: dict[str, int], tmp_path: Path) -> None:
    path = save_report(medical(), tmp_path / "report.html")
    context = browser.new_context(viewport=size, color_scheme=theme)  # type: ignore[arg-type]
    opened = context.new_page()
    opened.goto(path.as_uri())
    assert opened.get_by_role("note").is_visible()
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(opened)
    assert found.violations_count == 0, found.generate_report()
    context.close()


def test_it_prints(page: Page, tmp_path: Path) -> None:
    page.emulate_media(media="print")
    page.pdf(path=tmp_path / "report.pdf", format="A4")
    assert (tmp_path / "report.pdf").stat().st_size > 50_000
