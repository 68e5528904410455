"""Take docs/pictures/serving-*.webp: the page of `digits serve` in a real browser, for docs/serving.md and the README.

    python scripts/serving_pictures.py

Needs Chromium (Debian: apt-get install chromium) and playwright. The photo is drawn from MNIST validation digits.
"""

from __future__ import annotations

import io
import math
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from digit_recognizer import load_dataset
from results import ROOT

sys.path.append(str(ROOT / "benchmarks"))
from trials.drawn_pages import drawn_page

DESK: dict[str, Any] = {"viewport": {"width": 1120, "height": 800}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SCALE = 1.5  # pixels of the picture to one of the page
GAP = 24  # pixels between two phones
PAGE_KIND, PAGE_SEED, PAGE_PART = "lined", 40, (0, 20, 900, 662)  # left, top, right, bottom of what is photographed
MAX_BYTES = 150_000
# The two bows of a 3: middle and radius in shares of the paper's side, first and last angle in degrees, clockwise.
BOWS = ((0.48, 0.34, 0.15, -150, 90), (0.48, 0.65, 0.16, -90, 150))


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("no Chromium is installed (Debian: apt-get install chromium)")
    numbers = numbers_page()
    with serving() as address, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        save("drawn", [drawn(browser, address, "light", DESK)])
        save("read", [read(browser, address, "dark", DESK, numbers)])
        save("phone", [drawn(browser, address, theme, PHONE) for theme in ("light", "dark")])
        browser.close()


@contextmanager
def serving() -> Iterator[str]:
    """The address of `digits serve`."""
    command = [sys.executable, "-m", "digit_recognizer", "serve", "--port", "0", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def numbers_page() -> bytes:
    """A photo of a page of numbers, as PNG."""
    validation = load_dataset("mnist").split("validation")
    images, labels = validation.take(np.arange(len(validation))), validation.labels.tolist()
    photo = Image.fromarray(drawn_page(PAGE_KIND, images, labels, PAGE_SEED).picture).crop(PAGE_PART)
    content = io.BytesIO()
    photo.save(content, "PNG")
    return content.getvalue()


def drawn(browser: Browser, address: str, theme: str, screen: dict[str, Any]) -> Image.Image:
    """The page with a drawn 3 and its answer."""
    page = opened(browser, address, theme, screen)
    box = page.locator("#paper").bounding_box()
    assert box is not None
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in three()]
    with page.expect_response("**/v1/explain"):
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=4)
        page.mouse.up()
    return taken(page)


def three() -> list[tuple[float, float]]:
    """The points of a stroke, in shares of the paper's side."""
    angles = [(x, y, r, math.radians(angle)) for x, y, r, low, high in BOWS for angle in range(low, high + 1, 20)]
    return [(x + r * math.cos(angle), y + r * math.sin(angle)) for x, y, r, angle in angles]


def read(browser: Browser, address: str, theme: str, screen: dict[str, Any], photo: bytes) -> Image.Image:
    """The page with a photo of numbers and what was read on it."""
    page = opened(browser, address, theme, screen)
    page.set_input_files("#file", {"name": "numbers.png", "mimeType": "image/png", "buffer": photo})
    page.locator("#several").wait_for()
    return taken(page)


def opened(browser: Browser, address: str, theme: str, screen: dict[str, Any]) -> Page:
    """The page on a screen, ready to be drawn on."""
    page = browser.new_context(color_scheme=theme, device_scale_factor=SCALE, **screen).new_page()  # type: ignore[arg-type]
    with page.expect_response("**/v1/models"):
        page.goto(address)
    return page


def taken(page: Page) -> Image.Image:
    """What the screen shows, once nothing on it moves."""
    page.wait_for_timeout(1000)
    return Image.open(io.BytesIO(page.screenshot())).convert("RGBA")


def save(name: str, shots: Sequence[Image.Image]) -> None:
    """Write the shots, side by side on nothing."""
    width = sum(each.width for each in shots) + GAP * (len(shots) - 1)
    joined = Image.new("RGBA", (width, max(each.height for each in shots)))
    for number, each in enumerate(shots):
        joined.paste(each, (number * (each.width + GAP), 0))
    target = ROOT / f"docs/pictures/serving-{name}.webp"
    joined.save(target, "WEBP", quality=80, method=6)
    size = target.stat().st_size
    assert size < MAX_BYTES, f"{target}: {size} bytes"
    print(f"{target.relative_to(ROOT)}: {size} bytes")


if __name__ == "__main__":
    main()
