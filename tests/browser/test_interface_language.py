"""The interface in Arabic mirrors around sentences that do not; keys mean what they mean in English."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotations.models import Project, Review, SentencePair, User
from factories import make_pair

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
FIND_FAULTS = Path(__file__).with_name("layout.js").read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{v['id']}: {node['target']} {node['failureSummary']}" for v in found for node in v["nodes"]]


@pytest.fixture
def arabic_pair(project: Project) -> SentencePair:
    return make_pair(
        project,
        "Ana Ruiz met Bea in Lima .",
        "التقت آنا رويز بيا في ليما .",
        [((0, 2), (1, 3), "PER"), ((3, 4), (3, 4), "PER"), ((5, 6), (5, 6), "LOC")],
        language="ar",
        confidence=0.4,
    )


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_review_page_mirrors_and_its_sentences_do_not(
    arabic_pair: SentencePair, review: Callable[..., Page], viewport: dict
) -> None:
    page = review(locale="ar", viewport=viewport, reduced_motion="reduce")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator('.sentence[data-side="source"]')).to_have_css("direction", "ltr")
    expect(page.locator('.sentence[data-side="target"]')).to_have_css("direction", "rtl")
    expect(page.get_by_role("button", name="قبول الكل")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert page.evaluate(FIND_FAULTS) == []
    assert violations(page) == []


def test_keys_name_edges_in_reading_order_and_enter_accepts(
    project: Project, arabic_pair: SentencePair, review: Callable[..., Page]
) -> None:
    page = review(locale="ar", reduced_motion="reduce")
    for key in ["k", "j", "Tab", "Tab", "x", "x", "Enter"]:
        page.keyboard.press(key)
    expect(page.get_by_text("لم يبقَ شيء في هذه القائمة")).to_be_visible()
    accepted = Review.objects.gold().get(pair=arabic_pair).items.filter(state="accepted")
    assert sorted(accepted.values_list("start", "end", "label")) == [
        (1, 3, "PER"),
        (3, 4, "PER"),
        (5, 6, "LOC"),
    ]


def test_keys_stand_as_they_are_typed(arabic_pair: SentencePair, review: Callable[..., Page]) -> None:
    """A bracket in a text from right to left would be shown as its mirror image."""
    page = review(locale="ar")
    keys = page.locator("kbd")
    assert keys.count() > 10
    assert set(keys.evaluate_all("all => all.map(one => getComputedStyle(one).direction)")) == {"ltr"}


def test_the_sign_in_page_offers_every_language(
    browser: Browser, live_server: LiveServer, transactional_db: None
) -> None:
    page = browser.new_context(base_url=live_server.url, locale="fr-FR", viewport=PHONE).new_page()
    page.goto("/sign-in/")
    expect(page.get_by_role("heading", name="Se connecter")).to_be_visible()
    for name, language, direction in [("العربية", "ar", "rtl"), ("Kiswahili", "sw", "ltr")]:
        page.get_by_role("button", name=re.compile(name.removesuffix("ية"))).click()
        expect(page.locator("html")).to_have_attribute("lang", language)
        expect(page.locator("html")).to_have_attribute("dir", direction)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert violations(page) == []
    page.context.close()


def test_figures_run_from_left_to_right_and_the_head_from_right_to_left(
    arabic_pair: SentencePair, project: Project, open_as: Callable[..., Page], olga: User
) -> None:
    page = open_as(olga, f"/projects/{project.pk}/", locale="ar", viewport=DESKTOP)
    places = page.locator("td.number").first.evaluate(
        """cell => {
          cell.textContent = "-3,5 (-9,1 … 0,2)";
          return [...cell.textContent].map((_, i) => {
            const range = document.createRange();
            range.setStart(cell.firstChild, i);
            range.setEnd(cell.firstChild, i + 1);
            return range.getBoundingClientRect().left;
          });
        }"""
    )
    assert places == sorted(places)
    brand, name, nav = (
        page.locator(part).bounding_box()["x"] for part in (".brand", ".project-name", ".project-nav")
    )
    assert brand > name > nav
    separator = page.locator(".brand").evaluate("brand => getComputedStyle(brand, '::after').content")
    assert separator == '"/"'
