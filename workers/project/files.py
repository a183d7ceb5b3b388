"""Project a whole file: sentences in, projections out, in batches, with what the method learns first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workers.align import Aligner, Alignment
from workers.pharaoh import PharaohError, pharaoh_to_links
from workers.project import Projection, ProjectionInput, Projector, get_projector
from workers.spans import Entity
from workers.text_lines import LineError, read_lines

BATCH = 250
SAMPLE = 2_000  # sentences that a method learns from


@dataclass(frozen=True, slots=True)
class SentencePair:
    """Tokens of both sides, the source entities, and what a target-side tagger found where one was run."""

    source_tokens: Sequence[str]
    target_tokens: Sequence[str]
    entities: Sequence[Entity]
    target_entities: Sequence[Entity] | None = None


@dataclass(frozen=True, slots=True)
class ProjectedSentence:
    """status: "" when projected, otherwise "empty" or "failed" with the reason in `message`."""

    pair: SentencePair
    projections: Sequence[Projection]
    status: str = ""
    message: str = ""


class LinksError(ValueError):
    """A file of links that cannot be used: the message starts with `path:line:`."""


def read_links(path: Path, pairs: Sequence[SentencePair]) -> list[Alignment]:
    """Pharaoh links, one line per pair, `i-j` 0-based. Raises LinksError naming the first bad line."""
    try:
        lines = [line for _, line in read_lines(path)]
    except LineError as error:
        raise LinksError(str(error)) from error
    if len(lines) != len(pairs):
        raise LinksError(f"{path}:{len(lines)}: {len(lines)} lines of links for {len(pairs)} sentences")
    return [
        _line_to_alignment(f"{path}:{number}", line, pair)
        for number, (line, pair) in enumerate(zip(lines, pairs, strict=True), 1)
    ]


def project_sentences(
    pairs: Sequence[SentencePair], alignments: Sequence[Alignment] | Aligner, method: str, **options: Any
) -> Iterator[ProjectedSentence]:
    """Project every pair, in order.

    alignments: one per pair, or the aligner to ask. A method that can learn from unlabelled pairs learns
    from the first SAMPLE of them before the first is projected.
    Raises ValueError for an unknown method or option; a pair that cannot be aligned is a status.
    """
    projector = get_projector(method, **options)
    aligned = _aligned(pairs, alignments)
    learn = getattr(projector, "learn", None)
    known: list[Alignment] = []
    if learn is not None and "statistics" not in options:
        known = [alignment for alignment, _ in zip(aligned, pairs[:SAMPLE], strict=False)]
        usable = zip(pairs, known, strict=False)
        sample = [_input(pair, alignment) for pair, alignment in usable if not alignment.status]
        projector = get_projector(method, statistics=learn(sample), **options)
    for start in range(0, len(pairs), BATCH):
        batch = pairs[start : start + BATCH]
        have = known[start : start + BATCH]
        have += [next(aligned) for _ in range(len(batch) - len(have))]
        yield from _project_batch(projector, batch, have)


def align_all(pairs: Sequence[SentencePair], alignments: Sequence[Alignment] | Aligner) -> list[Alignment]:
    """The alignment of every pair, so that several methods can share them."""
    return list(_aligned(pairs, alignments))


def _aligned(pairs: Sequence[SentencePair], alignments: Sequence[Alignment] | Aligner) -> Iterator[Alignment]:
    if isinstance(alignments, Sequence):
        yield from alignments
        return
    for start in range(0, len(pairs), BATCH):
        batch = pairs[start : start + BATCH]
        yield from alignments.align([(pair.source_tokens, pair.target_tokens) for pair in batch])


def _project_batch(
    projector: Projector, batch: Sequence[SentencePair], alignments: Sequence[Alignment]
) -> Iterator[ProjectedSentence]:
    good = [k for k, alignment in enumerate(alignments) if not alignment.status]
    found = projector.project([_input(batch[k], alignments[k]) for k in good])
    by_place = dict(zip(good, found, strict=True))
    for place, (pair, alignment) in enumerate(zip(batch, alignments, strict=True)):
        if place in by_place:
            yield ProjectedSentence(pair, by_place[place])
        else:
            missing = [Projection(entity, None, 0.0, 0.0, 0.0, reason="no-link") for entity in pair.entities]
            yield ProjectedSentence(pair, missing, alignment.status, alignment.message)


def _input(pair: SentencePair, alignment: Alignment) -> ProjectionInput:
    return ProjectionInput(
        pair.source_tokens,
        pair.target_tokens,
        pair.entities,
        alignment.links,
        alignment.scores,
        alignment.similarity,
        pair.target_entities,
    )


def _line_to_alignment(place: str, line: str, pair: SentencePair) -> Alignment:
    n, m = len(pair.source_tokens), len(pair.target_tokens)
    try:
        links = pharaoh_to_links(line, n_source=n, n_target=m)
    except PharaohError as error:
        raise LinksError(f"{place}: {error}") from error
    return Alignment(links, np.ones(len(links), dtype=np.float32))
