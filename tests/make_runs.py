"""Sentence pairs as an import leaves them, and runs over them as far as a test wants, without a worker."""

import hashlib
from uuid import uuid4

from annotations.models import Project, ProjectionRun, SentencePair, SourceEntity
from annotations.tokens import join_tokens
from workers import store
from workers.pairs import PairOutput

# (source, target, source entities): short sentences that every aligner gets right
SENTENCES = [
    ("Ana Torres lives in Madrid .", "Ana Torres vive en Madrid .", [(0, 2, "PER"), (4, 5, "LOC")]),
    ("Siemens hired John Miller .", "Siemens contrató a John Miller .", [(0, 1, "ORG"), (2, 4, "PER")]),
    ("It rained all day .", "Llovió todo el día .", []),
    ("The train to Lisbon was late .", "El tren a Lisboa llegó tarde .", [(3, 4, "LOC")]),
]


def add_pair(
    project: Project,
    source: str,
    target: str,
    entities: list[tuple[int, int, str]] | None,
    *,
    language: str = "es",
    domain: str = "",
) -> SentencePair:
    """Add a pair of space-separated sentences. entities: None leaves the source unlabelled."""
    number = SentencePair.objects.filter(project=project).count()
    source_text, source_offsets = join_tokens(source.split())
    target_text, target_offsets = join_tokens(target.split())
    pair = SentencePair.objects.create(
        project=project,
        source_language="en",
        target_language=language,
        domain=domain,
        source_text=source_text,
        source_offsets=source_offsets,
        target_text=target_text,
        target_offsets=target_offsets,
        has_source_labels=entities is not None,
        fingerprint=hashlib.sha256(f"{number} {source} {target}".encode()).hexdigest(),
    )
    SourceEntity.objects.bulk_create(
        SourceEntity(pair=pair, start=start, end=end, label=label) for start, end, label in entities or []
    )
    return pair


def add_pairs(project: Project, n: int, *, labelled: bool = True, **fields: str) -> list[SentencePair]:
    """Add n pairs of SENTENCES, over and over."""
    pairs = []
    for number in range(n):
        source, target, entities = SENTENCES[number % len(SENTENCES)]
        pairs.append(add_pair(project, source, target, entities if labelled else None, **fields))
    return pairs


def prepare_run(run: ProjectionRun, *, signature: str = "method:word-to-word|model:x") -> ProjectionRun:
    """What the first worker does: chunks, and a signature."""
    token = uuid4()
    assert store.claim_run(run.pk, token)
    store.create_chunks(run.pk)
    store.finish_preparation(run.pk, token, statistics={}, signature=signature)
    run.refresh_from_db()
    return run


def save_next_chunk(run: ProjectionRun, status: str = "no-entities", message: str = "") -> None:
    """What any worker does, with the same outcome for every pair of the chunk."""
    claim = store.claim_chunk(run.pk, uuid4())
    outputs = [PairOutput(pair.pair_id, status, message) for pair in store.load_pairs(claim)]
    store.save_chunk(claim, outputs, seconds=0.5)
    run.refresh_from_db()
