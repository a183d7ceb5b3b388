"""A run through a real broker and a real worker: to its end, past kill -9, past a lost message."""

from collections import Counter

import pytest
from make_pairs import add_pairs, make_project

from annotations.actions.runs import launch_run
from annotations.models import Candidate, PairResult, ProjectionRun, RunChunk, SourceEntity

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

LINKS_ONLY = {"method": "word-to-word", "aligner": "simalign"}


def launch(project, **choices):
    return launch_run(project=project, user=project.created_by, target_language="es", **LINKS_ONLY | choices)


def ended(run):
    run.refresh_from_db()
    return not run.is_active


def check_every_pair_once(run, pairs):
    """One result per pair, and counters that say what the tables hold."""
    results = PairResult.objects.filter(run=run)
    assert Counter(results.values_list("pair", flat=True)) == Counter(pair.pk for pair in pairs)
    choices = Candidate.objects.filter(run=run, rank=0)
    assert run.n_pairs == run.n_done == len(pairs)
    assert run.n_failed == results.filter(status__in=["failed", "empty"]).count()
    assert run.n_candidates == choices.filter(start__isnull=False).count()
    assert run.n_missing == choices.filter(start__isnull=True).count()
    assert not RunChunk.objects.filter(run=run).exclude(status="done").exists()


def test_it_projects_labelled_and_unlabelled_pairs(live_worker, wait_until):
    project = make_project()
    pairs = add_pairs(project, 4) + add_pairs(project, 4, labelled=False)

    run = launch(project, chunk_size=3)
    wait_until(lambda: ended(run), why="the run is finished")

    assert (run.status, run.error) == ("done", "")
    check_every_pair_once(run, pairs)
    found = Candidate.objects.get(run=run, pair=pairs[0], rank=0, label="LOC")
    assert pairs[0].target_tokens[found.start : found.end] == ["Madrid"]
    assert SourceEntity.objects.filter(run=run, pair=pairs[4], label="LOC").exists()
    assert "simalign" in run.signature and "word-to-word" in run.signature
