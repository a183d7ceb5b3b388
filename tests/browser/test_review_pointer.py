"""Review with a mouse, a finger, or without JavaScript."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from annotations.models import Project, Review, SentencePair
from factories import make_pair


def spans(pair: SentencePair) -> list[tuple]:
    items = Review.objects.get(pair=pair).items.exclude(state="rejected").order_by("start")
    return list(items.values_list("state", "start", "end", "label"))


def word(page: Page, text: str):  # noqa: ANN201
    return page.locator('.sentence[data-side="target"] .t', has_text=text)


def nothing_left(page: Page) -> None:
    expect(page.get_by_text("Nothing is left in this queue")).to_be_visible()


def test_the_mouse_does_all_that_keys_do(project: Project, review: Callable[..., Page]) -> None:
    pair = make_pair(project, alternatives={1: [(3, 5)]})
    page = review()
    word(page, "Madrid").click()  # takes the entity
    expect(page.locator("#item-1")).to_be_focused()
    page.locator("#item-1").get_by_role("button", name="1 en Madrid").click()
    expect(page.locator("#item-1 .target-words")).to_have_text("en Madrid")
    page.locator("#item-0").click()
    page.locator("#item-0").get_by_role("button", name="End: take in the word after").click()
    expect(page.locator("#item-0 .target-words")).to_have_text("Ana Ruiz vive")
    page.locator("#item-0").get_by_role("button", name="ORG").click()
    expect(page.locator("#item-0 .label")).to_have_text("ORG")
    page.locator("#item-0").get_by_role("button", name="Reject").click()
    expect(page.locator("#item-0.rejected")).to_be_visible()
    page.locator("#item-0").get_by_role("button", name="Restore").click()
    expect(page.locator("#item-0.accepted")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#item-0.rejected")).to_be_visible()
    page.get_by_role("button", name="Accept all").click()
    nothing_left(page)
    assert spans(pair) == [("accepted", 3, 5, "LOC")]


def test_words_are_selected_with_click_and_shift_click(project: Project, review: Callable[..., Page]) -> None:
    pair = make_pair(project, suggestions=[])
    page = review()
    word(page, "Ana").click()
    word(page, "vive").click(modifiers=["Shift"])
    expect(page.locator(".selected-words")).to_have_text("Ana Ruiz vive")
    page.locator("#selection").get_by_role("button", name="PER").click()
    expect(page.locator(".item .target-words")).to_have_text("Ana Ruiz vive")
    assert spans(pair) == [("accepted", 0, 3, "PER")]


def test_words_are_selected_by_dragging(project: Project, review: Callable[..., Page]) -> None:
    pair = make_pair(project, suggestions=[((4, 5), None, "LOC")])
    page = review()
    word(page, "en").hover()
    page.mouse.down()
    word(page, "Madrid").hover()
    page.mouse.up()
    expect(page.locator(".t.selected")).to_have_text(["en", "Madrid"])
    page.locator("#selection").get_by_role("button", name="Set").click()
    expect(page.locator("#item-0 .target-words")).to_have_text("en Madrid")
    assert spans(pair) == [("accepted", 3, 5, "LOC")]


def test_a_finger_selects_on_a_phone(project: Project, review: Callable[..., Page]) -> None:
    pair = make_pair(project, suggestions=[])
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = review(**phone)
    word(page, "Ana").tap()
    word(page, "Ruiz").tap()
    expect(page.locator("#selection").get_by_role("button", name="PER")).to_be_in_viewport(ratio=1)
    page.locator("#selection").get_by_role("button", name="PER").tap()
    expect(page.locator(".item .target-words")).to_have_text("Ana Ruiz")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Accept all").tap()
    nothing_left(page)
    assert spans(pair) == [("accepted", 0, 2, "PER")]


@pytest.mark.parametrize("width", [390, 1200])
def test_the_tools_of_a_selection_come_into_sight_wherever_the_page_stands(
    project: Project, review: Callable[..., Page], width: int
) -> None:
    make_pair(project, alternatives={0: [(0, 1)], 1: [(3, 5)]})
    page = review(viewport={"width": width, "height": 700})
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    assert page.evaluate("scrollY") > 100
    word(page, "vive").click()
    expect(page.locator("#selection").get_by_role("button", name="PER")).to_be_in_viewport(ratio=1)


def test_it_all_works_without_javascript(project: Project, review: Callable[..., Page]) -> None:
    pair = make_pair(project, suggestions=[((0, 2), (0, 1), "PER"), ((4, 5), None, "LOC")])
    page = review(java_script_enabled=False)
    page.locator("#item-0").get_by_role("button", name="End: take in the word after").click()
    expect(page.locator("#item-0 .target-words")).to_have_text("Ana Ruiz")
    place = page.locator("#selection")
    place.get_by_label("from").select_option("4")
    place.get_by_label("to", exact=True).select_option("4")
    place.get_by_label("or for").select_option(label="LOC Madrid")
    place.get_by_role("button", name="Set").click()
    expect(page.locator("#item-1 .target-words")).to_have_text("Madrid")
    place.get_by_label("from").select_option("2")
    place.get_by_label("to", exact=True).select_option("3")
    place.get_by_role("button", name="MISC").click()
    expect(page.locator("#item-2 .target-words")).to_have_text("vive en")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#item-2")).to_have_count(0)
    page.locator("#item-0").get_by_role("button", name="Reject").click()
    page.locator("#item-0").get_by_role("button", name="Restore").click()
    page.get_by_role("button", name="Accept all").click()
    nothing_left(page)
    assert spans(pair) == [("accepted", 0, 2, "PER"), ("accepted", 4, 5, "LOC")]


def test_a_click_waits_for_the_answer_before_it(pair: SentencePair, review: Callable[..., Page]) -> None:
    """Two clicks in a row on a slow line are two edits, not one and a refusal."""
    page = review()

    def slowly(route) -> None:  # noqa: ANN001
        page.wait_for_timeout(200)
        route.continue_()

    page.route("**/edit/", slowly)
    out = page.locator("#item-0").get_by_role("button", name="End: take in the word after")
    out.dblclick()
    expect(page.locator("#item-0 .target-words")).to_have_text("Ana Ruiz vive en")
    assert Review.objects.get().version == 2
