"""Links as curves, columns or a matrix; long sentences; the choice stays with the person."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from annotations.models import Project, Review, SentencePair, User
from factories import make_pair


def test_the_view_is_kept_per_person(
    pair: SentencePair, review: Callable[..., Page], olga: User, open_as: Callable[..., Page]
) -> None:
    page = review()
    with page.expect_response("**/preferences/view/"):
        page.keyboard.press("V")
    source = page.locator(".side.source").bounding_box()
    target = page.locator(".side.target").bounding_box()
    assert source["x"] + source["width"] <= target["x"]
    assert abs(source["y"] - target["y"]) < 2
    expect(page.locator("svg.links path")).to_have_count(2)
    page.reload()
    expect(page.locator(".pair.view-columns")).to_be_visible()
    other = open_as(olga, f"/sentences/{pair.pk}/")
    expect(other.locator(".pair.view-curves")).to_be_visible()


def test_the_matrix_is_worked_by_keys_and_mouse(pair: SentencePair, review: Callable[..., Page]) -> None:
    page = review()
    page.get_by_role("button", name="Matrix").click()
    cells = page.locator("#matrix td[data-i]")
    expect(cells).to_have_count(36)
    expect(page.locator("#matrix td.machine")).to_have_count(6)
    expect(page.locator("#matrix td.strong")).to_have_count(2)  # Ana Ruiz
    page.locator('#matrix td[data-i="0"][data-j="1"]').click()
    expect(page.locator('#matrix td[data-i="0"][data-j="1"].added')).to_have_count(1)
    page.locator('#matrix td[tabindex="0"]').focus()
    for key in ("ArrowDown", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#matrix td.removed")).to_have_count(1)
    stored = Review.objects.get()
    assert (stored.added_links, stored.removed_links) == ([[0, 1]], [[0, 0]])


def test_a_sentence_of_200_words_is_usable(project: Project, review: Callable[..., Page]) -> None:
    words = [f"word{number}" for number in range(200)]
    make_pair(
        project, " ".join(words), " ".join(words), [((0, 2), (0, 2), "PER"), ((190, 192), (190, 192), "LOC")]
    )
    page = review(viewport={"width": 1280, "height": 800})
    page.locator("#item-1").focus()
    for side in ("source", "target"):
        box = page.locator(f'.side.{side} .t[data-i="190"]').bounding_box()
        frame = page.locator(f".side.{side}").bounding_box()
        assert frame["y"] - 1 <= box["y"] <= frame["y"] + frame["height"]
    expect(page.locator("svg.links path")).to_have_count(2)  # only those of the entity
    expect(page.get_by_role("button", name="Accept all")).to_be_in_viewport()
    page.keyboard.press("k")
    expect(page.locator("#item-1 .target-words")).to_have_text("word190 word191 word192")
    page.keyboard.press("V")
    page.keyboard.press("V")
    expect(page.locator("#matrix td.machine")).to_have_count(200)


def test_everything_is_within_a_phones_reach(pair: SentencePair, review: Callable[..., Page]) -> None:
    page = review(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    for view in ("Columns", "Matrix", "Curves"):
        page.get_by_role("button", name=view).tap()
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, view


def test_the_view_is_chosen_without_javascript(pair: SentencePair, review: Callable[..., Page]) -> None:
    page = review(java_script_enabled=False)
    page.get_by_role("button", name="Columns").click()
    expect(page.locator(".pair.view-columns")).to_be_visible()
