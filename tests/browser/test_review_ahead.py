"""The next sentence is on the screen before the server answers, and no claim is lost or doubled by it."""

import re
from collections.abc import Callable

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from annotations.models import Project, Review, SentencePair, User
from annotations.views import review_page
from factories import make_pair


@pytest.fixture
def queue(project: Project, monkeypatch: pytest.MonkeyPatch) -> list[SentencePair]:
    """Five sentences, hardest first, and a server that looks ahead in a queue as short as this."""
    monkeypatch.setattr(review_page, "AHEAD_FROM", 1)
    return [make_pair(project, confidence=k / 10) for k in range(1, 6)]


def shows(page: Page, pair: SentencePair) -> None:
    expect(page.locator(f'#review[data-pair="{pair.pk}"] .item:focus')).to_have_count(1)


def see_first(page: Page, project: Project, pair: SentencePair) -> None:
    """Open the queue from another page, and wait until the sentence after the first has come as well."""
    with page.expect_response("**/ahead/"):
        page.goto(f"/projects/{project.pk}/review/")
    shows(page, pair)


def held_by(user: User) -> set[int]:
    return set(user.claims.values_list("pair", flat=True))


def test_enter_shows_the_next_sentence_before_the_answer(
    queue: list[SentencePair], open_as: Callable[..., Page], ana: User, project: Project
) -> None:
    page = open_as(ana, "/")
    see_first(page, project, queue[0])
    with transaction.atomic():
        SentencePair.objects.select_for_update().get(pk=queue[0].pk)
        page.keyboard.press("Enter")
        shows(page, queue[1])  # while the server waits for the pair that is locked here
        page.keyboard.press("o")  # waits for the answer
        assert not Review.objects.exists()
    expect(page.locator(".item.current .label")).to_have_text("ORG")
    expect(page.locator("#remaining")).to_have_text(re.compile("^4 "))
    assert Review.objects.gold().get().pair == queue[0]
    assert Review.objects.get(status="open").pair == queue[1]
    expect(page).to_have_url(re.compile(f"/sentences/{queue[1].pk}/$"))


def test_every_sentence_comes_once_and_in_order(
    queue: list[SentencePair], open_as: Callable[..., Page], ana: User, project: Project
) -> None:
    page = open_as(ana, f"/projects/{project.pk}/review/")
    files: list[str] = []
    page.on("request", lambda request: files.append(request.url) if "/static/" in request.url else None)
    for pair in queue:
        shows(page, pair)
        page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing is left in this queue")).to_be_visible()
    assert files == []  # the icon is asked for again where it is a file of its own
    assert Review.objects.gold().count() == 5
    assert held_by(ana) == set()


def test_two_people_never_hold_the_same_and_leaving_gives_both_back(
    queue: list[SentencePair], open_as: Callable[..., Page], ana: User, olga: User, project: Project
) -> None:
    page, other = open_as(ana, "/"), open_as(olga, "/")
    see_first(page, project, queue[0])
    see_first(other, project, queue[2])
    assert held_by(ana) == {queue[0].pk, queue[1].pk}
    assert held_by(olga) == {queue[2].pk, queue[3].pk}
    page.goto("/")
    shows(open_as(olga, f"/sentences/{queue[1].pk}/"), queue[1])


def test_what_was_fetched_ahead_and_taken_by_another_is_replaced(
    queue: list[SentencePair], open_as: Callable[..., Page], ana: User, olga: User, project: Project
) -> None:
    page = open_as(ana, "/")
    see_first(page, project, queue[0])
    ana.claims.filter(pair=queue[1]).update(reviewer=olga)
    page.keyboard.press("Enter")
    shows(page, queue[2])
    assert Review.objects.get().pair == queue[0]
    page.wait_for_load_state("networkidle")


def test_a_failed_accept_brings_the_sentence_back(
    queue: list[SentencePair], open_as: Callable[..., Page], ana: User, project: Project
) -> None:
    page = open_as(ana, "/")
    page.route("**/accept/", lambda route: route.abort())
    see_first(page, project, queue[0])
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("nothing was saved")
    expect(page.locator(f'#review[data-pair="{queue[0].pk}"]')).to_be_visible()
    page.unroute("**/accept/")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    shows(page, queue[1])
    expect(page.locator("#review:not([aria-busy])")).to_have_count(1)
    assert Review.objects.gold().get().items.filter(state="accepted").count() == 2
