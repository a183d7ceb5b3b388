"""What the workers keep of a run: chunks by key ranges, claims under a lease, ends and awakenings."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models.functions import Now

from annotations.models import ProjectionRun, RunChunk, SentencePair, SourceEntity
from factories import make_project
from make_runs import add_pair, add_pairs
from run_outputs import make_prepared_run, make_run, project_first_entity
from workers import store
from workers.spans import Entity

pytestmark = pytest.mark.django_db

# --- preparing


def test_it_cuts_the_scope_into_key_ranges():
    project = make_project()
    pairs = add_pairs(project, 5)
    add_pairs(project, 2, language="de")
    run = make_prepared_run(project, chunk_size=2)
    ranges = list(run.chunks.values_list("first_pair_id", "last_pair_id", "n_pairs"))
    ids = [pair.pk for pair in pairs]
    assert ranges == [(ids[0], ids[1], 2), (ids[2], ids[3], 2), (ids[4], ids[4], 1)]
    assert (run.n_pairs, run.status, run.signature) == (5, "running", "all of it")


def test_it_cuts_chunks_once():
    project = make_project()
    add_pairs(project, 3)
    run = make_run(project, chunk_size=1)
    store.create_chunks(run.pk)
    add_pairs(project, 3)
    store.create_chunks(run.pk)
    assert run.chunks.count() == 3


@pytest.mark.parametrize(
    ("scope", "scope_filter", "n_pairs"),
    [("all", {}, 4), ("unreviewed", {}, 3), ("filter", {"domain": "news"}, 1)],
)
def test_it_keeps_to_the_scope(scope, scope_filter, n_pairs):
    project = make_project()
    pairs = add_pairs(project, 3) + [add_pair(project, "Ana sings", "Ana canta", None, domain="news")]
    SentencePair.objects.filter(pk=pairs[0].pk).update(status="reviewed")
    run = make_prepared_run(project, scope=scope, scope_filter=scope_filter)
    assert run.n_pairs == n_pairs
    assert len(store.load_pairs(store.claim_chunk(run.pk, uuid4()))) == n_pairs


def test_it_knows_whether_a_tagger_is_needed():
    project = make_project()
    add_pairs(project, 2)
    assert not make_prepared_run(project).uses_tagger
    ProjectionRun.objects.update(status="done")
    add_pairs(project, 1, labelled=False)
    assert make_prepared_run(project).uses_tagger


def test_a_run_without_pairs_is_done_when_it_is_prepared():
    run = make_prepared_run(make_project())
    assert (run.status, run.n_pairs) == ("done", 0)
    assert run.finished_at is not None


def test_a_run_is_prepared_by_one_worker_at_a_time():
    run = make_run(make_project())
    token = uuid4()
    assert store.claim_run(run.pk, token)
    assert not store.claim_run(run.pk, uuid4())
    assert store.claim_run(run.pk, token)  # its message came back, so its worker is gone
    ProjectionRun.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert store.claim_run(run.pk, uuid4())


def test_a_run_that_ends_its_workers_while_it_is_prepared_fails():
    run = make_run(make_project())
    for _ in range(3):
        assert store.claim_run(run.pk, uuid4())
        ProjectionRun.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert not store.claim_run(run.pk, uuid4())
    run.refresh_from_db()
    assert (run.status, run.error) == ("failed", "3 workers in a row were lost while they prepared the run")


def test_a_cancelled_run_is_not_prepared_any_further():
    run, token = make_run(make_project()), uuid4()
    store.claim_run(run.pk, token)
    ProjectionRun.objects.update(status="cancelled")
    with pytest.raises(store.ClaimLost):
        store.finish_preparation(run.pk, token, statistics={}, signature="")


def test_the_sample_is_spread_over_the_scope():
    project = make_project()
    pairs = add_pairs(project, 10)
    run = make_run(project)
    sample = [pair.pair_id for pair in store.load_sample(run.pk, 4)]
    assert sample == [pairs[0].pk, pairs[3].pk, pairs[6].pk, pairs[9].pk]
    assert len(store.load_sample(run.pk, 100)) == 10


# --- claiming


def test_it_loads_tokens_and_imported_entities():
    project = make_project()
    pair = add_pair(project, "Ana lives in Madrid", "Ana vive en Madrid", [(3, 4, "LOC"), (0, 1, "PER")])
    unlabelled = add_pair(project, "Ana sings", "Ana canta", None)
    plain = add_pair(project, "She sings", "Canta", [])
    run = make_prepared_run(project)
    SourceEntity.objects.create(pair=unlabelled, run=run, start=0, end=1, label="PER")
    first, second, third = store.load_pairs(store.claim_chunk(run.pk, uuid4()))
    assert (first.pair_id, first.source.tokens) == (pair.pk, ["Ana", "lives", "in", "Madrid"])
    assert first.entities == (Entity(0, 1, "PER"), Entity(3, 4, "LOC"))
    assert second.entities is None
    assert (third.pair_id, third.entities) == (plain.pk, ())


def test_a_chunk_is_claimed_once_and_again_when_its_lease_ran_out():
    project = make_project()
    add_pairs(project, 1)
    run = make_prepared_run(project)
    claim = store.claim_chunk(run.pk, uuid4())
    assert store.claim_chunk(run.pk, uuid4()) is None
    assert store.claim_chunk(run.pk, claim.token) == claim
    RunChunk.objects.update(lease_until=Now() - timedelta(seconds=1))
    other = store.claim_chunk(run.pk, uuid4())
    assert other.chunk_id == claim.chunk_id
    assert not store.has_claimable_chunk(run.pk, claim.token)


def test_a_lease_is_renewed_by_its_holder_only():
    project = make_project()
    add_pairs(project, 1)
    run = make_prepared_run(project)
    claim = store.claim_chunk(run.pk, uuid4())
    long_ago = Now() - timedelta(hours=1)
    RunChunk.objects.update(lease_until=long_ago, claim_token=uuid4())
    store.extend_chunk_lease(claim)
    assert store.claim_chunk(run.pk, claim.token) is not None


def test_a_chunk_that_ends_its_workers_fails_and_the_run_goes_on():
    project = make_project()
    add_pairs(project, 2)
    run = make_prepared_run(project, chunk_size=1)
    for _ in range(3):
        claim = store.claim_chunk(run.pk, uuid4())
        RunChunk.objects.filter(pk=claim.chunk_id).update(lease_until=Now() - timedelta(seconds=1))
    other = store.claim_chunk(run.pk, uuid4())
    assert other.chunk_id != claim.chunk_id
    failed = RunChunk.objects.get(pk=claim.chunk_id)
    assert (failed.status, failed.error) == (
        "failed",
        "3 workers in a row were lost while they worked on it",
    )


@pytest.mark.parametrize("status", ["cancelled", "failed", "done"])
def test_nothing_is_claimed_of_a_run_that_is_not_running(status):
    project = make_project()
    add_pairs(project, 1)
    run = make_prepared_run(project)
    ProjectionRun.objects.update(status=status)
    assert store.claim_chunk(run.pk, uuid4()) is None
    assert not store.claim_run(run.pk, uuid4())


# --- ending and waking


def test_a_run_with_failed_chunks_fails_once_the_others_are_done():
    project = make_project()
    pairs = add_pairs(project, 2)
    run = make_prepared_run(project, chunk_size=1)
    store.fail_chunk(store.claim_chunk(run.pk, uuid4()), "no luck")
    run.refresh_from_db()
    assert run.status == "running"
    store.save_chunk(store.claim_chunk(run.pk, uuid4()), [project_first_entity(pairs[1])], seconds=1)
    run.refresh_from_db()
    assert (run.status, run.n_done) == ("failed", 1)
    assert run.error == "1 of 2 chunks failed; resume the run to try them again"


def test_an_ended_run_stays_as_it_ended():
    run = make_prepared_run(make_project())
    store.fail_run(run.pk, "too late")
    run.refresh_from_db()
    assert (run.status, run.error) == ("done", "")


def test_a_starting_worker_wakes_every_active_run():
    project = make_project()
    add_pairs(project, 1)
    prepared = make_prepared_run(project)
    queued = make_run(project, target_language="de")
    make_run(project, target_language="it", status="cancelled")
    assert sorted(store.take_runs_to_wake(only_stalled=False)) == [(prepared.pk, True), (queued.pk, False)]


def test_only_runs_that_stand_still_are_woken_and_each_once():
    project = make_project()
    add_pairs(project, 2)
    run = make_prepared_run(project, chunk_size=1)
    assert store.take_runs_to_wake(only_stalled=True) == []  # it moved just now
    long_ago = Now() - timedelta(hours=1)
    ProjectionRun.objects.update(moved_at=long_ago)
    claim = store.claim_chunk(run.pk, uuid4())
    assert store.take_runs_to_wake(only_stalled=True) == []  # somebody is at work
    RunChunk.objects.filter(pk=claim.chunk_id).update(lease_until=long_ago)
    assert store.take_runs_to_wake(only_stalled=True) == [(run.pk, True)]
    assert store.take_runs_to_wake(only_stalled=True) == []


def test_a_run_that_is_being_prepared_is_not_woken():
    run = make_run(make_project())
    store.claim_run(run.pk, uuid4())
    ProjectionRun.objects.update(moved_at=Now() - timedelta(hours=1))
    assert store.take_runs_to_wake(only_stalled=True) == []
    ProjectionRun.objects.update(lease_until=Now() - timedelta(hours=1))
    assert store.take_runs_to_wake(only_stalled=True) == [(run.pk, False)]
