"""Links drawn and removed, by keys, mouse and finger; the entity follows at once."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from annotations.models import Project, Review, SentencePair
from factories import make_pair


@pytest.fixture
def misaligned(project: Project) -> SentencePair:
    return make_pair(
        project,
        suggestions=[((0, 2), (0, 2), "PER"), ((4, 5), None, "LOC")],
        links=[(0, 0), (1, 1), (2, 2), (3, 3)],
    )


def word(page: Page, side: str, index: int):
    return page.locator(f'.sentence[data-side="{side}"] .t[data-i="{index}"]')


def test_three_keys_draw_a_link_and_the_span_appears(
    misaligned: SentencePair, review: Callable[..., Page]
) -> None:
    page = review()
    expect(page.locator("#item-1.missing:focus")).to_have_count(1)
    page.keyboard.press("b")
    expect(page.locator(".t.linking")).to_have_text("Madrid")
    expect(word(page, "target", 4)).to_be_focused()  # after the word that is linked last
    page.keyboard.press("Enter")
    expect(page.locator("#item-1.pending .target-words")).to_have_text("Madrid")
    expect(page.locator("#item-1")).to_be_focused()
    expect(page.locator("svg.links path.added")).to_have_count(1)
    page.keyboard.press("u")
    expect(page.locator("#item-1.missing")).to_have_count(1)
    expect(page.locator("svg.links path.added")).to_have_count(0)


def test_two_clicks_draw_and_remove(misaligned: SentencePair, review: Callable[..., Page]) -> None:
    page = review()
    word(page, "source", 4).click()
    expect(page.locator(".linking-words")).to_contain_text("Madrid goes with which word?")
    word(page, "target", 4).click()
    expect(page.locator("#item-1.pending .target-words")).to_have_text("Madrid")
    word(page, "source", 1).click()
    word(page, "target", 1).click()  # the machine's link: crossed out, and Ruiz is no edge any more
    expect(page.locator("#item-0 .target-words")).to_have_text("Ana")
    page.locator("#item-0").focus()
    expect(page.locator("svg.links path.removed")).to_have_count(1)
    expect(page.locator("svg.links path.cross")).to_have_count(1)
    stored = Review.objects.get()
    assert (stored.added_links, stored.removed_links) == ([[4, 4]], [[1, 1]])


def test_escape_or_a_second_click_drops_the_link(
    misaligned: SentencePair, review: Callable[..., Page]
) -> None:
    page = review()
    for drop in (lambda: page.keyboard.press("Escape"), lambda: word(page, "source", 2).click()):
        word(page, "source", 2).click()
        expect(page.locator(".t.linking")).to_have_text("lives")
        drop()
        expect(page.locator(".t.linking")).to_have_count(0)
    word(page, "target", 3).click()
    expect(page.locator(".t.selected")).to_have_text("en")  # a click selects again
    assert not Review.objects.exists()


def test_arrows_and_t_reach_every_word_of_both_sides(
    misaligned: SentencePair, review: Callable[..., Page]
) -> None:
    page = review()
    page.keyboard.press("t")
    expect(word(page, "source", 4)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(word(page, "source", 3)).to_be_focused()
    page.keyboard.press("t")
    expect(word(page, "target", 3)).to_be_focused()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".t.selected")).to_have_text(["en", "Madrid"])


def test_a_finger_draws_a_link(misaligned: SentencePair, review: Callable[..., Page]) -> None:
    page = review(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    word(page, "source", 4).tap()
    word(page, "target", 4).tap()
    expect(page.locator("#item-1.pending .target-words")).to_have_text("Madrid")


def test_it_works_by_form_alone(misaligned: SentencePair, review: Callable[..., Page]) -> None:
    page = review(java_script_enabled=False)
    form = page.locator("#linking")
    form.locator("[name=first]").select_option("4")
    form.locator("[name=last]").select_option("4")
    form.get_by_role("button", name="Link, or unlink").click()
    expect(page.locator("#item-1 .target-words")).to_have_text("Madrid")


def test_one_key_joins_the_fragments(project: Project, review: Callable[..., Page]) -> None:
    make_pair(project, suggestions=[((0, 2), (0, 1), "PER")], links=[(0, 0), (1, 2)])
    page = review()
    expect(page.get_by_role("button", name="Join fragments")).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator("#item-0.accepted .target-words")).to_have_text("Ana Ruiz vive")
