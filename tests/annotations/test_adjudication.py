"""Deciding between reviews that differ."""

import pytest
from django.test import Client
from django.urls import reverse

from annotations.models import Disagreement, Project, Review, ReviewEvent, SentencePair, User
from factories import make_pair


def finish(client: Client, pair: SentencePair, user: User, *edits: tuple[str, int]) -> Review:
    """Edit and accept, as the page sends it; a second review is begun from the bare suggestions."""
    for word, position in (*edits, ("accept-all", None)):
        review = Review.objects.filter(pair=pair, reviewer=user).first()
        data = {"version": review.version if review else 0, "run": pair.shown_run_id}
        name = "review_accept" if position is None else "review_edit"
        data |= {} if position is None else {"edit": word, "position": position}
        response = client.post(reverse(f"annotations:{name}", args=[pair.pk]), data)
        assert response.status_code == 302, response.content.decode()[:500]
    return Review.objects.get(pair=pair, reviewer=user)


@pytest.fixture
def disputed(pair: SentencePair, ana: User, ben: User, sign_in) -> SentencePair:
    """Ana finds a person and a place; for Ben the person ends a word earlier."""
    finish(sign_in(ana), pair, ana)
    finish(sign_in(ben), pair, ben, ("end-in", 0))
    return pair


def decide(client: Client, pair: SentencePair, chosen: Review, decision: str = "pick", **changes):  # noqa: ANN003
    own = Review.objects.filter(pair=pair, reviewer__username="adam").first()
    gold = Review.objects.filter(pair=pair, is_gold=True).first()
    data = {
        "decision": decision,
        "review": chosen.pk,
        "version": chosen.version,
        "gold": gold.pk if gold else "",
        "own": own.version if own else 0,
    }
    return client.post(reverse("annotations:adjudication", args=[pair.pk]), data | changes)


def gold_spans(pair: SentencePair) -> list[tuple]:
    items = Review.objects.gold().get(pair=pair).items.filter(state="accepted", start__isnull=False)
    return list(items.values_list("start", "end", "label"))


def test_reviews_that_differ_come_into_the_queue(
    disputed: SentencePair, project: Project, ana: User, ben: User, vera: User, sign_in
) -> None:
    found = Disagreement.objects.get()
    assert (found.pair, found.reviewers, found.f1) == (disputed, sorted([ana.pk, ben.pk]), 0.5)
    page = sign_in(vera).get(reverse("annotations:disagreements", args=[project.pk])).content.decode()
    assert "Ana Ruiz vive" in page and "0.50" in page and "Adjudicate" not in page


def test_reviews_that_agree_do_not(pair: SentencePair, ana: User, ben: User, sign_in) -> None:
    finish(sign_in(ana), pair, ana)
    finish(sign_in(ben), pair, ben)
    assert not Disagreement.objects.exists()


def test_a_later_edit_settles_it(disputed: SentencePair, ben: User, sign_in) -> None:
    finish(sign_in(ben), disputed, ben, ("end-out", 0))
    assert not Disagreement.objects.exists()


def test_the_page_shows_both_and_marks_what_differs(disputed: SentencePair, adam: User, sign_in) -> None:
    page = sign_in(adam).get(reverse("annotations:adjudication", args=[disputed.pk]))
    opinions = page.context["opinions"]
    assert [str(opinion.review.reviewer) for opinion in opinions] == ["ana", "ben"]
    assert [opinion.entities for opinion in opinions] == [
        [("PER", "Ana Ruiz", True), ("LOC", "Madrid", False)],
        [("PER", "Ana", True), ("LOC", "Madrid", False)],
    ]


def test_picking_one_makes_it_gold_and_leaves_both_as_they_are(
    disputed: SentencePair, project: Project, adam: User, ben: User, sign_in
) -> None:
    before = list(Review.objects.order_by("pk").values("version", "status", "reviewer"))
    response = decide(sign_in(adam), disputed, Review.objects.get(reviewer=ben))
    assert response.url == reverse("annotations:disagreements", args=[project.pk])
    assert gold_spans(disputed) == [(0, 1, "PER"), (4, 5, "LOC")]
    gold = Review.objects.gold().get()
    assert (gold.reviewer, gold.is_adjudication) == (adam, True)
    assert (
        list(Review.objects.exclude(reviewer=adam).order_by("pk").values("version", "status", "reviewer"))
        == before
    )
    assert ReviewEvent.objects.latest("pk").action == "adjudicated"
    assert Disagreement.objects.get().resolved_at is not None


def test_undo_gives_the_gold_back(
    disputed: SentencePair, project: Project, adam: User, ben: User, sign_in
) -> None:
    client = sign_in(adam)
    decide(client, disputed, Review.objects.get(reviewer=ben))
    client.post(reverse("annotations:undo", args=[project.pk]))
    assert gold_spans(disputed) == [(0, 2, "PER"), (4, 5, "LOC")]
    assert Disagreement.objects.get().resolved_at is None
    client.post(reverse("annotations:redo", args=[project.pk]))
    assert gold_spans(disputed) == [(0, 1, "PER"), (4, 5, "LOC")]


def test_an_adjudicator_who_reviewed_decides_too_and_takes_it_back(
    pair: SentencePair, project: Project, ana: User, adam: User, sign_in
) -> None:
    client = sign_in(adam)
    finish(client, pair, adam)
    hers = finish(sign_in(ana), pair, ana, ("reject", 1))
    decide(client, pair, hers)
    assert gold_spans(pair) == [(0, 2, "PER")]
    client.post(reverse("annotations:undo", args=[project.pk]))
    gold = Review.objects.gold().get()
    assert (gold.reviewer, gold.is_adjudication, gold_spans(pair)) == (
        adam,
        False,
        [(0, 2, "PER"), (4, 5, "LOC")],
    )


def test_a_sentence_is_decided_to_be_empty(disputed: SentencePair, adam: User, ana: User, sign_in) -> None:
    decide(sign_in(adam), disputed, Review.objects.get(reviewer=ana), "empty")
    gold = Review.objects.gold().get()
    assert (gold.reviewer, gold.status, gold_spans(disputed)) == (adam, "done", [])


def test_editing_starts_from_the_chosen_review_and_is_gold_once_accepted(
    disputed: SentencePair, adam: User, ben: User, sign_in
) -> None:
    client = sign_in(adam)
    response = decide(client, disputed, Review.objects.get(reviewer=ben), "edit")
    assert response.url == reverse("annotations:pair", args=[disputed.pk])
    assert Review.objects.gold().get().reviewer.username == "ana"
    finish(client, disputed, adam, ("label:ORG", 0))
    assert gold_spans(disputed) == [(0, 1, "ORG"), (4, 5, "LOC")]


@pytest.mark.parametrize("stale", [{"version": 99}, {"gold": ""}, {"own": 3}])
def test_a_decision_about_something_else_is_refused(
    disputed: SentencePair, adam: User, ben: User, sign_in, stale: dict
) -> None:
    response = decide(sign_in(adam), disputed, Review.objects.get(reviewer=ben), **stale)
    assert response.status_code == 409
    assert "Nothing was decided" in response.content.decode()
    assert Review.objects.gold().get().reviewer.username == "ana"


def test_the_queue_goes_on_to_the_next_pair(
    project: Project, adam: User, ana: User, ben: User, sign_in, monkeypatch, django_assert_max_num_queries
) -> None:
    monkeypatch.setattr("annotations.views.adjudication.PAGE_SIZE", 1)
    pairs = [make_pair(project, external_id=f"s{number}") for number in range(2)]
    for pair in pairs:
        finish(sign_in(ana), pair, ana)
        finish(sign_in(ben), pair, ben, ("reject", 0))
    client = sign_in(adam)
    address = reverse("annotations:disagreements", args=[project.pk])
    with django_assert_max_num_queries(6):
        page = client.get(address).content.decode()
    assert f"after={pairs[0].pk}" in page and ">s1<" not in page
    assert ">s1<" in client.get(f"{address}?after={pairs[0].pk}").content.decode()
    response = decide(client, pairs[0], Review.objects.get(pair=pairs[0], reviewer=ana))
    assert response.url == reverse("annotations:adjudication", args=[pairs[1].pk])


def test_without_gold_there_is_nothing_to_correct(
    project: Project, pair: SentencePair, adam: User, sign_in
) -> None:
    address = reverse("annotations:review_correct", args=[pair.pk])
    assert sign_in(adam).post(address).status_code == 302
    assert not Review.objects.filter(pair=pair).exists()
