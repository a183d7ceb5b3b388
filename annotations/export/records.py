"""From the database to plain records, a block of pairs at a time: memory stays flat at any size.

Gold is the accepted items of a pair's gold review. Silver, on request, is the first choices of the run that
reviewers are shown, of pairs that nobody has reviewed or skipped.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise
from typing import Any

from django.db.models import F, Q, QuerySet

from annotations.export.losses import NO_TARGET, SILVER_OVERLAP, Losses
from annotations.export.options import JSONL, ExportOptions
from annotations.export.record import GOLD, SILVER, ExportRecord, Found, GoldRow, PairRow, Sentence
from annotations.models import Candidate, PairResult, Project, Review, ReviewItem, SentencePair, SourceEntity
from annotations.querysets import is_any
from workers.spans import Entity

BLOCK = 2_000


def exported_pairs(project: Project, options: ExportOptions) -> QuerySet[SentencePair]:
    """The pairs that an export takes, in the order of the corpus."""
    wanted = Q(status=SentencePair.Status.REVIEWED)
    if options.silver:
        wanted |= Q(status=SentencePair.Status.SUGGESTED, shown_run__isnull=False)
    pairs = project.pairs.filter(wanted)
    if options.languages:
        pairs = pairs.filter(target_language__in=options.languages)
    if options.domains:
        pairs = pairs.filter(domain__in=options.domains)
    return pairs.order_by("pk")


def read_records(
    project: Project,
    options: ExportOptions,
    losses: Losses,
    *,
    pairs: QuerySet[SentencePair] | None = None,
) -> Iterator[ExportRecord]:
    """Every record of an export. To be read in one transaction, whose isolation decides what is seen.

    pairs: only these of `exported_pairs`.
    """
    signatures = dict(project.runs.values_list("pk", "signature"))
    wanted = exported_pairs(project, options) if pairs is None else pairs
    rows = wanted.values_list(*_columns(PairRow, options)).iterator(chunk_size=BLOCK)
    while block := [PairRow(*row) for row in islice(rows, BLOCK)]:
        for record in _read_block(block, options, signatures, losses):
            if record.target.offsets:
                yield record
            else:
                losses.add(NO_TARGET, pair=record.pair.pk)


def _read_block(
    pairs: list[PairRow], options: ExportOptions, signatures: dict[int, str], losses: Losses
) -> Iterator[ExportRecord]:
    ids = [pair.pk for pair in pairs]
    reviews = {review.pair_id: review for review in _gold_reviews(ids, options)}
    gold = _gold_entities(review.pk for review in reviews.values())
    silver = _silver_entities(pk for pk in ids if pk not in reviews) if options.silver else {}
    doubtful = options.silver and options.format == JSONL
    left_out = _left_out(pk for pk in ids if pk not in reviews) if doubtful else {}
    sources = _source_entities(ids) if options.needs_sources else {}
    links = _links(ids) if options.links else {}
    for pair in pairs:
        review = reviews.get(pair.pk)
        if review is None and not options.silver:
            continue
        found = (
            gold.get(review.pk, []) if review else _without_overlaps(silver.get(pair.pk, []), pair, losses)
        )
        run_id = review.run_id if review else pair.shown_run_id
        source = sources.get((pair.pk, None)) or sources.get((pair.pk, run_id), [])
        yield ExportRecord(
            pair=pair,
            kind=GOLD if review else SILVER,
            source=Sentence(pair.source_text, pair.source_offsets, [entity for _, entity in source]),
            target=Sentence(pair.target_text, pair.target_offsets, [one.entity for one in found]),
            found=found,
            source_keys=[key for key, _ in source],
            run_id=run_id,
            signature=review.run_signature if review else signatures.get(run_id or 0, ""),
            review=review,
            links=_as_reviewed(links.get((pair.pk, run_id), []), review),
            left_out=left_out.get(pair.pk, []),
        )


def _columns(row: type[PairRow] | type[GoldRow], options: ExportOptions) -> tuple[str, ...]:
    """What a format writes: all of a row in JSONL, in columns of tags only what every format needs."""
    return tuple(name for name in row._fields if options.format == JSONL or name not in row._field_defaults)


def _gold_reviews(pair_ids: list[int], options: ExportOptions) -> list[GoldRow]:
    rows = Review.objects.gold().filter(is_any("pair_id", pair_ids)).values_list(*_columns(GoldRow, options))
    return [GoldRow(*row) for row in rows]


def _gold_entities(review_ids: Iterable[int]) -> dict[int, list[Found]]:
    """Review -> its accepted items that have a span, in the order of the sentence."""
    items = ReviewItem.objects.filter(
        is_any("review_id", review_ids), state=ReviewItem.State.ACCEPTED, start__isnull=False
    ).order_by("review_id", "start")
    rows = items.values_list(
        "review_id", "start", "end", "label", "source_entity_id", "candidate__confidence"
    )
    return _grouped(rows)


def _silver_entities(pair_ids: Iterable[int]) -> dict[int, list[Found]]:
    """Pair -> the first choices of the run that its reviewer would be shown, but for what has no source."""
    chosen = Candidate.objects.filter(
        is_any("pair_id", pair_ids), run=F("pair__shown_run"), rank=0, start__isnull=False
    )
    candidates = chosen.exclude(reason=Candidate.ONLY_TARGET).order_by("pair_id", "start")
    return _grouped(
        candidates.values_list("pair_id", "start", "end", "label", "source_entity_id", "confidence")
    )


def _left_out(pair_ids: Iterable[int]) -> dict[int, list[Found]]:
    """Pair -> the best alternative of every source entity that the shown run gave no span."""
    missing = Candidate.objects.filter(
        is_any("pair_id", pair_ids), run=F("pair__shown_run"), rank=0, start__isnull=True
    ).values_list("source_entity_id", "confidence")
    confidence = dict(missing)
    best = Candidate.objects.filter(source_entity__in=confidence, rank=1, run=F("pair__shown_run"))
    rows = best.order_by("pair_id", "start").values_list(
        "pair_id", "start", "end", "label", "source_entity_id"
    )
    return _grouped((*row, confidence[row[-1]]) for row in rows)


def _grouped(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[Found]]:
    groups = defaultdict(list)
    for key, start, end, label, source, confidence in rows:
        groups[key].append(Found(Entity(start, end, label), source, confidence))
    return groups


def _source_entities(pair_ids: list[int]) -> dict[tuple[int, int | None], list[tuple[int, Entity]]]:
    """(pair, run) -> its source entities with their keys; run None: those that were imported."""
    groups: dict[tuple[int, int | None], list[tuple[int, Entity]]] = defaultdict(list)
    rows = SourceEntity.objects.filter(is_any("pair_id", pair_ids)).order_by("pair_id", "start")
    for key, pair, run, start, end, label, score in rows.values_list(
        "pk", "pair_id", "run_id", "start", "end", "label", "score"
    ):
        groups[pair, run].append((key, Entity(start, end, label, score)))
    return groups


def _links(pair_ids: list[int]) -> dict[tuple[int, int | None], list[tuple[int, int, float]]]:
    results = PairResult.objects.filter(is_any("pair_id", pair_ids))
    rows = results.values_list("pair_id", "run_id", "link_sources", "link_targets", "link_scores")
    return {(pair, run): list(zip(i, j, scores, strict=True)) for pair, run, i, j, scores in rows}


def _as_reviewed(links: list[tuple[int, int, float]], review: GoldRow | None) -> list[tuple[int, int, float]]:
    """The machine's links as gold has them: without those that the reviewer removed, with those they drew."""
    if review is None or not (links or review.added_links):
        return links
    removed = {(i, j) for i, j in review.removed_links}
    kept = [(i, j, score) for i, j, score in links if (i, j) not in removed]
    return sorted([*kept, *((i, j, 1.0) for i, j in review.added_links)])


def _without_overlaps(found: list[Found], pair: PairRow, losses: Losses) -> list[Found]:
    """Silver that a column of tags can hold: of two entities that share words, the more certain one."""
    if all(one.entity.end <= other.entity.start for one, other in pairwise(found)):
        return found
    kept: list[Found] = []
    for one in sorted(found, key=lambda one: (-(one.confidence or 0.0), one.entity.start)):
        if any(one.entity.span.overlaps(other.entity.span) for other in kept):
            entity = one.entity
            losses.add(SILVER_OVERLAP, pair=pair.pk, span=[entity.start, entity.end], label=entity.label)
        else:
            kept.append(one)
    return sorted(kept, key=lambda one: one.entity.start)
