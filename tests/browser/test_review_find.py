"""Finding words and entities by keys: the likeliest words first, and letters that lead anywhere."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from annotations.models import Candidate, Project, Review, SentencePair, User
from factories import make_pair


def gold(pair: SentencePair) -> list[tuple]:
    items = Review.objects.gold().get(pair=pair).items.filter(state="accepted", start__isnull=False)
    return list(items.order_by("start").values_list("start", "end", "label"))


def press(page: Page, keys: str) -> None:
    for key in keys.split(" "):
        page.keyboard.press(key)


def jump(page: Page, place: str) -> None:
    """To the element that the selector names, by the letters it shows."""
    page.keyboard.press(",")
    letters = page.locator(place).get_attribute("data-hint")
    assert letters
    page.keyboard.type(letters)


def is_done(page: Page) -> None:
    expect(page.get_by_text("Nothing is left in this queue")).to_be_visible()


def word(j: int, side: str = "target") -> str:
    return f'.sentence[data-side="{side}"] .t[data-i="{j}"]'


def test_a_name_that_nobody_suggested_takes_two_keys(project: Project, review: Callable[..., Page]) -> None:
    """Names that both sentences write as names come first; again leads to the next, and around."""
    pair = make_pair(
        project,
        "Then Ana Ruiz met the Bank of Spain in Madrid .",
        "Luego Ana Ruiz vio al Banco de España en Madrid .",
        [((1, 3), (1, 3), "PER")],
        links=[(i, i) for i in range(5)] + [(5, 5), (6, 6), (7, 7), (8, 8), (9, 9)],
    )
    page = review()
    for words in (["Banco"], ["España"], ["Madrid"], ["Banco"]):
        press(page, "a")
        expect(page.locator(".t.selected")).to_have_text(words)
    press(page, "Shift+ArrowRight Shift+ArrowRight o")
    expect(page.locator(".item.accepted")).to_have_count(1)
    press(page, "a l Enter")
    is_done(page)
    assert gold(pair) == [(1, 3, "PER"), (5, 8, "ORG"), (9, 10, "LOC")]


def test_a_script_without_capitals_is_guessed_by_its_links(
    project: Project, review: Callable[..., Page]
) -> None:
    pair = make_pair(
        project, "She met Ana Ruiz .", "التقت هي آنا رويث .", [], links=[(2, 2), (3, 3)], language="ar"
    )
    page = review()
    press(page, "a p Enter")
    is_done(page)
    assert gold(pair) == [(2, 4, "PER")]


def test_a_missing_entity_without_links_is_looked_for_between_its_neighbours(
    project: Project, review: Callable[..., Page]
) -> None:
    pair = make_pair(
        project,
        "rains in Beirut and Damascus",
        "أمطار في بيروت و دمشق",
        [((2, 3), None, "LOC"), ((4, 5), (4, 5), "LOC")],
        links=[(0, 0), (1, 1), (3, 3), (4, 4)],
        language="ar",
    )
    page = review()
    press(page, "a Enter Enter")
    is_done(page)
    assert gold(pair) == [(2, 3, "LOC"), (4, 5, "LOC")]


@pytest.mark.parametrize("language", ["es", "ar"])
def test_letters_lead_to_any_word_and_entity(
    project: Project, review: Callable[..., Page], language: str
) -> None:
    """A jump selects, the next one extends, whichever way the sentence runs; an entity is a jump away too."""
    pair = make_pair(
        project, "a b c d e f g h", "q r s t u v w x", [((0, 1), (0, 1), "PER")], language=language
    )
    page = review()
    jump(page, word(5))
    expect(page.locator(".t.selected")).to_have_text("v")
    jump(page, word(7))
    expect(page.locator(".t.selected")).to_have_count(3)
    press(page, "m")
    expect(page.locator("#item-1.accepted")).to_be_focused()
    jump(page, "#item-0")
    expect(page.locator("#item-0")).to_be_focused()
    expect(page.locator("[data-hint]")).to_have_count(0)
    press(page, "o r")
    expect(page.locator(".t.selected")).to_have_text("q")
    jump(page, word(2))  # away from the entity's own words
    expect(page.locator(".t.selected")).to_have_text("s")
    press(page, "Enter Enter")
    is_done(page)
    assert gold(pair) == [(2, 3, "ORG"), (5, 8, "MISC")]


def test_a_jump_ends_a_link(project: Project, review: Callable[..., Page]) -> None:
    pair = make_pair(project, suggestions=[((0, 2), (0, 2), "PER"), ((4, 5), None, "LOC")], links=[])
    page = review()
    expect(page.locator(".item.missing:focus")).to_have_count(1)
    press(page, "b")
    jump(page, word(4))
    expect(page.locator("#item-1 .target-words")).to_have_text("Madrid")
    press(page, "Enter")
    is_done(page)
    assert Review.objects.get(pair=pair).added_links == [[4, 4]]


def test_letters_typed_while_the_server_thinks_are_no_commands(
    project: Project, review: Callable[..., Page]
) -> None:
    """The keys after a jump are its letters, also before they could be shown."""
    pair = make_pair(project)
    page = review()
    page.route("**/edit/", lambda route: (page.wait_for_timeout(200), route.continue_())[1])
    press(page, "k , j x")  # j: the second place, the second entity
    expect(page.locator("#item-1.rejected")).to_be_visible()
    press(page, ", x u")  # two letters that nothing shows, and no rejection, no undo
    press(page, "Escape Enter")
    is_done(page)
    assert gold(pair) == [(0, 3, "PER")]


def test_a_long_sentence_has_letters_for_every_word(project: Project, review: Callable[..., Page]) -> None:
    words = " ".join(f"w{k}" for k in range(160))
    pair = make_pair(project, words, words, [((3, 4), (3, 4), "PER")])
    page = review()
    press(page, ",")
    hints = [one.get_attribute("data-hint") for one in page.locator("[data-hint]").all()]
    assert len(hints) == len(set(hints)) == 161
    assert max(map(len, hints)) == 2
    assert not any(other.startswith(one) for one in hints for other in hints if one != other)
    press(page, "Escape")
    expect(page.locator("[data-hint]")).to_have_count(0)
    jump(page, word(150))
    expect(page.locator(word(150))).to_be_in_viewport()
    press(page, "l Enter")
    is_done(page)
    assert gold(pair) == [(3, 4, "PER"), (150, 151, "LOC")]


def test_one_key_rejects_all_that_only_the_translation_has(
    project: Project, review: Callable[..., Page]
) -> None:
    pair = make_pair(project, suggestions=[((0, 2), (0, 2), "PER")])
    for start in (2, 4):
        Candidate.objects.create(
            run=pair.shown_run, pair=pair, rank=0, start=start, end=start + 1, label="LOC", score=0.6,
            confidence=0.49, reason=Candidate.ONLY_TARGET, via="tagger",
        )  # fmt: skip
    page = review()
    expect(page.locator(".mark.extra .chip")).to_have_text(["◇LOC", "◇LOC"])
    press(page, "ArrowUp X")
    expect(page.locator(".item.rejected")).to_have_count(2)
    press(page, "Enter")
    is_done(page)
    assert gold(pair) == [(0, 2, "PER")]


def test_arrows_go_around_and_tab_leaves(pair: SentencePair, review: Callable[..., Page]) -> None:
    page = review()
    expect(page.locator("#item-0:focus")).to_have_count(1)
    press(page, "ArrowUp")
    expect(page.locator("#item-1")).to_be_focused()
    press(page, "ArrowDown")
    expect(page.locator("#item-0")).to_be_focused()
    press(page, "Tab Tab")
    expect(page.locator(".item:focus")).to_have_count(0)


def test_a_finger_reaches_the_likely_words(project: Project, ana: User, open_as: Callable[..., Page]) -> None:
    pair = make_pair(project, suggestions=[((0, 2), (0, 2), "PER")])
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = open_as(ana, f"/sentences/{pair.pk}/", **phone)
    expect(page.locator(".item.current")).to_have_count(1)
    page.get_by_role("button", name="Likely words").tap()
    expect(page.locator(".t.selected")).to_have_text("Madrid")
    page.locator('#selection button[value="add:LOC"]').tap()
    expect(page.locator("#item-1.accepted")).to_be_visible()
    page.locator('[data-command="accept-all"]').tap()
    is_done(page)
    assert gold(pair) == [(0, 2, "PER"), (4, 5, "LOC")]
