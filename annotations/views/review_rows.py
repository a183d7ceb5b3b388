"""The entities of a pair as the list under its sentences shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from annotations.display import EXTRA_SIGN, STATE_SIGNS
from annotations.edits import Sentence
from annotations.items import PENDING, REJECTED, Item
from annotations.models import Candidate, SentencePair, SourceEntity

# In the words of workers.project.REASONS, for the reader.
REASONS: dict[str, str | Promise] = {
    "no-link": _("no word of the entity is linked"),
    "fragments": _("the linked words are not together"),
    "methods-disagree": _("the methods disagree"),
    "length": _("the span is unusually long or short"),
    "collision": _("another entity claims the same words"),
    "tagger-unsure": _("the source tagger is unsure"),
    "close-call": _("another span is nearly as good"),
    "filtered": _("the best span did not pass the filter"),
    "only-target": _("only the target tagger saw it"),
}


@dataclass(frozen=True, slots=True)
class Alternative:
    rank: int
    words: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One item as the list under the sentences shows it.

    via: how it was found, where not by alignment. voters: which methods agreed on it, where several vote.
    """

    item: Item
    hue: int
    source_words: str
    source_span: str
    target_words: str
    confidence: float | None
    margin: float | None
    reason: str | Promise
    via: str
    voters: str
    alternatives: list[Alternative]
    is_contested: bool
    has_gap: bool

    @property
    def is_extra(self) -> bool:
        return self.item.is_extra

    @property
    def sign(self) -> str:
        return EXTRA_SIGN if self.is_extra else STATE_SIGNS[self.item.state]

    @property
    def percent(self) -> int | None:
        return None if self.confidence is None else round(100 * self.confidence)


def make_rows(
    pair: SentencePair,
    items: tuple[Item, ...],
    entities: dict[int, SourceEntity],
    candidates: list[Candidate],
    hues: dict[str, int],
    links: Sequence[Sequence] = (),
) -> list[Row]:
    by_entity: dict[int | None, list[Candidate]] = {}
    for candidate in candidates:
        by_entity.setdefault(candidate.source_entity_id, []).append(candidate)
    by_number = {candidate.pk: candidate for candidate in candidates}
    sentence = Sentence(pair.target_text, pair.target_offsets, ())
    rows = []
    for item in items:
        entity = entities.get(item.source_entity) if item.source_entity else None
        # without a source entity the target was tagged directly: one candidate, no alternatives
        ranked = by_entity.get(entity.pk, []) if entity else []
        first = ranked[0] if ranked else by_number.get(item.candidate or 0)
        rows.append(
            Row(
                item=item,
                hue=hues.get(item.label, 0),
                source_words=_source_words(pair, entity),
                source_span=f"{entity.start}-{entity.end}" if entity else "",
                target_words=sentence.words(item.start, item.end),
                confidence=first.confidence if first else None,
                margin=first.margin if first else None,
                reason=REASONS.get(first.reason, first.reason) if first else "",
                via=first.get_via_display() if first and first.via != Candidate.Via.ALIGNMENT else "",
                voters=", ".join(first.voters or ()) if first else "",
                alternatives=_alternatives(item, ranked, sentence),
                is_contested=_is_contested(item, items),
                has_gap=_has_gap(item, entity, links),
            )
        )
    return rows


def _alternatives(item: Item, ranked: list[Candidate], sentence: Sentence) -> list[Alternative]:
    """The spans a digit chooses; the machine's first choice is 0 and is listed once it is not the span."""
    here = (item.start, item.end)
    return [
        Alternative(c.rank, sentence.words(c.start, c.end), here == (c.start, c.end))
        for c in ranked
        if c.start is not None and (c.rank > 0 or here != (c.start, c.end))
    ]


def _is_contested(item: Item, items: tuple[Item, ...]) -> bool:
    if item.state == REJECTED:
        return False
    return any(
        other.position != item.position and other.state != REJECTED and other.overlaps(item)
        for other in items
    )


def _has_gap(item: Item, entity: SourceEntity | None, links: Sequence[Sequence]) -> bool:
    """Whether words outside its span are linked with the entity."""
    if entity is None:
        return False
    start, end = (item.start or 0, item.end or 0)
    return any(
        whose != "removed" and entity.start <= i < entity.end and not start <= j < end
        for i, j, _score, whose in links
    )


def _source_words(pair: SentencePair, entity: SourceEntity | None) -> str:
    if entity is None:
        return ""
    return Sentence(pair.source_text, pair.source_offsets, ()).words(entity.start, entity.end)


def most_doubtful(rows: list[Row]) -> int | None:
    """Where a reviewer should look first: contested, missing, then the least sure."""
    pending = [row for row in rows if row.item.state == PENDING] or rows
    if not pending:
        return None
    return min(
        pending,
        key=lambda row: (
            not row.is_contested,
            row.item.has_span,
            1.0 if row.confidence is None else row.confidence,
            row.item.position,
        ),
    ).item.position
