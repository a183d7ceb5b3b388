"""Words split and merged in place, and a translation edited, by keys, mouse and finger."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from annotations.models import Project, Review, SentencePair, User
from factories import make_pair


@pytest.fixture
def glued(project: Project) -> SentencePair:
    return make_pair(
        project,
        target="vive AnaRuiz en Madrid .",
        suggestions=[((0, 2), (1, 2), "PER"), ((4, 5), (3, 4), "LOC")],
        links=[(0, 1), (1, 1), (2, 0), (4, 3)],
        translated_side="target",
    )


def word(page: Page, side: str, index: int):
    return page.locator(f'.sentence[data-side="{side}"] .t[data-i="{index}"]')


def tokens() -> list[str]:
    return SentencePair.objects.get().target_tokens


def test_a_word_is_split_and_merged_by_keys(glued: SentencePair, review: Callable[..., Page]) -> None:
    page = review()
    word(page, "target", 1).focus()
    for key in ("y", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    expect(page.locator(".letters .after-cut")).to_have_text("R")
    expect(page.locator("#cutting")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#item-0 .target-words")).to_have_text("AnaRuiz")
    expect(word(page, "target", 2)).to_have_text("Ruiz")
    assert tokens() == ["vive", "Ana", "Ruiz", "en", "Madrid", "."]
    word(page, "target", 1).click()
    page.keyboard.press("Escape")
    word(page, "target", 1).focus()
    page.keyboard.press("w")
    expect(word(page, "target", 1)).to_have_text("AnaRuiz")
    page.keyboard.press("u")
    page.keyboard.press("u")
    expect(word(page, "target", 1)).to_have_text("AnaRuiz")
    page.keyboard.press("k")
    expect(page.locator("#item-0 .target-words")).to_have_text("AnaRuiz en")


def test_a_finger_splits_where_it_taps(glued: SentencePair, review: Callable[..., Page]) -> None:
    page = review(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    word(page, "target", 2).tap()
    page.locator("#selection").get_by_role("button", name="Split").tap()
    page.locator(".letters button", has_text="n").tap()
    page.locator("#cutting").get_by_role("button", name="Split").tap()
    expect(word(page, "target", 3)).to_have_text("n")
    assert tokens() == ["vive", "AnaRuiz", "e", "n", "Madrid", "."]


def test_a_source_word_is_split_too(glued: SentencePair, review: Callable[..., Page]) -> None:
    page = review()
    word(page, "source", 4).click()
    page.keyboard.press("y")
    page.keyboard.press("Enter")
    expect(word(page, "source", 5)).to_have_text("rid")


def test_a_translation_is_edited_and_what_is_gone_is_shown(
    glued: SentencePair, review: Callable[..., Page]
) -> None:
    page = review()
    page.keyboard.press("q")
    expect(page.locator("#words")).to_be_focused()
    page.locator("#words").fill("vive AnaRuiz en Barcelona .")
    page.get_by_role("button", name="Save the translation").click()
    expect(page.locator("#item-1.missing")).to_contain_text("“Madrid” is gone from the translation")
    expect(page.locator("#item-1")).to_be_focused()  # where a decision is needed
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("choose its new words")
    word(page, "target", 3).click()
    page.keyboard.press("Enter")
    expect(page.locator("#item-1.accepted .target-words")).to_have_text("Barcelona")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing is left in this queue")).to_be_visible()
    assert Review.objects.gold().exists()


def test_words_change_by_forms_alone(glued: SentencePair, review: Callable[..., Page]) -> None:
    page = review(java_script_enabled=False)
    page.get_by_text("Words and translation").click()
    form = page.locator('form[data-words="target"]')
    form.locator("select").select_option("1")
    form.get_by_label("first part").fill("Ana")
    form.get_by_role("button", name="Split").click()
    assert tokens()[1:3] == ["Ana", "Ruiz"]
    page.get_by_text("Words and translation").click()
    form.locator("select").select_option("1")
    form.get_by_role("button", name="Merge with the next").click()
    assert tokens()[1] == "AnaRuiz"


def test_another_persons_split_is_told(
    glued: SentencePair, open_as: Callable[..., Page], ana: User, olga: User
) -> None:
    address = f"/sentences/{glued.pk}/"
    first, second = open_as(ana, address), open_as(ana, address)
    expect(second.locator(".item:focus")).to_have_count(1)
    word(first, "target", 1).focus()
    first.keyboard.press("y")
    first.keyboard.press("Enter")
    expect(word(first, "target", 5)).to_be_visible()
    second.keyboard.press("k")
    expect(second.get_by_role("alert")).to_contain_text("was not saved")
    expect(word(second, "target", 5)).to_be_visible()
