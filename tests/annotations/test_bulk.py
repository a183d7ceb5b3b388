"""Decisions over many sentences: the first block at once, the rest by a worker, one step to stop or undo."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from annotations.actions.bulk_work import work_block, work_bulk
from annotations.models import AuditEntry, BulkChange, FastLane, Project, Review, ReviewEvent, User
from factories import make_pair, make_run

Status = BulkChange.Status


@pytest.fixture(autouse=True)
def blocks_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotations.actions.bulk_work.BLOCK", 2)


@pytest.fixture
def lane(project: Project, adam: User) -> FastLane:
    """A passed check, with seven sentences above its threshold."""
    run = make_run(project)
    for _ in range(7):
        make_pair(project, run=run, confidence=0.97)
    lane = FastLane.objects.create(
        project=project, person=adam, run=run, threshold=0.9, sample=[], n_seeded=0, n_missed=0
    )
    FastLane.objects.update(answered_at=lane.created_at)
    return lane


@pytest.fixture
def begun(lane: FastLane, adam: User, sign_in) -> BulkChange:
    response = sign_in(adam).post(reverse("annotations:fast_lane_accept", args=[lane.pk]))
    bulk = BulkChange.objects.get()
    assert response.url == bulk.get_absolute_url()
    return bulk


def n_gold() -> int:
    return Review.objects.gold().count()


def post(client: Client, name: str, bulk: BulkChange) -> None:
    client.post(reverse(f"annotations:bulk_{name}", args=[bulk.pk]))
    bulk.refresh_from_db()


def test_a_block_at_once_and_the_rest_by_a_worker(begun: BulkChange, adam: User, sign_in) -> None:
    assert (begun.status, begun.n_reviews, n_gold()) == (Status.WORKING, 2, 2)
    page = sign_in(adam).get(begun.get_absolute_url()).content.decode()
    assert "Being done" in page and "hx-trigger" in page
    work_bulk(begun.pk)
    begun.refresh_from_db()
    assert (begun.status, begun.n_reviews, n_gold()) == (Status.DONE, 7, 7)
    assert AuditEntry.objects.filter(kind="bulk-decided").get().detail["n"] == 7
    assert "hx-trigger" not in sign_in(adam).get(begun.get_absolute_url()).content.decode()


def test_a_worker_that_is_killed_loses_nothing(begun: BulkChange) -> None:
    """Each block stands by itself; whoever is asked next goes on behind it."""
    assert work_block(begun.pk)
    assert n_gold() == 4
    work_bulk(begun.pk)
    work_bulk(begun.pk)  # a message that came twice
    assert n_gold() == 7 and ReviewEvent.objects.count() == 7


def test_it_stops_where_it_is(begun: BulkChange, adam: User, sign_in) -> None:
    post(sign_in(adam), "stop", begun)
    work_bulk(begun.pk)
    assert (begun.status, n_gold()) == (Status.DONE, 2)


def test_taking_back_goes_block_by_block_too(begun: BulkChange, adam: User, sign_in) -> None:
    work_block(begun.pk)
    client = sign_in(adam)
    post(client, "undo", begun)  # while it was still being done
    assert (begun.status, begun.n_changed, n_gold()) == (Status.UNDOING, 2, 2)
    work_bulk(begun.pk)
    begun.refresh_from_db()
    assert (begun.status, n_gold()) == (Status.UNDONE, 0)
    post(client, "redo", begun)
    work_bulk(begun.pk)
    assert n_gold() == 4


def test_what_its_person_does_meanwhile_is_undone_by_itself(
    begun: BulkChange, project: Project, adam: User, sign_in
) -> None:
    """The line of single steps goes on around the decision, before and after it was taken back."""
    client, own = sign_in(adam), make_pair(project, confidence=0.3)

    def edit(name: str, version: int) -> None:
        seen = {"version": version, "run": own.shown_run_id, "edit": name, "position": 0}
        assert client.post(reverse("annotations:review_edit", args=[own.pk]), seen).status_code == 302

    edit("label:ORG", 0)
    work_bulk(begun.pk)
    undo = reverse("annotations:undo", args=[project.pk])
    client.post(undo)  # the decision, which was done last
    edit("reject", 1)
    work_bulk(begun.pk)
    begun.refresh_from_db()
    assert (begun.status, n_gold()) == (Status.UNDONE, 0)
    client.post(undo)
    item = Review.objects.get(pair=own).items.get(position=0)
    assert (item.label, item.state) == ("ORG", "accepted")
    client.post(undo)
    assert Review.objects.get(pair=own).items.get(position=0).label == "PER"


def test_one_at_a_time_and_only_by_its_person(
    begun: BulkChange, lane: FastLane, adam: User, olga: User, sign_in
) -> None:
    page = sign_in(adam).post(reverse("annotations:fast_lane_accept", args=[lane.pk]), follow=True)
    assert "Another of your steps" in page.content.decode() and BulkChange.objects.count() == 1
    post(sign_in(olga), "stop", begun)
    assert begun.status == Status.WORKING


def test_a_page_without_a_worker_says_so(begun: BulkChange, adam: User, sign_in, live_broker: str) -> None:
    cache.delete("answering-workers")
    page = sign_in(adam).get(begun.get_absolute_url()).content.decode()
    assert "No worker answers." in page and "Ask the workers again" in page
