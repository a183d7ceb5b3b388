"""An entity projected again once its reviewer has drawn or removed links, with what is stored: no model runs.

The engine is the run's own method over its stored links and scores. What people decided is a fact to it:
accepted spans are pinned, rejected ones vetoed, and the reviewer's links outweigh the machine's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from annotations.items import ACCEPTED, PENDING, REJECTED, Item, Snapshot
from annotations.models import PairResult, ProjectionRun, SentencePair, SourceEntity

if TYPE_CHECKING:
    from workers.project import Projection, ProjectionInput, Projector

Span = tuple[int, int]
FALLBACK = "soft"  # needs links only; for pairs without a run, and for methods that need what is not stored


@dataclass(frozen=True, slots=True)
class Alignment:
    """What a run stored of a pair. similarity: float16 bytes, row-major, or None."""

    links: dict[tuple[int, int], float]
    similarity: bytes | None = None


def load_alignment(pair_id: int, run_id: int | None) -> Alignment:
    fields = ("link_sources", "link_targets", "link_scores", "similarity")
    found = PairResult.objects.filter(pair=pair_id, run=run_id).values_list(*fields).first()
    if found is None:
        return Alignment({})
    sources, targets, scores, similarity = found
    links = dict(zip(zip(sources, targets, strict=True), scores, strict=True))
    return Alignment(links, bytes(similarity) if similarity is not None else None)


def reproject(
    review: Snapshot, changed: tuple[int, int], pair: SentencePair, run_id: int | None, alignment: Alignment
) -> Snapshot:
    """The review with a fresh suggestion for the entity whose link changed.

    An accepted entity stays as it is. A rejected one comes back, with other words, when it gets a link.
    """
    entities = SourceEntity.objects.in_bulk(
        [item.source_entity for item in review.items if item.source_entity]
    )
    item = next(
        (item for item in review.items if _covers(entities.get(item.source_entity), changed[0])), None
    )
    is_drawn = changed in review.links(alignment.links)
    if item is None or item.state == ACCEPTED or (item.state == REJECTED and not is_drawn):
        return review
    source = entities[item.source_entity]
    members = [other for other in review.items if other.source_entity in entities]
    members.sort(key=lambda other: entities[other.source_entity].start)
    request = _projection_input(pair, review, members, entities, alignment)
    answers = get_engine(run_id).project([request])[0]
    span = _first_that_honours(answers[members.index(item)], item, source, review, alignment)
    if span is None and item.state == REJECTED:
        return review
    start, end = span or (None, None)
    return review.with_item(replace(item, start=start, end=end, state=PENDING))


@lru_cache(maxsize=8)
def get_engine(run_id: int | None) -> Projector:
    """The projection method of a run, with what the run had learnt."""
    from workers.project import get_projector

    run = ProjectionRun.objects.filter(pk=run_id or 0).only("method", "method_options", "statistics").first()
    if run is None or run.method == "ner-candidates":  # which needs the target tagger's spans
        return get_projector(FALLBACK)
    options = dict(run.method_options)
    if run.statistics:
        options["statistics"] = run.statistics
    try:
        return get_projector(run.method, **options)
    except ValueError:
        return get_projector(FALLBACK)  # the run was made by a version with other methods or options


def _projection_input(
    pair: SentencePair,
    review: Snapshot,
    members: list[Item],
    entities: dict[int, SourceEntity],
    alignment: Alignment,
) -> ProjectionInput:
    import numpy as np

    from workers.project import ProjectionInput
    from workers.spans import Entity
    from workers.spans import Span as TokenSpan

    links = sorted(review.links(alignment.links))
    shape = (len(pair.source_offsets) // 2, len(pair.target_offsets) // 2)
    similarity = None
    if alignment.similarity is not None and len(alignment.similarity) == 2 * shape[0] * shape[1]:
        similarity = np.frombuffer(alignment.similarity, dtype="<f2").reshape(shape).copy()
        low, high = similarity.min(), similarity.max()
        for i, j in review.added_links:
            similarity[i, j] = high
        for i, j in review.removed_links:
            similarity[i, j] = low
    sources = [entities[item.source_entity] for item in members if item.source_entity is not None]
    return ProjectionInput(
        source_tokens=pair.source_tokens,
        target_tokens=pair.target_tokens,
        entities=[Entity(source.start, source.end, source.label, source.score) for source in sources],
        links=np.array(links, dtype=np.int32).reshape(-1, 2),
        link_scores=np.array([alignment.links.get(link, 1.0) for link in links], dtype=np.float32),
        similarity=similarity,
        pins={
            index: TokenSpan(item.start, item.end)
            for index, item in enumerate(members)
            if item.state == ACCEPTED and item.start is not None and item.end is not None
        },
        vetoes={
            index: [TokenSpan(item.start, item.end)]
            for index, item in enumerate(members)
            if item.state == REJECTED and item.start is not None and item.end is not None
        },
    )


def _first_that_honours(
    answer: Projection, item: Item, source: SourceEntity, review: Snapshot, alignment: Alignment
) -> Span | None:
    """The engine's best span that holds the words which the reviewer linked and no edge they unlinked.

    Where none does, the words from the first to the last linked one. Never a word of an accepted item.
    """
    linked = {j for i, j in review.links(alignment.links) if _covers(source, i)}
    wanted = {j for i, j in review.added_links if _covers(source, i)}
    unwanted = {j for i, j in review.removed_links if _covers(source, i)} - linked
    ranked: list[Span] = [(answer.span.start, answer.span.end)] if answer.span else []
    ranked += [(other.start, other.end) for other in answer.alternatives if other.score > 0 or wanted]
    for start, end in ranked:
        inside = set(range(start, end))
        if wanted <= inside and not unwanted & {start, end - 1} and _is_free(start, end, item, review.items):
            return start, end
    between = (min(linked), max(linked) + 1) if linked else None
    return between if between and _is_free(*between, item, review.items) else None


def _is_free(start: int, end: int, item: Item, items: Iterable[Item]) -> bool:
    if item.state == REJECTED and (start, end) == (item.start, item.end):
        return False
    wanted = replace(item, start=start, end=end)
    return not any(other.state == ACCEPTED and other.overlaps(wanted) for other in items)


def _covers(source: SourceEntity | None, i: int) -> bool:
    return source is not None and source.start <= i < source.end
