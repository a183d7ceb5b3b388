"""What a chunk found is saved whole or not at all, counted exactly, and shown hardest first."""

from dataclasses import replace
from uuid import uuid4

import numpy as np
import pytest
from django.db import IntegrityError

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
from make_runs import add_pair, add_pairs
from run_outputs import ALIGNMENT, counters, make_prepared_run, project_first_entity, save_all
from workers import store
from workers.align import Alignment
from workers.pairs import PairOutput
from workers.spans import Span

pytestmark = pytest.mark.django_db


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
