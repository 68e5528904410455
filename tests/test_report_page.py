"""The HTML report: one file that fetches nothing, says what the object says, and withstands any name."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from digit_recognizer.data import ArraySplit, Dataset
from digit_recognizer.data.spec import NOT_CLINICAL
from digit_recognizer.errors import ConfigError
from digit_recognizer.evaluation import evaluate
from digit_recognizer.evaluation.calibration_report import details
from digit_recognizer.evaluation.evaluation import SCHEMA, Evaluation
from digit_recognizer.evaluation.predictions import Predictions
from digit_recognizer.evaluation.robustness import robustness
from digit_recognizer.models import load_model
from digit_recognizer.report import behind
from digit_recognizer.report.checklists import CLAIM, MET, NOT, PARTLY, TRIPOD, items_of
from digit_recognizer.report.explained import AGAINST, FOR, METHODS, coloured
from digit_recognizer.report.page import Report, render, report_of_model, report_of_tables, save_report
from digit_recognizer.report.words import share_words, threshold_words
from digit_recognizer.statistics.operating import SensitivityTarget

pytestmark = [pytest.mark.arithmetic, pytest.mark.usefixtures("few_resamples")]

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> $x^2$ {{ 7 * 7 }}"


class Page(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, attribute: str) -> list[str]:
        return [value for _, attributes in self.tags if (value := attributes.get(attribute)) is not None]


def made(n: int, k: int, seed: int = 0, groups: Sequence[str] | None = None, names: Sequence[str] = ()) -> Predictions:
    """Random labels and rather good probabilities."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, k, n)
    powers = np.exp(generator.normal(0, 1, (n, k)) + 2 * np.eye(k)[labels])
    chosen = None if groups is None else np.array(groups)[generator.integers(0, len(groups), n)]
    titles = tuple(names) or tuple(map(str, range(k)))
    return Predictions("made", titles, labels, powers / powers.sum(axis=1, keepdims=True), chosen)


def tabled(scored: Predictions) -> Report:
    """The report of predictions without a model."""
    result = {"schema": SCHEMA, "model": scored.name, **scored.counts()}
    return report_of_tables(scored, result | details(scored.labels, scored.probabilities, scored.groups), {})


@pytest.fixture(scope="module")
def of_classic(mnist: Dataset) -> Report:
    """Of 400 validation images, some of them spoiled."""
    few = mnist.split("validation").take(np.arange(400)), mnist.split("validation").labels[:400]
    dataset = Dataset(mnist.spec, {"validation": ArraySplit(*few)})
    evaluation = evaluate("classic", dataset, "validation", groups=np.arange(400) // 10)
    found = robustness(evaluation.model, dataset, "validation", n=10)
    return report_of_model(evaluation, dataset, evaluation.to_dict() | evaluation.details, found, "occlusion")


def test_it_fetches_nothing_and_every_link_leads_somewhere(of_classic: Report) -> None:
    page = Page(render(of_classic))
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "link", "iframe", "object", "embed", "form", "base"}
    assert all(source.startswith("data:image/png;base64,") for source in page.all("src"))
    ids = page.all("id")
    assert len(ids) == len(set(ids))
    inside = [link.removeprefix("#") for link in page.all("href") + page.all("xlink:href")]
    assert set(inside) <= set(ids)
    assert set(re.findall(r"url\(#([^)]*)\)", render(of_classic))) <= set(ids)
    assert not any(attribute.startswith("on") for _, attributes in page.tags for attribute in attributes)


def test_it_says_what_the_object_says(of_classic: Report) -> None:
    page, result = Page(render(of_classic)), of_classic.result
    for words in (
        f"{result['correct']:,} of {result['n']:,} images are classified correctly",
        of_classic.rows[0][1],
        f"{result['figures']['brier_score']['value']:.4f}",
        "seed 0",
        "Not for clinical use",
    ):
        assert words in page.text, words
    assert "Per group" in page.text
    assert page.text.count("100.00 %") > 5
    assert len([tag for tag, _ in page.tags if tag == "svg"]) == 2 + 15


def test_every_count_opens_its_images(of_classic: Report) -> None:
    rows = behind.matrix(of_classic.scored, of_classic.take)
    assert [[cell.count for cell in row] for row in rows] == of_classic.result["confusion"]
    scored = of_classic.scored
    for cell in (cell for row in rows for cell in row):
        assert len(cell.cases) == min(cell.count, behind.HITS if cell.hit else behind.MISTAKES)
        for case in cell.cases:
            assert scored.class_names[scored.labels[case.index]] == cell.actual == case.actual
            assert scored.class_names[scored.predicted[case.index]] == cell.predicted == case.predicted
            assert case.picture is not None
    page = Page(render(of_classic))
    pictures = [attributes["alt"] or "" for tag, attributes in page.tags if tag == "img"]
    own, maps = pictures[::2], pictures[1::2]  # each with its map
    assert all(re.match(r"image \d+: true ., predicted . \(", each) for each in own)
    for image, explained in zip(own, maps, strict=True):
        number, read = re.findall(r"image (\d+): true ., predicted (.)", image)[0]
        assert explained == f"saliency map for {read} of image {number}"


def test_the_maps_are_checked_with_random_weights(of_classic: Report) -> None:
    explainer = of_classic.explainer
    assert explainer is not None
    assert of_classic.take is not None
    found = explainer.explain(of_classic.take, [5, 3, 5, 9])
    assert list(found.maps) == [5, 3, 9]
    assert found.independent
    assert "the maps depend on the trained weights" in Page(render(of_classic)).text
    edges = {**METHODS, "edges": lambda _model, image, _label: np.abs(np.gradient(image.astype(float))).sum(0)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("digit_recognizer.report.explained.FEWEST", 2)
        patch.setattr("digit_recognizer.report.explained.MOST", 2)
        assert list(explainer.explain(of_classic.take, range(9)).maps) == [0, 1]
        patch.setattr("digit_recognizer.report.explained.METHODS", edges)
        patch.setattr("digit_recognizer.report.explained.TITLES", dict.fromkeys(edges, "edges"))
        fooled = replace(of_classic, explainer=replace(explainer, method="edges"))
        assert "Do not rely on them" in Page(render(fooled)).text
    with pytest.raises(ConfigError, match="occlusion"):
        replace(explainer, method="oclusion").explain(of_classic.take, [1])


def test_a_map_is_orange_for_and_blue_against() -> None:
    made = coloured(np.full((1, 3), 100, np.uint8), np.array([[2.0, -2.0, 0.0]]))
    assert made.tolist() == [[list(FOR), list(AGAINST), [50, 50, 50]]]
    assert coloured(np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2))).shape == (2, 2, 3)


def medical(sensitivity: float | None = 0.9) -> Report:
    """The page of made cases of a disease, of 60 patients at two sites."""
    draw = np.random.default_rng(0)
    patients = np.sort(draw.integers(0, 60, 400))
    ill = draw.random(60)[patients] < 0.5
    score = np.clip(draw.normal(0.35 + 0.3 * ill, 0.15), 0.001, 0.999)
    labels, table = ill.astype(np.int64), np.stack([1 - score, score], 1)
    model = load_model("mlp")
    header = replace(
        model.header, class_names=("normal", "ill"), positive=1, task="binary", calibration=None, caveats=()
    )
    wish = None if sensitivity is None else SensitivityTarget(sensitivity, "validation", labels, table, np.arange(400))
    evaluation = Evaluation(
        replace(model, header=header),
        "clinic",
        "test",
        labels,
        table,
        0.0,
        1,
        patients,
        columns={"site": np.array(["N", "S"])[patients % 2]},
        caveats=(NOT_CLINICAL,),
        patients=patients,
        target=wish,
        prevalences=(0.01,),
    )
    result = evaluation.to_dict() | evaluation.details
    rows = [("Model", "made")]
    return Report(evaluation.title, result, evaluation.predictions, rows, checklists=True)


def test_a_medical_page_tells_what_the_field_asks() -> None:
    report = medical()
    page, positive = Page(render(report)), report.result["positive"]
    assert page.text.index(NOT_CLINICAL) < page.text.index("Confusion matrix")
    for words in (
        threshold_words(positive),
        share_words(positive["sensitivity"]),
        share_words(positive["per_patient"]["specificity"]),
        share_words(positive["predictive"][0]["ppv"]),
        share_words(positive["by"]["site"][1]["sensitivity"]),
        share_words(positive["referral"]["points"][2]["sensitivity"]),
        "CLAIM 2024",
        "TRIPOD+AI",
        "for the authors",
    ):
        assert words in page.text, words
    assert {"#positive", "#checklists"} <= set(page.all("href"))
    labels = page.all("aria-label")
    assert any(each.startswith("Decision curve") for each in labels)
    assert any(each.startswith("Workload") for each in labels)
    assert "a threshold that was not fitted to data" in Page(render(medical(None))).text
    assert "What journals ask for" not in Page(render(tabled(made(200, 2)))).text


def test_the_checklists_say_what_this_page_lacks() -> None:
    result = medical().result
    found = {(each.source, each.number): each for each in items_of(result)}
    plain = {(each.source, each.number): each for each in items_of(result | {"positive": None})}
    assert (found[CLAIM, "38"].status, plain[CLAIM, "38"].status) == (MET, NOT)
    assert (found[CLAIM, "20"].status, plain[CLAIM, "20"].status) == (MET, PARTLY)
    numbers = [number for source, number in found if source == CLAIM]
    told = [n for each in numbers for n in range(int(each.split("-")[0]), int(each.split("-")[-1]) + 1)]
    assert told == list(range(1, 45))
    numbers = [number for source, number in found if source == TRIPOD]
    told = [n for each in numbers for n in range(int(each.split("-")[0]), int(each.split("-")[-1]) + 1)]
    assert told == list(range(1, 28))


def test_mistakes_come_the_surest_first_and_hits_the_least_sure() -> None:
    scored = made(3000, 3)
    for cell in (cell for row in behind.matrix(scored, None) for cell in row):
        sureness = [case.probability for case in cell.cases]
        assert sureness == sorted(sureness, reverse=not cell.hit)
    shown = [case.probability for case in behind.worst(scored, None)]
    wrong = scored.predicted != scored.labels
    assert shown == sorted(scored.probabilities[wrong].max(axis=1), reverse=True)[: behind.WORST]


def test_names_cannot_break_out() -> None:
    report = tabled(made(200, 3, groups=[HOSTILE, "b"], names=(HOSTILE, "1", "2")))
    page = Page(render(Report(HOSTILE, report.result, report.scored, [("Model", HOSTILE)], purpose=HOSTILE)))
    assert not {tag for tag, _ in page.tags} & {"script"}
    assert not page.all("onerror")
    assert page.text.count(HOSTILE) >= 5  # title, matrix, tables: as it is written


@pytest.fixture(scope="module")
def guessed() -> Report:
    """Ten thousand cases whose answers have nothing to do with them."""
    scored = made(10_000, 10)
    labels = np.random.default_rng(0).permutation(scored.labels)
    return tabled(Predictions("noise", scored.class_names, labels, scored.probabilities))


@pytest.mark.parametrize("image", [(28, 28), (224, 224)])
def test_ten_thousand_wrong_answers_on_noise_fit_in_five_megabytes(guessed: Report, image: tuple[int, int]) -> None:
    generator = np.random.default_rng(0)

    def take(indices: NDArray[np.int64]) -> NDArray[np.uint8]:
        return generator.integers(0, 256, (len(indices), *image), np.uint8)

    text = render(Report("noise", guessed.result, guessed.scored, [("Model", "none")], take))
    assert len(text) < 5_000_000
    assert text.count("<img") > 300


def test_very_many_classes_are_listed_and_not_drawn() -> None:
    page = Page(render(tabled(made(1500, 40))))
    assert "too many classes" in page.text
    assert len([tag for tag, _ in page.tags if tag == "tr"]) < 160  # 40 classes by 40 would be 1,600 cells more
    assert not [link for link in page.all("href") if link.startswith("#cell-")]


@pytest.mark.parametrize("case", ["one image", "one class", "an empty class", "all right", "tied"])
def test_what_is_undefined_is_said(case: str) -> None:
    labels = {"one image": [0], "one class": [0] * 9, "an empty class": [0, 1, 2] * 9}.get(case, [0, 1, 2, 3] * 9)
    shares = np.eye(4)[labels] * 0.6 + 0.1
    if case == "tied":
        shares = np.full((len(labels), 4), 1 / 4)
    page = Page(render(tabled(Predictions(case, ("a", "b", "c", "d"), np.array(labels), shares))))
    assert ("undefined" in page.text) == (case != "all right")
    assert ("There are no errors" in page.text) == (case != "tied")
    assert "nan" not in re.sub(r"\w*nan\w+|\w+nan\w*", "", page.text)


def test_a_planted_shortcut_shows_up_first_among_the_groups() -> None:
    scored = made(4000, 2, groups=["hospital a", "hospital b", "hospital c"])
    assert scored.groups is not None
    fooled = scored.labels.copy()
    inside = scored.groups == "hospital b"  # where the mark that the model goes by means nothing
    fooled[inside] = np.random.default_rng(1).permutation(fooled[inside])
    planted = Predictions("planted", scored.class_names, fooled, scored.probabilities, scored.groups)
    found = {each["name"]: each for each in planted.counts()["per_group"]}
    assert found["hospital b"]["interval"]["high"] < 0.6
    assert min(found[name]["interval"]["low"] for name in ("hospital a", "hospital c")) > 0.85
    text = Page(render(tabled(planted))).text
    assert "Of 3 groups the one with the lowest accuracy is hospital b" in text


def test_a_page_is_whole_or_not_at_all(tmp_path: Path, of_classic: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.html"
    path.write_text("before")
    monkeypatch.setattr(behind, "as_address", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        save_report(of_classic, path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_shipped_model_tells_its_seeds_and_an_impostor_none(mnist: Dataset) -> None:
    few = mnist.split("validation").take(np.arange(60)), mnist.split("validation").labels[:60]
    dataset = Dataset(mnist.spec, {"validation": ArraySplit(*few)})
    evaluation = evaluate(load_model("mlp"), dataset, "validation")
    report = report_of_model(
        evaluation, dataset, json.loads(json.dumps(evaluation.to_dict() | evaluation.details)), None
    )
    assert "5 trainings of this recipe" in Page(render(report)).text
    assert "Corruptions" not in Page(render(report)).text
