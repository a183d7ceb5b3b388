"""Accepting unseen: only after known errors were noticed, in a person's name, undone as one step."""

import random
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from annotations.actions.fast_lane import MISS_LIMIT, eligible_pairs, spoil
from annotations.models import FastLane, Project, ProjectionRun, Review, ReviewEvent, SentencePair, User
from factories import make_pair, make_run


@pytest.fixture
def sure(project: Project) -> ProjectionRun:
    """Twelve sentences the run is sure of, and one it is not."""
    run = make_run(project)
    for number in range(12):
        make_pair(project, run=run, confidence=0.97, external_id=f"sure{number}")
    make_pair(project, run=run, confidence=0.6, external_id="unsure")
    return run


def begin(client: Client, project: Project, run: ProjectionRun, threshold: float = 0.9) -> FastLane:
    response = client.post(
        reverse("annotations:fast_lanes", args=[project.pk]), {"run": run.pk, "threshold": threshold}
    )
    assert response.status_code == 302, response.content.decode()[:800]
    return FastLane.objects.latest("pk")


def judge(client: Client, lane: FastLane, *, n_missed: int = 0) -> FastLane:
    """Everything judged as it is, but for some known errors."""
    answers, left = {}, n_missed
    for number, one in enumerate(lane.sample):
        is_missed = one["is_seeded"] and left > 0
        left -= is_missed
        answers[f"answer-{number}"] = "wrong" if one["is_seeded"] and not is_missed else "right"
    client.post(reverse("annotations:fast_lane", args=[lane.pk]), answers)
    lane.refresh_from_db()
    return lane


def accept(client: Client, lane: FastLane):
    return client.post(reverse("annotations:fast_lane_accept", args=[lane.pk]))


@pytest.fixture
def wide(monkeypatch) -> None:  # noqa: ANN001
    """Four real sentences and four known errors, so that a dozen sentences are enough."""
    monkeypatch.setattr("annotations.actions.fast_lane.N_REAL", 4)
    monkeypatch.setattr("annotations.actions.fast_lane.N_SEEDED", 4)


@pytest.fixture
def lane(wide: None, sure: ProjectionRun, project: Project, adam: User, sign_in) -> FastLane:
    return begin(sign_in(adam), project, sure)


def test_the_sample_mixes_known_errors_in(lane: FastLane, adam: User, sign_in) -> None:
    assert (len(lane.sample), lane.n_seeded) == (8, 4)
    right = [[0, 2, "PER"], [4, 5, "LOC"]]
    assert [one["items"] == right for one in lane.sample] == [not one["is_seeded"] for one in lane.sample]
    page = sign_in(adam).get(reverse("annotations:fast_lane", args=[lane.pk])).content.decode()
    assert "known error" not in page  # not before it is answered


def test_who_notices_gets_the_lane_and_accepts_in_their_own_name(
    lane: FastLane, project: Project, adam: User, sign_in
) -> None:
    client = sign_in(adam)
    judge(client, lane)
    accept(client, lane)
    assert Review.objects.filter(is_gold=True, reviewer=adam, bulk__isnull=False).count() == 12
    assert set(ReviewEvent.objects.values_list("action", "actor__username")) == {("accepted-unseen", "adam")}
    assert list(project.pairs.awaiting_review().values_list("external_id", flat=True)) == ["unsure"]


def test_one_undo_takes_all_back(lane: FastLane, project: Project, adam: User, sign_in) -> None:
    client = sign_in(adam)
    judge(client, lane)
    accept(client, lane)
    client.post(reverse("annotations:undo", args=[project.pk]))
    assert not Review.objects.gold().exists()
    assert project.pairs.awaiting_review().count() == 13
    client.post(reverse("annotations:redo", args=[project.pk]))
    assert Review.objects.gold().count() == 12


def test_who_overlooks_too_many_does_not(lane: FastLane, adam: User, sign_in) -> None:
    client = sign_in(adam)
    judge(client, lane, n_missed=2)
    assert lane.n_missed / lane.n_seeded > MISS_LIMIT
    accept(client, lane)
    assert not Review.objects.exists()
    page = client.get(reverse("annotations:fast_lane", args=[lane.pk])).content.decode()
    assert "2 / 4 (50 %)" in page and "The lane stays closed" in page


def test_the_miss_rate_counts_only_known_errors(lane: FastLane, adam: User, sign_in) -> None:
    answers = {f"answer-{number}": "wrong" for number in range(len(lane.sample))}
    sign_in(adam).post(reverse("annotations:fast_lane", args=[lane.pk]), answers)
    lane.refresh_from_db()
    assert (lane.n_missed, lane.n_rejected) == (0, 4)


def test_what_was_judged_wrong_is_left_for_a_look(
    lane: FastLane, project: Project, adam: User, sign_in
) -> None:
    client = sign_in(adam)
    answers = {f"answer-{number}": "wrong" for number in range(len(lane.sample))}
    client.post(reverse("annotations:fast_lane", args=[lane.pk]), answers)
    accept(client, lane)
    left = set(project.pairs.awaiting_review().values_list("pk", flat=True))
    assert {one["pair"] for one in lane.sample if not one["is_seeded"]} < left
    assert len(left) == 5


def test_a_check_is_answered_once_and_by_its_person(lane: FastLane, adam: User, olga: User, sign_in) -> None:
    judge(sign_in(olga), lane)
    assert lane.answered_at is None
    judge(sign_in(adam), lane, n_missed=3)
    judge(sign_in(adam), lane)
    assert lane.n_missed == 3
    assert accept(sign_in(olga), lane).status_code == 302
    assert not Review.objects.exists()


def test_a_check_grows_old(lane: FastLane, adam: User, sign_in) -> None:
    client = sign_in(adam)
    judge(client, lane)
    FastLane.objects.update(answered_at=lane.answered_at - timedelta(days=1))
    accept(client, lane)
    assert not Review.objects.exists()


def test_an_unanswered_sentence_is_asked_for(lane: FastLane, adam: User, sign_in) -> None:
    page = sign_in(adam).post(reverse("annotations:fast_lane", args=[lane.pk]), {"answer-0": "right"})
    assert "Judge every sentence." in page.content.decode()


def test_known_errors_come_from_gold_where_there_is_enough(
    wide: None, sure: ProjectionRun, project: Project, ana: User, adam: User, sign_in
) -> None:
    reviewed = [make_pair(project, run=sure, confidence=0.5) for _ in range(4)]
    for pair in reviewed:
        accepted = {"version": 0, "run": sure.pk}
        sign_in(ana).post(reverse("annotations:review_accept", args=[pair.pk]), accepted)
    lane = begin(sign_in(adam), project, sure)
    assert {one["pair"] for one in lane.sample if one["is_seeded"]} == {pair.pk for pair in reviewed}


def test_begun_claimed_and_assigned_sentences_are_not_eligible(
    sure: ProjectionRun, project: Project, ana: User, ben: User, sign_in
) -> None:
    begun, claimed, assigned = project.pairs.filter(external_id__in=["sure0", "sure1", "sure2"])
    seen = {"version": 0, "run": sure.pk, "note": "hm"}
    sign_in(ana).post(reverse("annotations:review_note", args=[begun.pk]), seen)
    sign_in(ana).get(reverse("annotations:pair", args=[claimed.pk]))
    SentencePair.objects.filter(pk=assigned.pk).update(assigned_to=ben)
    assert eligible_pairs(sure, 0.9).count() == 9


def test_too_little_to_check_is_said(project: Project, pair: SentencePair, adam: User, sign_in) -> None:
    data = {"run": pair.shown_run_id, "threshold": 0.9}
    page = sign_in(adam).post(reverse("annotations:fast_lanes", args=[project.pk]), data)
    assert "Too few sentences" in page.content.decode()


@pytest.mark.parametrize("seed", range(20))
def test_a_spoilt_sentence_is_wrong_and_possible(seed: int) -> None:
    entities = [(0, 2, "PER"), (4, 5, "LOC")]
    spoilt = spoil(entities, 6, ["PER", "LOC", "ORG"], random.Random(seed))
    assert spoilt != entities
    tokens = [token for start, end, _ in spoilt for token in range(start, end)]
    assert len(tokens) == len(set(tokens)) and all(0 <= token < 6 for token in tokens)


def test_nothing_cannot_be_spoilt() -> None:
    assert spoil([], 6, ["PER"], random.Random(1)) is None
