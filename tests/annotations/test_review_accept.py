import pytest
from django.test import Client
from django.urls import reverse

from annotations.models import Claim, Project, Review, ReviewEvent, SentencePair, User
from factories import make_pair, make_run


def accept(client: Client, pair: SentencePair, *, version: int = 0, run: int | None = None, **headers):
    data = {"version": version, "run": run or pair.shown_run_id or ""}
    return client.post(reverse("annotations:review_accept", args=[pair.pk]), data, headers=headers)


def test_it_makes_every_suggestion_gold(pair: SentencePair, ana: User, sign_in) -> None:
    response = accept(sign_in(ana), pair)
    assert response.status_code == 302
    review = Review.objects.gold().get(pair=pair)
    assert (review.reviewer, review.status, review.version) == (ana, "done", 1)
    assert review.run_signature == "test signature"
    items = list(review.items.values_list("state", "start", "end", "label"))
    assert items == [("accepted", 0, 2, "PER"), ("accepted", 4, 5, "LOC")]
    pair.refresh_from_db()
    assert pair.status == "reviewed"
    assert not Claim.objects.exists()


def test_it_leaves_history(pair: SentencePair, ana: User, sign_in) -> None:
    accept(sign_in(ana), pair)
    event = ReviewEvent.objects.get()
    assert (event.actor, event.action, event.seen_version) == (ana, "accepted", 0)
    assert [item["state"] for item in event.before["items"]] == ["pending", "pending"]
    assert [item["state"] for item in event.after["items"]] == ["accepted", "accepted"]


def test_going_on_from_a_finished_sentence_changes_nothing(pair: SentencePair, ana: User, sign_in) -> None:
    client = sign_in(ana)
    accept(client, pair)
    accept(client, pair, version=1)
    assert Review.objects.get().version == 1
    assert ReviewEvent.objects.count() == 1


def test_it_keeps_the_numbers_of_the_project(project: Project, ana: User, sign_in) -> None:
    pairs = [make_pair(project) for _ in range(3)]
    accept(sign_in(ana), pairs[0])
    totals = project.pair_counts.all().totals()
    assert (totals["n_pairs"], totals["n_awaiting"], totals["n_reviewed"]) == (3, 2, 1)


def test_it_goes_to_the_next_pair_and_claims_it(project: Project, ana: User, sign_in) -> None:
    first, second = make_pair(project, confidence=0.2), make_pair(project, confidence=0.5)
    response = accept(sign_in(ana), first)
    assert response.url == reverse("annotations:pair", args=[second.pk])
    assert second.claim.reviewer == ana


def test_it_answers_htmx_with_the_next_sentence(project: Project, ana: User, sign_in) -> None:
    first = make_pair(project, confidence=0.2)
    second = make_pair(project, target="Bea Gil vive en Lima .", confidence=0.5)
    response = accept(sign_in(ana), first, HX_Request="true")
    assert response.status_code == 200
    assert response["HX-Push-Url"] == reverse("annotations:pair", args=[second.pk])
    assert b"<html" not in response.content
    assert b"Lima" in response.content


def test_it_says_when_nothing_is_left(pair: SentencePair, ana: User, sign_in) -> None:
    client = sign_in(ana)
    response = client.get(accept(client, pair).url)
    assert "Nothing is left in this queue" in response.content.decode()


def test_it_accepts_what_was_seen_when_a_newer_run_has_come(pair: SentencePair, ana: User, sign_in) -> None:
    seen = pair.shown_run_id
    pair.shown_run = make_run(pair.project)
    pair.save()
    accept(sign_in(ana), pair, run=seen)
    review = Review.objects.get()
    assert review.run_id == seen
    assert review.items.count() == 2


def test_it_refuses_a_run_that_never_saw_the_pair(
    project: Project, pair: SentencePair, ana: User, sign_in
) -> None:
    response = accept(sign_in(ana), pair, run=make_run(project, "de").pk)
    assert response.status_code == 409
    assert not Review.objects.exists()


def test_it_refuses_two_suggestions_of_the_same_word(project: Project, ana: User, sign_in) -> None:
    pair = make_pair(project, suggestions=[((0, 2), (0, 2), "PER"), ((4, 5), (1, 2), "LOC")])
    response = accept(sign_in(ana), pair)
    assert response.status_code == 422
    assert "change or reject one of them" in response.content.decode()
    assert not Review.objects.exists()


def test_it_does_not_take_the_gold_of_another(pair: SentencePair, ana: User, ben: User, sign_in) -> None:
    accept(sign_in(ana), pair)
    accept(sign_in(ben), pair)
    assert list(Review.objects.order_by("pk").values_list("reviewer__username", "is_gold")) == [
        ("ana", True),
        ("ben", False),
    ]


@pytest.mark.parametrize("version", ["", "x", "-1"])
def test_it_answers_400_without_a_version(pair: SentencePair, ana: User, sign_in, version: str) -> None:
    response = sign_in(ana).post(reverse("annotations:review_accept", args=[pair.pk]), {"version": version})
    assert response.status_code == 400


def test_it_refuses_get(pair: SentencePair, ana: User, sign_in) -> None:
    assert sign_in(ana).get(reverse("annotations:review_accept", args=[pair.pk])).status_code == 405
