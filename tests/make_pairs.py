"""Sentence pairs as an import leaves them, for runs to work on."""

import hashlib

from annotations.models import Project, SentencePair, SourceEntity
from annotations.tokens import join_tokens

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
