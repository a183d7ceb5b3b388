import pytest
from django.test import Client
from django.urls import reverse

from annotations.models import Project, Review, ReviewEvent, SentencePair, User
from factories import make_pair


def edit(client: Client, pair: SentencePair, word: str, *, version: int = 0, htmx: bool = True, **data):
    data = {"edit": word, "version": version, "run": pair.shown_run_id or "", **data}
    headers = {"HX-Request": "true"} if htmx else {}
    return client.post(reverse("annotations:review_edit", args=[pair.pk]), data, headers=headers)


def test_it_stores_the_review_at_the_first_change(pair: SentencePair, ana: User, sign_in) -> None:
    client = sign_in(ana)
    client.get(reverse("annotations:pair", args=[pair.pk]))
    assert not Review.objects.exists()
    response = edit(client, pair, "end-out", position=1)
    assert response.status_code == 200
    review = Review.objects.get()
    assert (review.status, review.is_gold, review.version) == ("open", False, 1)
    assert list(review.items.values_list("state", "start", "end")) == [("pending", 0, 2), ("accepted", 4, 6)]
    event = ReviewEvent.objects.get()
    assert (event.action, event.detail, event.actor) == ("edited", "end-out", ana)


def test_it_says_what_it_did(pair: SentencePair, ana: User, sign_in) -> None:
    response = edit(sign_in(ana), pair, "end-out", position=1)
    assert "“Madrid” changed to “Madrid .”" in response.content.decode()


def test_it_works_without_javascript(pair: SentencePair, ana: User, sign_in) -> None:
    response = edit(sign_in(ana), pair, "label:ORG", position=1, htmx=False)
    assert response.status_code == 302
    assert response.url == reverse("annotations:pair", args=[pair.pk])
    assert Review.objects.get().items.get(position=1).label == "ORG"


def test_it_picks_a_ranked_alternative(project: Project, ana: User, sign_in) -> None:
    pair = make_pair(project, alternatives={1: [(3, 5), (4, 6)]})
    edit(sign_in(ana), pair, "pick:2", position=1)
    item = Review.objects.get().items.get(position=1)
    assert (item.start, item.end, item.state) == (4, 6, "accepted")
    assert item.candidate is not None  # where it came from is kept


def test_it_fills_a_missing_projection(project: Project, ana: User, sign_in) -> None:
    pair = make_pair(project, suggestions=[((4, 5), None, "LOC")])
    edit(sign_in(ana), pair, "place:LOC", position=0, first=4, last=4)
    item = Review.objects.get().items.get()
    assert (item.start, item.end, item.state) == (4, 5, "accepted")


def test_it_adds_an_entity(pair: SentencePair, ana: User, sign_in) -> None:
    response = edit(sign_in(ana), pair, "add:MISC", first=2, last=3)
    assert 'data-current="2"' in response.content.decode()
    item = Review.objects.get().items.get(position=2)
    assert (item.start, item.end, item.label, item.candidate) == (2, 4, "MISC", None)


def test_it_keeps_a_finished_review_finished(pair: SentencePair, ana: User, sign_in) -> None:
    client = sign_in(ana)
    client.post(
        reverse("annotations:review_accept", args=[pair.pk]), {"version": 0, "run": pair.shown_run_id}
    )
    edit(client, pair, "label:ORG", version=1, position=1)
    review = Review.objects.get()
    assert (review.status, review.is_gold, review.version) == ("done", True, 2)
    assert review.items.get(position=1).label == "ORG"


def test_it_shows_both_states_after_a_stale_write(pair: SentencePair, ana: User, sign_in) -> None:
    client = sign_in(ana)
    edit(client, pair, "label:ORG", position=1)
    response = edit(client, pair, "end-out", version=0, position=1)
    page = response.content.decode()
    assert response.status_code == 409
    assert "“Madrid” changed to “Madrid .”" in page  # what was wanted, on what was seen
    assert 'value="end-out"' in page  # ready to be sent again
    assert 'aria-label="ORG, accepted"' in page  # as it is now
    assert Review.objects.get().items.get(position=1).end == 5
    assert edit(client, pair, "end-out", version=1, position=1).status_code == 200


def test_it_refuses_what_does_not_fit(pair: SentencePair, ana: User, sign_in) -> None:
    response = edit(sign_in(ana), pair, "start-out", position=0)
    assert response.status_code == 422
    assert "The sentence ends here." in response.content.decode()
    assert not Review.objects.exists()


@pytest.mark.parametrize(
    "data",
    [{"edit": "end-out", "position": -1}, {"edit": "", "position": 1}, {"edit": "add:PER", "first": "x"}],
)
def test_it_answers_400_to_nonsense(pair: SentencePair, ana: User, sign_in, data: dict) -> None:
    word = data.pop("edit")
    assert edit(sign_in(ana), pair, word, **data).status_code == 400


def test_it_never_changes_what_the_machine_found(pair: SentencePair, ana: User, sign_in) -> None:
    before = list(pair.candidates.values_list("pk", "start", "end", "label", "score"))
    client = sign_in(ana)
    edit(client, pair, "end-out", position=1)
    edit(client, pair, "reject", version=1, position=0)
    assert list(pair.candidates.values_list("pk", "start", "end", "label", "score")) == before


def test_it_survives_a_run_that_replaces_its_candidates(pair: SentencePair, ana: User, sign_in) -> None:
    client = sign_in(ana)
    edit(client, pair, "end-out", position=1)
    pair.candidates.all().delete()
    assert edit(client, pair, "label:ORG", version=1, position=1).status_code == 200
    item = Review.objects.get().items.get(position=1)
    assert (item.start, item.end, item.label) == (4, 6, "ORG")


def test_it_starts_from_imported_entities_where_no_run_has_been(project: Project, ana: User, sign_in) -> None:
    pair = make_pair(project)
    pair.candidates.all().delete()
    pair.shown_run = None
    pair.save()
    client = sign_in(ana)
    page = client.get(reverse("annotations:pair", args=[pair.pk])).content.decode()
    assert page.count("where is it in the translation?") == 2
    edit(client, pair, "place", position=0, first=0, last=1)
    assert Review.objects.get().items.get(position=0).end == 2
