"""Runs over hand-made pairs, and outputs as a worker has them before they are saved."""

from uuid import uuid4

import numpy as np

from annotations.models import ProjectionRun, SentencePair, SourceEntity
from make_runs import prepare_run
from workers import store
from workers.align import Alignment
from workers.pairs import PairOutput
from workers.project import Projection
from workers.spans import Entity, ScoredSpan, Span

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
