"""Thirty annotators on one project, over real HTTP and the real database."""

from __future__ import annotations

from collections import Counter

import pytest
from pytest_django.live_server_helper import LiveServer

from annotations.models import Membership, Project, Review, ReviewEvent, SentencePair
from crowd import work_together
from factories import make_pair, make_project, make_user

N_PEOPLE, N_PAIRS = 30, 100


@pytest.fixture
def project(transactional_db: None) -> Project:
    return make_project("News", owner=make_user())


def add_people(project: Project, n: int) -> list:
    people = [make_user(f"person-{number}") for number in range(n)]
    Membership.objects.bulk_create(Membership(project=project, user=one, role="annotator") for one in people)
    return people


def check_totals(project: Project, n_pairs: int) -> None:
    assert project.pairs.filter(status=SentencePair.Status.REVIEWED, claim=None).count() == n_pairs
    assert Review.objects.gold().count() == n_pairs
    totals = project.pair_counts.all().totals()
    assert (totals["n_pairs"], totals["n_reviewed"], totals["n_awaiting"]) == (n_pairs, n_pairs, 0)


def test_no_pair_is_served_twice_and_none_is_left(project: Project, live_server: LiveServer) -> None:
    for number in range(N_PAIRS):
        make_pair(project, priority=number / N_PAIRS)
    people = add_people(project, N_PEOPLE)
    ledger = work_together(people, project.pk, live_server.url, N_PAIRS, timeout_s=120)
    assert ledger.served_twice() == []
    check_totals(project, N_PAIRS)
    assert Review.objects.filter(status="done").count() == N_PAIRS
    accepted = ReviewEvent.objects.filter(action=ReviewEvent.Action.ACCEPTED)
    assert accepted.count() == N_PAIRS
    assert len(set(accepted.values_list("actor", flat=True))) > 1


def test_a_share_of_pairs_goes_to_as_many_people_as_asked(project: Project, live_server: LiveServer) -> None:
    """Still one after the other, and to nobody twice."""
    n_pairs, n_each = 12, 3
    project.overlap_percent, project.overlap_people = 100, n_each
    project.save()
    for _ in range(n_pairs):
        make_pair(project)
    people = add_people(project, 8)
    ledger = work_together(people, project.pk, live_server.url, n_pairs * n_each, timeout_s=120)
    assert ledger.served_twice() == []
    check_totals(project, n_pairs)
    done = Review.objects.filter(status="done").values_list("pair", "reviewer")
    assert len(set(done)) == len(done) == n_pairs * n_each
    assert set(Counter(pair for pair, _ in done).values()) == {n_each}
