import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from annotations.actions.claims import (
    LEASE,
    Queue,
    claim_following,
    claim_next,
    claim_pair,
    release_claim,
    renew_claim,
)
from annotations.models import Claim, Project, SentencePair, User
from factories import make_pair, make_project, make_user


def test_it_gives_the_least_certain_pair_first(project: Project, ana: User) -> None:
    make_pair(project, confidence=0.9)
    hard = make_pair(project, confidence=0.1)
    assert claim_next(Queue(project.pk), ana) == hard
    assert hard.claim.reviewer == ana
    assert timedelta() < hard.claim.until - timezone.now() <= LEASE


@pytest.mark.parametrize(("order", "expected"), [("hardest", 2), ("easiest", 1), ("corpus", 0)])
def test_it_orders_the_queue(project: Project, ana: User, order: str, expected: int) -> None:
    pairs = [make_pair(project, confidence=c) for c in (0.5, 0.9, 0.1)]
    assert claim_next(Queue(project.pk, order=order), ana) == pairs[expected]


def test_it_filters_by_language_label_and_run(project: Project, ana: User) -> None:
    arabic = make_pair(project, language="ar", suggestions=[((0, 2), (0, 2), "ORG")])
    make_pair(project)
    assert claim_next(Queue(project.pk, language="ar"), ana) == arabic
    assert claim_next(Queue(project.pk, label="ORG"), ana) == arabic
    assert claim_next(Queue(project.pk, run=arabic.shown_run_id), ana) == arabic
    assert claim_next(Queue(project.pk, language="de"), ana) is None


def test_it_never_gives_two_people_the_same_pair(project: Project, ana: User, ben: User) -> None:
    first, second = make_pair(project, confidence=0.1), make_pair(project)
    assert claim_next(Queue(project.pk), ana) == first
    assert claim_next(Queue(project.pk), ben) == second
    assert claim_next(Queue(project.pk), make_user()) is None


def test_it_returns_to_what_was_left_unfinished(project: Project, ana: User) -> None:
    make_pair(project, confidence=0.1)
    easy = make_pair(project, confidence=0.9)
    claim_pair(easy.pk, ana)
    assert claim_next(Queue(project.pk), ana) == easy


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["next", "ahead"])
def test_a_pair_of_ones_own_is_found_while_another_has_it_locked(
    pair: SentencePair, ana: User, way: str
) -> None:
    """As somebody has who found it free a moment before it was claimed, and the claim in the way."""
    queue = Queue(pair.project_id)
    assert claim_next(queue, ana) == pair
    done = make_pair(pair.project)
    SentencePair.objects.filter(pk=done.pk).update(status="reviewed")
    found: list[SentencePair | None] = []

    def look() -> None:
        try:
            again = (
                claim_following(queue, ana, done, ahead=pair.pk) if way == "ahead" else claim_next(queue, ana)
            )
            found.append(again)
        finally:
            connection.close()

    with transaction.atomic():
        SentencePair.objects.select_for_update(no_key=True).get(pk=pair.pk)
        other = threading.Thread(target=look)
        other.start()
        other.join(timeout=20)
        assert found == [pair]


def test_it_offers_an_abandoned_pair_again(pair: SentencePair, ana: User, ben: User) -> None:
    claim_next(Queue(pair.project_id), ana)
    assert claim_next(Queue(pair.project_id), ben) is None
    Claim.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert claim_next(Queue(pair.project_id), ben) == pair
    assert not renew_claim(pair.pk, ana)


def test_it_gives_a_pair_back_at_once(pair: SentencePair, ana: User, ben: User) -> None:
    claim_next(Queue(pair.project_id), ana)
    release_claim(pair.pk, ben)  # not ben's to give
    assert claim_next(Queue(pair.project_id), ben) is None
    release_claim(pair.pk, ana)
    assert claim_next(Queue(pair.project_id), ben) == pair


def test_it_tells_who_is_on_a_pair(pair: SentencePair, ana: User, ben: User, adam: User, sign_in) -> None:
    address = reverse("annotations:pair", args=[pair.pk])
    sign_in(ana).get(address)
    page = sign_in(ben).get(address).content.decode()
    assert "ana is reviewing this sentence now" in page
    assert "Accept all" not in page
    assert "Take it over" not in page
    assert "Take it over" in sign_in(adam).get(address).content.decode()


def test_it_lets_an_adjudicator_take_over(
    pair: SentencePair, ana: User, ben: User, adam: User, sign_in
) -> None:
    claim_pair(pair.pk, ana)
    take_over = reverse("annotations:claim_take_over", args=[pair.pk])
    assert sign_in(ben).post(take_over).status_code == 404
    sign_in(adam).post(take_over)
    assert pair.claim.reviewer == adam
    heartbeat = sign_in(ana).post(reverse("annotations:claim_heartbeat", args=[pair.pk]))
    assert heartbeat.status_code == 409
    assert "adam has this sentence now" in heartbeat.content.decode()


def test_it_keeps_a_claim_alive(pair: SentencePair, ana: User, sign_in) -> None:
    claim_pair(pair.pk, ana)
    Claim.objects.update(until=timezone.now() + timedelta(seconds=5))
    assert sign_in(ana).post(reverse("annotations:claim_heartbeat", args=[pair.pk])).status_code == 204
    assert pair.claim.until > timezone.now() + LEASE / 2


def test_it_offers_skipped_pairs_when_asked(pair: SentencePair, ana: User, ben: User, sign_in) -> None:
    claim_pair(pair.pk, ana)
    form = {"version": 0, "run": pair.shown_run_id, "note": "two readings"}
    sign_in(ana).post(reverse("annotations:review_skip", args=[pair.pk]), form)
    assert claim_next(Queue(pair.project_id), ben) is None
    assert claim_next(Queue(pair.project_id, skipped=True), ben) == pair


def test_skipping_again_goes_on_to_the_next_skipped(project: Project, ana: User, sign_in) -> None:
    first, second = (make_pair(project, status="skipped") for _ in range(2))
    client = sign_in(ana)
    skip = [reverse("annotations:review_skip", args=[pair.pk]) + "?skipped=on" for pair in (first, second)]
    form = {"version": 0, "run": first.shown_run_id}
    assert client.post(skip[0], form).url == reverse("annotations:pair", args=[second.pk]) + "?skipped=on"
    assert client.post(skip[1], form).url.startswith(reverse("annotations:review_next", args=[project.pk]))


@pytest.mark.django_db(transaction=True)
def test_thirty_reviewers_at_once_each_get_their_own() -> None:
    """Real connections, all claiming at the same moment: no pair twice, none left."""
    people = [make_user() for _ in range(30)]
    project = make_project(owner=people[0])
    pairs = [make_pair(project) for _ in people]
    start = threading.Barrier(len(people))
    claimed: list[int] = []

    def claim(user: User) -> None:
        try:
            start.wait()
            pair = claim_next(Queue(project.pk), user)
            claimed.append(pair.pk if pair else 0)
        finally:
            connection.close()

    threads = [threading.Thread(target=claim, args=[user]) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == [pair.pk for pair in pairs]


@pytest.mark.django_db(transaction=True)
def test_a_claim_that_could_not_be_seen_yet_counts_all_the_same() -> None:
    ana, ben = make_user(), make_user()
    project = make_project(owner=ana)
    first, second = make_pair(project, confidence=0.1), make_pair(project)
    claimed: list[SentencePair | None] = []

    def claim() -> None:
        try:
            claimed.append(claim_next(Queue(project.pk), ben))
        finally:
            connection.close()

    thread = threading.Thread(target=claim)
    with transaction.atomic():
        Claim.objects.create(pair=first, reviewer=ana, until=timezone.now() + LEASE)
        thread.start()
        waiting = (
            "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        with connection.cursor() as cursor:
            cursor.execute(waiting)
            while cursor.rowcount == 0:
                assert thread.is_alive()
                time.sleep(0.01)
                cursor.execute("SELECT pg_stat_clear_snapshot()")
                cursor.execute(waiting)
    thread.join()
    assert claimed == [second]


@pytest.mark.django_db(transaction=True)
def test_the_numbers_are_exact_when_many_accept_at_once(sign_in) -> None:
    people = [make_user() for _ in range(8)]
    project = make_project(owner=people[0])
    for person in people[1:]:
        project.memberships.create(user=person, role="annotator")
    for _ in range(40):
        make_pair(project)

    def work(user: User) -> None:
        try:
            client = sign_in(user)
            while pair := claim_next(Queue(project.pk), user):
                form = {"version": 0, "run": pair.shown_run_id}
                accepted = reverse("annotations:review_accept", args=[pair.pk])
                assert client.post(accepted, form).status_code == 302
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[user]) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    totals = project.pair_counts.all().totals()
    assert (totals["n_pairs"], totals["n_awaiting"], totals["n_reviewed"]) == (40, 0, 40)
    assert SentencePair.objects.filter(status="reviewed", reviews__is_gold=True).count() == 40
