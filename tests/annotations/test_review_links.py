"""A reviewer's links: stored apart from the machine's, and what they do to the entity."""

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from annotations.export.losses import Losses
from annotations.export.options import ExportOptions
from annotations.export.records import read_records
from annotations.models import PairResult, Project, Review, ReviewEvent, SentencePair, User
from factories import make_pair

DIAGONAL = [(i, i) for i in range(6)]


def link(client: Client, pair: SentencePair, first: int, last: int, *, version: int = 0):
    data = {"edit": "link", "first": first, "last": last, "version": version, "run": pair.shown_run_id}
    url = reverse("annotations:review_edit", args=[pair.pk])
    return client.post(url, data, headers={"HX-Request": "true"})


def edit(client: Client, pair: SentencePair, word: str, version: int, **data):
    data = {"edit": word, "version": version, "run": pair.shown_run_id, **data}
    return client.post(reverse("annotations:review_edit", args=[pair.pk]), data)


def items() -> list[tuple]:
    return list(Review.objects.get().items.order_by("position").values_list("state", "start", "end"))


@pytest.fixture
def misaligned(project: Project) -> SentencePair:
    """Madrid is linked with nothing, so that its entity found no target."""
    return make_pair(
        project, suggestions=[((0, 2), (0, 2), "PER"), ((4, 5), None, "LOC")], links=DIAGONAL[:4]
    )


def test_drawing_the_missing_link_brings_the_span(misaligned: SentencePair, ana: User, sign_in) -> None:
    response = link(sign_in(ana), misaligned, 4, 4)
    assert "“Madrid” linked with “Madrid”" in response.content.decode()
    assert items() == [("pending", 0, 2), ("pending", 4, 5)]
    review = Review.objects.get()
    assert (review.added_links, review.removed_links) == ([[4, 4]], [])
    result = PairResult.objects.get()
    assert result.link_sources == [0, 1, 2, 3]  # the machine's stay the machine's


def test_removing_a_machine_link_moves_the_span(project: Project, ana: User, sign_in) -> None:
    pair = make_pair(
        project,
        suggestions=[((0, 2), (0, 3), "PER")],
        links=[(0, 0), (1, 1), (1, 2), (3, 3), (4, 4)],
    )
    client = sign_in(ana)
    link(client, pair, 1, 2)
    assert items() == [("pending", 0, 2)]
    assert Review.objects.get().removed_links == [[1, 2]]
    link(client, pair, 1, 2, version=1)  # once more: as the machine had it
    review = Review.objects.get()
    assert (review.added_links, review.removed_links) == ([], [])


def test_what_is_accepted_stays_and_is_never_crossed(project: Project, ana: User, sign_in) -> None:
    pair = make_pair(
        project, suggestions=[((0, 2), (0, 2), "PER"), ((4, 5), (4, 5), "LOC")], links=DIAGONAL[:4]
    )
    client = sign_in(ana)
    edit(client, pair, "accept", 0, position=0)
    link(client, pair, 1, 2, version=1)
    assert items()[0] == ("accepted", 0, 2)
    link(client, pair, 4, 1, version=2)  # a word of Ana Ruiz, which is accepted
    assert items() == [("accepted", 0, 2), ("pending", None, None)]


def test_a_rejected_span_is_not_suggested_again(misaligned: SentencePair, ana: User, sign_in) -> None:
    client = sign_in(ana)
    edit(client, misaligned, "reject", 0, position=0)
    link(client, misaligned, 0, 2, version=1)
    state, start, end = items()[0]
    assert (state, (start, end)) != ("pending", (0, 2))
    assert start <= 2 < end


def test_it_uses_the_stored_similarity(misaligned: SentencePair, ana: User, sign_in) -> None:
    similarity = np.full((6, 6), 0.2, dtype="<f2") + np.eye(6, dtype="<f2") / 2
    PairResult.objects.update(similarity=similarity.tobytes())
    misaligned.shown_run.method = "soft"
    misaligned.shown_run.save()
    link(sign_in(ana), misaligned, 4, 4)
    assert items()[1] == ("pending", 4, 5)


def test_undo_takes_link_and_span_back(misaligned: SentencePair, ana: User, sign_in) -> None:
    client = sign_in(ana)
    link(client, misaligned, 4, 4)
    client.post(reverse("annotations:undo", args=[misaligned.project_id]))
    assert items()[1] == ("pending", None, None)
    assert Review.objects.get().added_links == []
    client.post(reverse("annotations:redo", args=[misaligned.project_id]))
    assert items()[1] == ("pending", 4, 5)
    assert [event.detail for event in ReviewEvent.objects.order_by("pk")] == ["link:4-4"] * 3


def test_a_stale_link_is_refused(misaligned: SentencePair, ana: User, sign_in) -> None:
    client = sign_in(ana)
    link(client, misaligned, 4, 4)
    assert link(client, misaligned, 4, 5).status_code == 409
    assert Review.objects.get().added_links == [[4, 4]]


@pytest.mark.parametrize(("first", "last"), [(6, 0), (0, 6)])
def test_a_word_that_is_not_there_is_refused(
    pair: SentencePair, ana: User, sign_in, first: int, last: int
) -> None:
    assert link(sign_in(ana), pair, first, last).status_code == 422
    assert not Review.objects.exists()


def test_one_edit_joins_the_fragments(project: Project, ana: User, sign_in) -> None:
    pair = make_pair(project, suggestions=[((0, 2), (0, 1), "PER")], links=[(0, 0), (1, 2)])
    edit(sign_in(ana), pair, "fill", 0, position=0)
    assert items() == [("accepted", 0, 3)]


def test_two_items_of_one_name_become_one(project: Project, ana: User, sign_in) -> None:
    pair = make_pair(
        project,
        suggestions=[((0, 1), (0, 1), "PER"), ((1, 2), (2, 3), "PER"), ((4, 5), (4, 5), "LOC")],
        links=[(0, 0), (1, 2), (4, 4)],
    )
    edit(sign_in(ana), pair, "fill", 0, position=0)
    assert items() == [("accepted", 0, 3), ("rejected", 2, 3), ("pending", 4, 5)]


def test_there_may_be_nothing_to_join(pair: SentencePair, ana: User, sign_in) -> None:
    assert edit(sign_in(ana), pair, "fill", 0, position=0).status_code == 422


def test_gold_leaves_with_the_reviewers_links(misaligned: SentencePair, ana: User, sign_in) -> None:
    client = sign_in(ana)
    link(client, misaligned, 4, 4)
    link(client, misaligned, 3, 3, version=1)
    accept = {"version": 2, "run": misaligned.shown_run_id}
    client.post(reverse("annotations:review_accept", args=[misaligned.pk]), accept)
    options = ExportOptions(format="jsonl", links=True)
    (record,) = read_records(misaligned.project, options, Losses())
    assert [(i, j) for i, j, _score in record.links] == [(0, 0), (1, 1), (2, 2), (4, 4)]
