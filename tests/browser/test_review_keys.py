"""Review with the keyboard alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from annotations.models import Project, Review, SentencePair, User
from factories import make_pair


def gold(pair: SentencePair) -> list[tuple]:
    """What was accepted for a pair, as (start, end, label)."""
    items = Review.objects.gold().get(pair=pair).items.filter(state="accepted", start__isnull=False)
    return list(items.order_by("start").values_list("start", "end", "label"))


def shows(page: Page, pair: SentencePair) -> None:
    focused = page.locator(f'#review[data-pair="{pair.pk}"] :is(.item, .t):focus')
    expect(focused).to_have_count(1)


def type_keys(page: Page, keys: str) -> None:
    for key in keys.split(" "):
        page.keyboard.press(key)


CORRECTIONS = [
    ("Enter", [(0, 2, "PER"), (4, 5, "LOC")]),
    ("k Enter", [(0, 3, "PER"), (4, 5, "LOC")]),
    ("j Enter", [(0, 1, "PER"), (4, 5, "LOC")]),
    ("f Enter", [(1, 2, "PER"), (4, 5, "LOC")]),
    ("f d Enter", [(0, 2, "PER"), (4, 5, "LOC")]),
    ("o Enter", [(0, 2, "ORG"), (4, 5, "LOC")]),
    ("x Enter", [(4, 5, "LOC")]),
    ("x x Enter", [(0, 2, "PER"), (4, 5, "LOC")]),
    ("2 Enter", [(1, 3, "PER"), (4, 5, "LOC")]),
    ("2 0 Enter", [(0, 2, "PER"), (4, 5, "LOC")]),
    ("n Enter", [(4, 5, "LOC")]),
    ("Tab m Enter", [(0, 2, "PER"), (4, 5, "MISC")]),
    ("ArrowDown d ArrowUp o Enter", [(0, 2, "ORG"), (3, 5, "LOC")]),
    ("k u Enter", [(0, 2, "PER"), (4, 5, "LOC")]),
    ("k u U Enter", [(0, 3, "PER"), (4, 5, "LOC")]),
    ("a m Enter", [(0, 2, "PER"), (2, 3, "MISC"), (4, 5, "LOC")]),
    ("a Shift+ArrowRight m Enter", [(0, 2, "PER"), (2, 4, "MISC"), (4, 5, "LOC")]),
    ("a ArrowRight m Enter", [(0, 2, "PER"), (3, 4, "MISC"), (4, 5, "LOC")]),
    ("a Escape Enter", [(0, 2, "PER"), (4, 5, "LOC")]),
    ("a Shift+ArrowLeft r Enter", [(1, 3, "PER"), (4, 5, "LOC")]),
    ("r ArrowRight Enter Enter", [(1, 2, "PER"), (4, 5, "LOC")]),
    ("r Shift+ArrowRight r Enter", [(1, 2, "PER"), (4, 5, "LOC")]),
    ("r Escape Enter", [(0, 2, "PER"), (4, 5, "LOC")]),
]


def test_every_correction_takes_a_key_or_two(project: Project, review: Callable[..., Page]) -> None:
    """One browser through the table; the least sure entity, Ana Ruiz, has the focus at first."""
    pairs = []
    for number in range(len(CORRECTIONS)):
        pair = make_pair(project, alternatives={0: [(0, 3), (1, 3)]}, priority=1 - number / 100)
        pair.candidates.filter(label="PER", rank=0).update(confidence=0.5)
        pairs.append(pair)
    page = review()
    for pair, (keys, expected) in zip(pairs, CORRECTIONS, strict=True):
        shows(page, pair)
        type_keys(page, keys)
        expect(page.locator(f'#review:not([aria-busy], [data-pair="{pair.pk}"])')).to_have_count(1)
        assert gold(pair) == expected, keys
    expect(page.get_by_text("Nothing is left in this queue")).to_be_visible()


def test_no_key_is_lost_while_the_server_thinks(project: Project, review: Callable[..., Page]) -> None:
    """Keys on a slow line act in their order; a second Enter accepts nothing that was not on the screen."""
    first = make_pair(project, target="Ana Ruiz vive bien en Madrid .", confidence=0.1)
    second = make_pair(project, confidence=0.2)
    page = review()
    shows(page, first)

    def slowly(route: Route) -> None:
        page.wait_for_timeout(150)
        route.continue_()

    page.route("**/sentences/**", slowly)
    type_keys(page, "k k k j o Tab x x m Enter Enter s x")
    shows(page, second)
    expect(page.locator("#announcement")).to_contain_text("was ignored")
    assert gold(first) == [(0, 4, "ORG"), (4, 5, "MISC")]
    assert not Review.objects.filter(pair=second).exists()


def test_undo_goes_back_over_sentences(project: Project, review: Callable[..., Page]) -> None:
    first, second = make_pair(project, confidence=0.1), make_pair(project, confidence=0.2)
    page = review()
    shows(page, first)
    type_keys(page, "o Enter")
    shows(page, second)
    type_keys(page, "Enter")
    expect(page.get_by_text("Nothing is left in this queue")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    shows(page, second)
    type_keys(page, "u")
    shows(page, first)
    expect(page).to_have_url(f"**/sentences/{first.pk}/".replace("**", page.url.split("/sentences")[0]))
    expect(page.locator("#announcement")).to_contain_text("Undone")
    type_keys(page, "u Enter")
    expect(page.locator(f'#review[data-pair="{first.pk}"]')).to_have_count(0)
    assert gold(first) == [(0, 2, "PER"), (4, 5, "LOC")]


def test_a_missing_entity_gets_its_words(project: Project, review: Callable[..., Page]) -> None:
    """Two keys where the alignment knows the word: a starts at the linked word, Enter gives it."""
    pair = make_pair(project, suggestions=[((0, 2), (0, 2), "PER"), ((4, 5), None, "LOC")])
    page = review()
    expect(page.locator(".item.missing:focus")).to_have_count(1)
    type_keys(page, "a")
    expect(page.locator(".t.selected")).to_have_text("Madrid")
    type_keys(page, "Enter Enter")
    expect(page.get_by_text("Nothing is left in this queue")).to_be_visible()
    assert gold(pair) == [(0, 2, "PER"), (4, 5, "LOC")]


def test_letters_in_the_remark_are_letters(pair: SentencePair, review: Callable[..., Page]) -> None:
    page = review()
    type_keys(page, "e")
    expect(page.locator("#note")).to_be_focused()
    page.keyboard.type("skip? unclear x")
    type_keys(page, "Escape s")
    expect(page.get_by_text("Nothing is left in this queue")).to_be_visible()
    stored = Review.objects.get()
    assert (stored.status, stored.note) == ("skipped", "skip? unclear x")


def test_a_flag_is_set_and_taken_away(pair: SentencePair, review: Callable[..., Page]) -> None:
    page = review()
    type_keys(page, "g")
    expect(page.locator(".badge", has_text="Flagged")).to_be_visible()
    expect(page.locator("#announcement")).to_have_text("Flagged")
    type_keys(page, "g")
    expect(page.locator(".badge", has_text="Flagged")).to_have_count(0)


def test_the_links_of_the_entity_are_drawn_and_all_on_demand(
    project: Project, review: Callable[..., Page]
) -> None:
    make_pair(project)
    page = review()
    expect(page.locator("svg.links path")).to_have_count(2)  # Ana Ruiz
    type_keys(page, "Tab")
    expect(page.locator("svg.links path")).to_have_count(1)  # Madrid
    expect(page.locator(".t.linked")).to_have_text(["Madrid", "Madrid"])
    type_keys(page, "v")
    expect(page.locator("svg.links path")).to_have_count(6)
    expect(page.locator("svg.links path.faint")).to_have_count(5)


def test_the_cheat_sheet_opens_and_closes(pair: SentencePair, review: Callable[..., Page]) -> None:
    page = review()
    type_keys(page, "?")
    expect(page.get_by_role("dialog")).to_be_visible()
    type_keys(page, "x")  # no command while it is open
    type_keys(page, "Escape Enter")
    expect(page.get_by_text("Nothing is left in this queue")).to_be_visible()
    assert gold(pair) == [(0, 2, "PER"), (4, 5, "LOC")]


def test_own_keys_replace_the_defaults(pair: SentencePair, review: Callable[..., Page], ana: User) -> None:
    ana.preferences = {"keys": {"end-out": "z", "reject": "l"}}  # l is the key of LOC and stays so
    ana.save()
    page = review()
    type_keys(page, "z x Enter")
    expect(page.get_by_text("Nothing is left in this queue")).to_be_visible()
    assert gold(pair) == [(4, 5, "LOC")]


@pytest.mark.parametrize(("layout_key", "code"), [("ق", "KeyR"), ("ت", "KeyJ")])
def test_keys_work_by_place_under_another_script(
    pair: SentencePair, review: Callable[..., Page], layout_key: str, code: str
) -> None:
    """A reviewer whose keyboard is set to Arabic presses the same keys."""
    page = review()
    press = "new KeyboardEvent('keydown', {key, code, bubbles: true})"
    page.evaluate(f"([key, code]) => document.activeElement.dispatchEvent({press})", [layout_key, code])
    if code == "KeyR":
        expect(page.locator(".t.selected")).to_have_text(["Ana", "Ruiz"])
    else:
        expect(page.locator("#announcement")).to_contain_text("“Ana Ruiz” changed to “Ana”")


def test_capital_letters_by_caps_lock_are_the_small_ones(
    pair: SentencePair, review: Callable[..., Page]
) -> None:
    """u undoes and U redoes: what counts is whether Shift is held."""
    page = review()
    press = "new KeyboardEvent('keydown', {key, code, shiftKey, modifierCapsLock: true, bubbles: true})"
    for key, shift, said in [("X", False, "rejected"), ("U", False, "Undone"), ("u", True, "Done again")]:
        page.evaluate(
            f"([key, code, shiftKey]) => document.activeElement.dispatchEvent({press})",
            [key, f"Key{key.upper()}", shift],
        )
        expect(page.locator("#announcement")).to_contain_text(said)


def test_what_the_server_did_not_get_is_said(pair: SentencePair, review: Callable[..., Page]) -> None:
    page = review()
    page.route("**/edit/", lambda route: route.abort())
    type_keys(page, "k")
    expect(page.get_by_role("alert")).to_contain_text("nothing was saved")
    page.unroute("**/edit/")
    type_keys(page, "k Enter")
    expect(page.get_by_text("Nothing is left in this queue")).to_be_visible()
    assert gold(pair) == [(0, 3, "PER"), (4, 5, "LOC")]
