"""Deciding a name alike in many sentences: previewed, applied to what was chosen, undone as one step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from annotations.actions.locking import LockedReview, snapshot_of
from annotations.actions.recording import record
from annotations.edits import Edit, EditRefused, Sentence
from annotations.items import REJECTED, Item, Snapshot
from annotations.models import BulkChange, NameUse, Review, ReviewEvent, SentencePair, User
from annotations.review_edits import apply_edit


@dataclass(frozen=True, slots=True)
class Decision:
    """words "": the translation has no such name; label "": it is no name."""

    words: str
    label: str


@dataclass(frozen=True, slots=True)
class Preview:
    """One use and what would become of it. after: None where the decision does not fit, `why` says so."""

    use: NameUse
    sentence: Sentence
    before: Item
    after: Item | None
    why: str = ""

    @property
    def is_change(self) -> bool:
        return self.after is not None and self.after != self.before

    @property
    def wanted(self) -> Decision:
        return decision_of(self.after or self.before, self.sentence)


def preview_alike(uses: Sequence[NameUse], decision: Decision) -> list[Preview]:
    """What the decision would do to each use, from the reviews as they are now."""
    found = []
    for use in uses:
        snapshot, sentence = snapshot_of(use.review, use.pair.text_version), _sentence(use.pair)
        item = snapshot.item(use.position)
        if item is None or not use.review.is_gold:
            continue
        try:
            after = _decide(snapshot, item, sentence, decision).item(item.position)
            found.append(Preview(use, sentence, item, after))
        except EditRefused as refused:
            found.append(Preview(use, sentence, item, None, str(refused)))
    return found


def alike_block(bulk: BulkChange, n: int) -> Iterator[tuple[int, Callable[[], bool]]]:
    """(use, what makes it alike), of the next n uses that the decision was asked for.

    The gold of a use is changed in a review of the person's own. A sentence that changed since the list was
    made, or that the decision does not fit, is left as it is.
    """
    detail = bulk.detail
    uses = NameUse.objects.filter(project=bulk.project_id, pk__gt=bulk.after)
    if "uses" in detail:
        uses = uses.filter(pk__in=detail["uses"])
    else:
        uses = uses.filter(language=detail["language"], name=detail["name"])
    decision = Decision(detail["words"], detail["label"])
    for use in uses.order_by("pk")[:n]:
        yield use.pk, partial(_apply, use, bulk.actor, decision, bulk)


def _apply(use: NameUse, actor: User, decision: Decision, bulk: BulkChange) -> bool:
    pair = SentencePair.objects.select_for_update(no_key=True, of=("self",)).select_related("project")
    locked_pair = pair.get(pk=use.pair_id)
    reviews = list(Review.objects.filter(pair=locked_pair))
    gold = next((review for review in reviews if review.is_gold), None)
    mine = next((review for review in reviews if review.reviewer_id == actor.pk), None)
    if gold is None:
        return False
    snapshot, sentence = snapshot_of(gold, locked_pair.text_version), _sentence(locked_pair)
    item = snapshot.item(use.position)
    if item is None or decision_of(item, sentence) != Decision(use.words, use.label):
        return False
    try:
        wanted = _decide(snapshot, item, sentence, decision)
    except EditRefused:
        return False
    if wanted == snapshot:
        return False
    if mine is None:
        mine = Review(pair=locked_pair, reviewer=actor)
        before = replace(snapshot, status=Review.Status.OPEN, is_flagged=False, note="", adjudicates=False)
    else:
        before = snapshot_of(mine, locked_pair.text_version)
    mine.run_id, mine.run_signature = gold.run_id, gold.run_signature
    after = replace(
        wanted,
        is_flagged=before.is_flagged,
        note=before.note,
        adjudicates=snapshot.adjudicates if gold.pk == mine.pk else True,
    )
    action = ReviewEvent.Action.MADE_ALIKE
    record(LockedReview(locked_pair, mine, before), after, actor=actor, action=action, bulk=bulk)
    NameUse.objects.filter(pk=use.pk).update(review=mine, words=decision.words, label=decision.label)
    return True


def decision_of(item: Item, sentence: Sentence) -> Decision:
    if item.state == REJECTED:
        return Decision("", "")
    return Decision(sentence.words(item.start, item.end), item.label)


def _decide(snapshot: Snapshot, item: Item, sentence: Sentence, decision: Decision) -> Snapshot:
    """Raises EditRefused where another entity holds the words."""
    if decision_of(item, sentence) == decision:
        return snapshot
    if not decision.label:
        return apply_edit(snapshot, Edit("reject", position=item.position), sentence)
    if not decision.words:
        labelled = apply_edit(snapshot, Edit("label", decision.label, item.position), sentence)
        return apply_edit(labelled, Edit("none", position=item.position), sentence)
    span = _find_words(sentence, decision.words, item)
    if span is None:
        return apply_edit(snapshot, Edit("label", decision.label, item.position), sentence)
    place = Edit("place", decision.label, item.position, span[0], span[1] - 1)
    return apply_edit(snapshot, place, sentence)


def _find_words(sentence: Sentence, words: str, item: Item) -> tuple[int, int] | None:
    """Where the sentence has these words, nearest to where the item is; None where it does not."""
    starts = {sentence.offsets[2 * i]: i for i in range(len(sentence))}
    ends = {sentence.offsets[2 * i + 1]: i + 1 for i in range(len(sentence))}
    here, found = item.start or 0, []
    position = sentence.text.find(words)
    while position >= 0:
        start, end = starts.get(position), ends.get(position + len(words))
        if start is not None and end is not None:
            found.append((abs(start - here), start, end))
        position = sentence.text.find(words, position + 1)
    return min(found)[1:] if found else None


def _sentence(pair: SentencePair) -> Sentence:
    return Sentence(pair.target_text, pair.target_offsets, pair.project.label_names)
