"""Forty pictures get the answers of Python on the exported page, in a real browser: the quick part of that test."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Page

from digit_recognizer.data import Dataset
from served import exported, served
from test_exporting_page import DESK, check_same, opened
from test_one_answer import KINDS as SENT_KINDS
from trials.rerendered import rerendered

KINDS = ("lined paper", "squared paper", "uneven light", "coarse 16", "thin")


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with served(exported(tmp_path_factory.mktemp("exported") / "page")) as address:
        yield from opened(browser, address, viewport=DESK)


def forty(mnist: Dataset) -> list[np.ndarray]:
    """Five digits each: as MNIST has them, as people send them, as others record them."""
    digits = mnist.split("validation").take(np.arange(5) * 1000)
    sent = [np.array(record(each)) for record in SENT_KINDS.values() for each in digits]
    return sent + [each for kind in KINDS for each in rerendered(digits, kind)]


def test_the_page_answers_as_python_does(page: Page, mnist: Dataset) -> None:
    pictures = forty(mnist)
    assert len(pictures) == 40
    check_same(page, pictures)
