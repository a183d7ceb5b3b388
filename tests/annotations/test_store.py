"""What the workers keep: chunks by key ranges, claims under a lease, results saved whole or not at all."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import numpy as np
import pytest
from django.db import IntegrityError
from django.db.models.functions import Now

from annotations.models import (
    Candidate,
    PairResult,
    ProjectionRun,
    Review,
    ReviewItem,
    RunChunk,
    SentencePair,
    SourceEntity,
)
from factories import make_project
from make_runs import add_pair, add_pairs, prepare_run
from workers import store
from workers.align import Alignment
from workers.pairs import PairOutput
from workers.project import Projection
from workers.spans import Entity, ScoredSpan, Span

pytestmark = pytest.mark.django_db

FIRST_WORD = Span(0, 1)
ALIGNMENT = Alignment(
    links=np.array([[0, 0], [1, 1]], np.int32),
    scores=np.array([0.75, 0.5], np.float32),
    similarity=np.array([[0.75, 0.25], [0.25, 0.5]], np.float16),
)


def make_run(project, **fields):
    choices = {"target_language": "es", "tagger": "spacy-en", "aligner": "simalign", "method": "word-to-word"}
    return ProjectionRun.objects.create(project=project, created_by=project.created_by, **choices | fields)


def make_prepared_run(project, **fields):
    return prepare_run(make_run(project, **fields), signature="all of it")


def project_first_entity(pair, *, span=FIRST_WORD, confidence=0.75, **fields):
    """An output that carries the pair's first entity, or one found by the tagger, to `span`."""
    first = SourceEntity.objects.filter(pair=pair, run=None).order_by("start").first()
    entity = Entity(first.start, first.end, first.label) if first else Entity(0, 1, "PER", 0.5)
    projection = Projection(
        entity, span, 1.5, confidence, 0.25, alternatives=(ScoredSpan(1, 2, 0.5),), reason="close-call"
    )
    output = {"entities": (entity,), "tagged": first is None, "alignment": ALIGNMENT}
    return PairOutput(pair.pk, "done", projections=(projection,), **output | fields)


def save_all(run, make_output=project_first_entity):
    while claim := store.claim_chunk(run.pk, uuid4()):
        pairs = SentencePair.objects.filter(id__in=[pair.pair_id for pair in store.load_pairs(claim)])
        store.save_chunk(claim, [make_output(pair) for pair in pairs.order_by("id")], seconds=0.5)
    run.refresh_from_db()


def counters(run):
    run.refresh_from_db()
    return run.n_pairs, run.n_done, run.n_failed, run.n_candidates, run.n_missing


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


# --- saving


def test_it_saves_links_candidates_and_counters():
    project = make_project()
    labelled = add_pair(project, "Ana sings", "Ana canta", [(0, 1, "PER")])
    unlabelled = add_pair(project, "Eva runs", "Eva corre", None)
    run = make_prepared_run(project)
    save_all(run)

    assert (run.status, counters(run)) == ("done", (2, 2, 0, 2, 0))
    result = PairResult.objects.get(run=run, pair=labelled)
    assert (result.status, result.link_sources, result.link_targets) == ("done", [0, 1], [0, 1])
    assert result.link_scores == [0.75, 0.5]
    matrix = np.frombuffer(result.similarity, "<f2").reshape(2, 2)
    assert (matrix == ALIGNMENT.similarity).all()

    choice, other = Candidate.objects.filter(run=run, pair=labelled)
    assert (choice.rank, choice.start, choice.end, choice.label, choice.score) == (0, 0, 1, "PER", 1.5)
    assert (choice.confidence, choice.margin, choice.reason) == (0.75, 0.25, "close-call")
    assert choice.source_entity.run is None
    assert (other.rank, other.start, other.end, other.score, other.confidence) == (1, 1, 2, 0.5, None)

    tagged = SourceEntity.objects.get(pair=unlabelled)
    assert (tagged.run, tagged.start, tagged.end, tagged.label, tagged.score) == (run, 0, 1, "PER", 0.5)
    assert set(tagged.candidates.values_list("rank", flat=True)) == {0, 1}
    chunk = run.chunks.get()
    assert (chunk.status, chunk.seconds, chunk.claim_token) == ("done", 0.5, None)


def test_it_saves_who_voted_for_the_answer():
    project = make_project()
    add_pair(project, "Ana sings", "Ana canta", [(0, 1, "PER")])
    run = make_prepared_run(project, method="ensemble")
    voters = ("soft", "word-to-word")

    def vote(pair):
        output = project_first_entity(pair)
        return replace(output, projections=tuple(replace(p, voters=voters) for p in output.projections))

    save_all(run, vote)
    choice, other = Candidate.objects.filter(run=run)
    assert (choice.voters, other.voters) == (list(voters), None)


def test_an_entity_without_a_target_keeps_a_row():
    project = make_project()
    pair = add_pair(project, "Ana sings", "Ana canta", [(0, 1, "PER")])
    run = make_prepared_run(project)
    save_all(run, lambda pair: project_first_entity(pair, span=None, confidence=0.25))
    missing = Candidate.objects.get(run=run, rank=0)
    assert (missing.start, missing.end, missing.confidence) == (None, None, 0.25)
    assert counters(run) == (1, 1, 0, 0, 1)
    pair.refresh_from_db()
    assert pair.priority == 0.75


def test_a_chunk_may_be_run_again_and_the_counters_stay_exact():
    project = make_project()
    pairs = add_pairs(project, 4, labelled=False)
    run = make_prepared_run(project, chunk_size=2)
    save_all(run)
    rows = Candidate.objects.count(), SourceEntity.objects.count(), PairResult.objects.count()
    before = counters(run)

    RunChunk.objects.update(status="queued")
    ProjectionRun.objects.update(status="running")
    save_all(run)
    assert counters(run) == before == (4, 4, 0, 4, 0)
    assert (Candidate.objects.count(), SourceEntity.objects.count(), PairResult.objects.count()) == rows

    RunChunk.objects.filter(first_pair_id=pairs[0].pk).update(status="queued")
    ProjectionRun.objects.update(status="running")
    save_all(run, lambda pair: PairOutput(pair.pk, "failed", "no luck"))
    assert counters(run) == (4, 4, 2, 2, 0)


def test_it_replaces_only_its_own_rows():
    project = make_project()
    add_pairs(project, 2)
    first = make_prepared_run(project)
    save_all(first)
    second = make_prepared_run(project)
    save_all(second)
    RunChunk.objects.filter(run=second).update(status="queued")
    ProjectionRun.objects.filter(pk=second.pk).update(status="running")
    save_all(second)
    assert Candidate.objects.filter(run=first).count() == Candidate.objects.filter(run=second).count() > 0
    assert PairResult.objects.filter(run=first).count() == 2


def test_a_claim_that_was_lost_saves_nothing():
    project = make_project()
    [pair] = add_pairs(project, 1)
    run = make_prepared_run(project)
    claim = store.claim_chunk(run.pk, uuid4())
    RunChunk.objects.update(claim_token=uuid4())
    with pytest.raises(store.ClaimLost):
        store.save_chunk(claim, [project_first_entity(pair)], seconds=1)
    assert not PairResult.objects.exists()
    pair.refresh_from_db()
    assert pair.status == "new"


def test_a_run_that_was_cancelled_meanwhile_saves_nothing_and_gives_the_chunk_back():
    project = make_project()
    [pair] = add_pairs(project, 1)
    run = make_prepared_run(project)
    claim = store.claim_chunk(run.pk, uuid4())
    ProjectionRun.objects.update(status="cancelled")
    with pytest.raises(store.ClaimLost):
        store.save_chunk(claim, [project_first_entity(pair)], seconds=1)
    store.release_chunk(claim)
    chunk = run.chunks.get()
    assert (chunk.status, chunk.attempts) == ("queued", 0)
    assert counters(run) == (1, 0, 0, 0, 0)


def test_a_saved_chunk_is_not_saved_twice():
    project = make_project()
    pairs = add_pairs(project, 2)
    run = make_prepared_run(project, chunk_size=1)
    claim = store.claim_chunk(run.pk, uuid4())
    store.save_chunk(claim, [project_first_entity(pairs[0])], seconds=1)
    with pytest.raises(store.ClaimLost):
        store.save_chunk(claim, [project_first_entity(pairs[0])], seconds=1)
    assert counters(run)[1] == 1


def test_pairs_that_were_deleted_meanwhile_are_left_out():
    project = make_project()
    pairs = add_pairs(project, 2)
    run = make_prepared_run(project)
    claim = store.claim_chunk(run.pk, uuid4())
    outputs = [project_first_entity(pair) for pair in pairs]
    pairs[0].delete()
    store.save_chunk(claim, outputs, seconds=1)
    assert counters(run) == (1, 1, 0, 1, 0)
    run.refresh_from_db()
    assert run.status == "done"


def test_it_refuses_a_span_past_the_sentence_and_keeps_nothing_of_the_chunk():
    project = make_project()
    pairs = add_pairs(project, 2)
    run = make_prepared_run(project)
    claim = store.claim_chunk(run.pk, uuid4())
    outputs = [project_first_entity(pairs[0]), project_first_entity(pairs[1], span=Span(50, 51))]
    with pytest.raises(IntegrityError, match="goes past"):
        store.save_chunk(claim, outputs, seconds=1)
    assert not PairResult.objects.exists()


def test_a_large_similarity_matrix_is_not_kept():
    project = make_project()
    [pair] = add_pairs(project, 1)
    run = make_prepared_run(project)
    wide = Alignment(ALIGNMENT.links, ALIGNMENT.scores, np.zeros((600, 600), np.float16))
    save_all(run, lambda pair: project_first_entity(pair, alignment=wide))
    assert PairResult.objects.get(pair=pair).similarity is None


# --- the queue of reviewers


def test_projected_pairs_await_review_hardest_first():
    project = make_project()
    sure, unsure = (
        add_pair(project, "A b", "A b", [(0, 1, "PER")]),
        add_pair(project, "C d", "C d", [(0, 1, "PER")]),
    )
    empty = add_pair(project, "e f", "e f", [])
    broken = add_pair(project, "g h", "g h", [])
    run = make_prepared_run(project)
    outputs = {
        sure.pk: project_first_entity(sure, confidence=0.9),
        unsure.pk: project_first_entity(unsure, confidence=0.25),
        empty.pk: PairOutput(empty.pk, "no-entities", alignment=ALIGNMENT),
        broken.pk: PairOutput(broken.pk, "failed", "no luck"),
    }
    save_all(run, lambda pair: outputs[pair.pk])
    queue = SentencePair.objects.awaiting_review().hardest_first()
    assert list(queue.values_list("pk", flat=True)) == [unsure.pk, sure.pk, empty.pk]
    assert [round(priority, 6) for priority in queue.values_list("priority", flat=True)] == [0.75, 0.1, 0.0]
    assert set(queue.values_list("shown_run", flat=True)) == {run.pk}
    broken.refresh_from_db()
    assert (broken.status, broken.shown_run) == ("new", None)
    assert PairResult.objects.with_problem().get(run=run).message == "no luck"


@pytest.mark.parametrize(("status", "shown"), [("skipped", True), ("suggested", True), ("reviewed", False)])
def test_what_people_decided_stays(status, shown):
    project = make_project()
    [pair] = add_pairs(project, 1)
    SentencePair.objects.update(status=status)
    run = make_prepared_run(project)
    save_all(run)
    pair.refresh_from_db()
    assert pair.status == status
    assert (pair.shown_run == run) is shown


def test_a_review_of_replaced_candidates_stays_as_it_is():
    project = make_project()
    [pair] = add_pairs(project, 1, labelled=False)
    run = make_prepared_run(project)
    save_all(run)
    review = Review.objects.create(pair=pair, reviewer=project.created_by, run=run)
    choice = Candidate.objects.get(run=run, rank=0)
    item = ReviewItem.objects.create(
        review=review,
        position=0,
        state="accepted",
        start=0,
        end=1,
        label="PER",
        candidate=choice,
        source_entity=choice.source_entity,
    )
    RunChunk.objects.update(status="queued")
    ProjectionRun.objects.update(status="running")
    save_all(run)
    item.refresh_from_db()
    assert (item.state, item.start, item.end, item.candidate, item.source_entity) == (
        "accepted",
        0,
        1,
        None,
        None,
    )


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
