"""Verbs of what people say about a pair: comments and verdicts. Their numbers are kept alongside."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.actions.audit import Kind, write_audit
from annotations.actions.locking import snapshot_of
from annotations.models import Candidate, Comment, Review, SentencePair, User, Verdict


@transaction.atomic
def add_comment(*, pair: SentencePair, author: User, text: str) -> Comment:
    comment = Comment.objects.create(pair=pair, project_id=pair.project_id, author=author, text=text)
    SentencePair.objects.filter(pk=pair.pk).update(n_comments=F("n_comments") + 1)
    return comment


@transaction.atomic
def remove_comment(*, comment: Comment, actor: User) -> None:
    """Take a comment back; of two at once, one counts."""
    removed = Comment.objects.filter(pk=comment.pk, removed_at=None).update(
        removed_at=timezone.now(), text=""
    )
    if removed:
        SentencePair.objects.filter(pk=comment.pair_id).update(n_comments=F("n_comments") - 1)
        person = comment.author.username
        write_audit(comment.project, Kind.COMMENT_REMOVED, actor, person=person, pair=comment.pair_id)


@transaction.atomic
def toggle_verdict(*, pair: SentencePair, reviewer: User, kind: str, position: int | None) -> bool:
    """Name a fault of an item or of the pair, or take the verdict back. Returns whether it stands now.

    Raises ValidationError when the pair shows no such item.
    """
    pair = SentencePair.objects.select_for_update(no_key=True).get(pk=pair.pk)
    stands = not Verdict.objects.filter(pair=pair, reviewer=reviewer, kind=kind, position=position).delete()[
        0
    ]
    if stands:
        review = Review.objects.filter(pair=pair, reviewer=reviewer).first()
        Verdict.objects.create(
            pair=pair,
            project_id=pair.project_id,
            reviewer=reviewer,
            kind=kind,
            position=position,
            label="" if position is None else _label_at(pair, review, position),
            run_id=review.run_id if review else pair.shown_run_id,
        )
    pair.n_verdicts = Verdict.objects.filter(pair=pair).count()
    pair.save(update_fields=["n_verdicts"])
    return stands


def _label_at(pair: SentencePair, review: Review | None, position: int) -> str:
    """The label of the item at a position: of the reviewer's own review, or of the suggestion shown there."""
    if review is not None:
        item = snapshot_of(review).item(position)
        labels = [item.label] if item else []
    else:
        chosen = Candidate.objects.filter(pair=pair, run=pair.shown_run_id, rank=0)
        in_order = chosen.order_by("source_entity__start", "start")
        labels = list(in_order.values_list("label", flat=True))[position:]
    if not labels:
        raise ValidationError(_("The sentence has no such entity."))
    return labels[0]
