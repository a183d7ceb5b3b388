"""Two browsers on one sentence."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from annotations.models import Project, Review, SentencePair, User


def call_it_an_organisation(page: Page) -> None:
    """The first entity, by its key."""
    expect(page.locator(".item:focus")).to_have_count(1)
    page.keyboard.press("o")
    expect(page.locator("#item-0 .label")).to_have_text("ORG")


def take_over(page: Page) -> None:
    page.get_by_role("button", name="Take it over").click()
    expect(page.locator(".item:focus")).to_have_count(1)


def test_a_stale_write_shows_both_states_and_loses_neither(
    pair: SentencePair, open_as: Callable[..., Page], ana: User
) -> None:
    address = f"/sentences/{pair.pk}/"
    first, second = open_as(ana, address), open_as(ana, address)
    expect(first.locator(".item:focus")).to_have_count(1)
    expect(second.locator(".item:focus")).to_have_count(1)
    first.locator("#item-0").focus()
    first.keyboard.press("o")
    expect(first.locator("#item-0.accepted")).to_be_visible()

    second.locator("#item-1").focus()
    second.keyboard.press("d")
    expect(second.get_by_role("alert")).to_contain_text("was not saved")
    wanted = second.locator(".conflict")
    expect(wanted).to_contain_text("“Madrid” changed to “en Madrid”")
    expect(wanted.locator(".mark.accepted")).to_contain_text("en Madrid")
    expect(second.locator("#item-0 .label")).to_have_text("ORG")  # the newer state
    expect(second.locator("#item-1 .target-words")).to_have_text("Madrid")

    second.get_by_role("button", name="Do it to the sentence as it is now").click()
    expect(second.locator(".conflict")).to_have_count(0)
    items = Review.objects.get().items.order_by("position")
    assert list(items.values_list("start", "end", "label")) == [(0, 2, "ORG"), (3, 5, "LOC")]


def test_two_people_see_each_other(
    pair: SentencePair, open_as: Callable[..., Page], ana: User, olga: User
) -> None:
    """Ana has the sentence; Olga looks, takes it over, and Ana is told. What both did is kept."""
    address = f"/sentences/{pair.pk}/"
    anas = open_as(ana, address)
    call_it_an_organisation(anas)

    olgas = open_as(olga, address)
    expect(olgas.get_by_text("ana is reviewing this sentence now.")).to_be_visible()
    take_over(olgas)
    olgas.keyboard.press("Enter")
    expect(olgas.get_by_text("Nothing is left in this queue")).to_be_visible()

    anas.keyboard.press("k")
    expect(anas.get_by_text("The review of olga was done first")).to_be_visible()
    assert Review.objects.gold().get().reviewer == olga
    kept = Review.objects.get(reviewer=ana).items.get(position=0)
    assert (kept.start, kept.end, kept.label) == (0, 3, "ORG")


def test_accepting_what_was_edited_meanwhile_is_not_saved(
    pair: SentencePair, open_as: Callable[..., Page], ana: User
) -> None:
    """One window edits, the other accepts what it still shows: nothing is finished, both states are seen."""
    address = f"/sentences/{pair.pk}/"
    first, second = open_as(ana, address), open_as(ana, address)
    for page in (first, second):
        expect(page.locator(".item:focus")).to_have_count(1)
    first.keyboard.press("x")
    expect(first.locator("#item-0.rejected")).to_be_visible()
    second.keyboard.press("Enter")
    expect(second.get_by_role("alert")).to_contain_text("was not saved")
    expect(second.locator("#item-0.rejected")).to_be_visible()
    assert Review.objects.get().status == "open"

    second.get_by_role("button", name="Do it to the sentence as it is now").click()
    expect(second.get_by_text("Nothing is left in this queue")).to_be_visible()
    assert list(Review.objects.gold().get().items.filter(state="accepted").values_list("label")) == [("LOC",)]


def test_an_edit_on_words_that_another_person_changed_is_not_saved(
    pair: SentencePair, open_as: Callable[..., Page], ana: User, olga: User
) -> None:
    """Olga edits the translation while Ana nudges an edge in it: Ana sees them, and whose they are."""
    address = f"/sentences/{pair.pk}/"
    anas = open_as(ana, address)
    call_it_an_organisation(anas)
    olgas = open_as(olga, address)
    take_over(olgas)
    olgas.keyboard.press("q")
    olgas.locator("#words").fill("Ana Ruiz vive ahora en Madrid .")
    olgas.keyboard.press("Tab")
    olgas.keyboard.press("Enter")
    expect(olgas.locator('.sentence[data-side="target"]')).to_contain_text("ahora")

    anas.keyboard.press("k")
    expect(anas.get_by_role("alert")).to_contain_text("was not saved")
    expect(anas.get_by_text("olga has changed the words of this sentence.")).to_be_visible()
    expect(anas.locator('#review .pair .sentence[data-side="target"]')).to_contain_text("ahora")
    expect(anas.locator("#item-0 .label")).to_have_text("ORG")
    kept = Review.objects.get(reviewer=ana).items.get(position=0)
    assert (kept.start, kept.end, kept.label) == (0, 2, "ORG")


def test_a_translation_written_meanwhile_is_kept_on_the_page(
    pair: SentencePair, open_as: Callable[..., Page], ana: User, olga: User
) -> None:
    """Two people rewrite: the later one sees the newer words beside their own, and may put theirs instead."""
    address = f"/sentences/{pair.pk}/"
    SentencePair.objects.filter(pk=pair.pk).update(translated_side="target")
    anas = open_as(ana, address)
    expect(anas.locator(".item:focus")).to_have_count(1)
    anas.keyboard.press("q")
    anas.locator("#words").fill("Ana Ruiz habita en Madrid .")
    olgas = open_as(olga, address)
    take_over(olgas)
    olgas.keyboard.press("q")
    olgas.locator("#words").fill("Ana Ruiz mora en Madrid .")
    olgas.get_by_role("button", name="Save the translation").click()
    expect(olgas.locator('.sentence[data-side="target"]')).to_contain_text("mora")

    anas.get_by_role("button", name="Save the translation").click()
    expect(anas.get_by_text("olga has changed the words of this sentence.")).to_be_visible()
    expect(anas.locator(".conflict .sentence")).to_have_text("Ana Ruiz habita en Madrid .")
    expect(anas.locator('.pair .sentence[data-side="target"]')).to_contain_text("mora")
    pair.refresh_from_db()
    assert (pair.target_text, pair.text_version) == ("Ana Ruiz mora en Madrid .", 1)


def test_an_adjudicator_corrects_anothers_gold(
    pair: SentencePair, open_as: Callable[..., Page], ana: User, olga: User
) -> None:
    address = f"/sentences/{pair.pk}/"
    page = open_as(ana, address)
    expect(page.locator(".item:focus")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing is left in this queue")).to_be_visible()

    page = open_as(olga, address)
    expect(page.get_by_text("You see the review of ana.")).to_be_visible()
    page.get_by_role("button", name="Correct it").click()
    expect(page.get_by_text("It stays gold until you accept.")).to_be_visible()
    expect(page.locator(".item:focus")).to_have_count(1)
    page.locator("#item-1").focus()
    page.keyboard.press("o")
    expect(page.locator("#item-1 .label")).to_have_text("ORG")
    assert Review.objects.gold().get().reviewer == ana
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing is left in this queue")).to_be_visible()
    gold = Review.objects.gold().get()
    assert (gold.reviewer, gold.items.get(position=1).label) == (olga, "ORG")
    assert Review.objects.get(reviewer=ana).items.get(position=1).label == "LOC"


def test_two_people_get_different_sentences(
    project: Project, pair: SentencePair, open_as: Callable[..., Page], ana: User, olga: User
) -> None:
    address = f"/projects/{project.pk}/review/"
    expect(open_as(ana, address).locator(".item:focus")).to_have_count(1)
    expect(open_as(olga, address).get_by_text("Nothing is left in this queue")).to_be_visible()


def test_closing_the_page_gives_the_sentence_back(
    project: Project, pair: SentencePair, open_as: Callable[..., Page], ana: User, olga: User
) -> None:
    page = open_as(ana, f"/projects/{project.pk}/review/")
    expect(page.locator(".item:focus")).to_have_count(1)
    page.goto("/")
    expect(open_as(olga, f"/projects/{project.pk}/review/").locator(".item:focus")).to_have_count(1)
