"""What changed between two snapshots of a review, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from annotations.edits import Sentence
from annotations.items import ACCEPTED, PENDING, REJECTED, Item, Snapshot
from annotations.models import ReviewEvent, SentencePair, WordingChange


def describe_event(event: ReviewEvent, pair: SentencePair, changes: Sequence[WordingChange]) -> str:
    """One line for an event, in the words that the sentence had then. changes: all of the pair's wordings."""
    before, after = Snapshot.from_json(event.before), Snapshot.from_json(event.after)
    sentence = _sentence_then(pair, changes, before.text_version)
    if before.text_version == after.text_version:
        return describe_change(before, after, sentence)
    parts = [_describe_wording(c) for c in changes if c.text_version == after.text_version]
    for item in after.items:
        old = before.item(item.position)
        if old is not None and old.start is not None and item.start is None:
            parts.append(_("%(what)s is gone") % {"what": _name(old, sentence)})
    return "; ".join(parts) or _("Words changed")


def _sentence_then(pair: SentencePair, changes: Sequence[WordingChange], version: int) -> Sentence:
    texts = {
        "source": (pair.source_text, pair.source_offsets),
        "target": (pair.target_text, pair.target_offsets),
    }
    for change in reversed(changes):
        if change.text_version > version:
            texts[change.side] = (change.before_text, change.before_offsets)
    return Sentence(*texts["target"], pair.project.label_names, source=Sentence(*texts["source"], ()))


def _describe_wording(change: WordingChange) -> str:
    before, after = change.before_words, change.after_words
    if change.before_text != change.after_text:
        return _("translation changed from “%(was)s”") % {"was": change.before_text}
    old = [word for word in before if word not in after] or before[:1]
    new = [word for word in after if word not in before] or after[:1]
    return _("words “%(was)s” made “%(now)s”") % {"was": " · ".join(old), "now": " · ".join(new)}


def describe_change(before: Snapshot, after: Snapshot, sentence: Sentence) -> str:
    """One line for the history and the announcement, such as: “Madrid” LOC rejected."""
    parts = _describe_links(before, after, sentence)
    finished = before.status != "done" and after.status == "done"
    for item in after.items:
        old = before.item(item.position)
        if finished and old is not None and replace(old, state=ACCEPTED) == item:
            continue  # "sentence done" says it
        if old != item:
            parts.append(_describe_item(old, item, sentence))
    for old in before.items:
        if after.item(old.position) is None:
            parts.append(_("%(what)s removed") % {"what": _name(old, sentence)})
    if after.status != before.status:
        parts.append(
            {"done": _("Sentence done"), "skipped": _("Skipped"), "open": _("Open again")}[after.status]
        )
    if after.is_flagged != before.is_flagged:
        parts.append(_("Flagged") if after.is_flagged else _("Flag removed"))
    if after.note != before.note and after.note:
        parts.append(_("Note: %s") % after.note)
    return "; ".join(parts) or _("Nothing changed")


def _describe_links(before: Snapshot, after: Snapshot, sentence: Sentence) -> list[str]:
    drawn = {*after.added_links, *before.removed_links} - {*before.added_links, *after.removed_links}
    cut = {*before.added_links, *after.removed_links} - {*after.added_links, *before.removed_links}
    said = [(link, _("“%(source)s” linked with “%(target)s”")) for link in sorted(drawn)]
    said += [(link, _("“%(source)s” no longer linked with “%(target)s”")) for link in sorted(cut)]
    return [
        words
        % {
            "source": sentence.source.words(i, i + 1) if sentence.source else i,
            "target": sentence.words(j, j + 1),
        }
        for (i, j), words in said
    ]


def _describe_item(old: Item | None, new: Item, sentence: Sentence) -> str:
    if old is None:
        return _("%(what)s added") % {"what": _name(new, sentence)}
    parts = []
    if (old.start, old.end) != (new.start, new.end):
        was, now = sentence.words(old.start, old.end), sentence.words(new.start, new.end)
        if new.start is None:
            parts.append(_("“%s” taken away") % was)
        elif old.start is None:
            parts.append(_("set to “%s”") % now)
        else:
            parts.append(_("“%(was)s” changed to “%(now)s”") % {"was": was, "now": now})
    if old.label != new.label:
        parts.append(_("%(was)s changed to %(now)s") % {"was": old.label, "now": new.label})
    if parts:
        return f"{_name(new, sentence)}: {', '.join(parts)}"
    words = {
        ACCEPTED: _("restored") if old.state == REJECTED else _("accepted"),
        REJECTED: _("rejected"),
        PENDING: _("open again"),
    }
    return f"{_name(new, sentence)} {words[new.state]}"


def _name(item: Item, sentence: Sentence) -> str:
    words = sentence.words(item.start, item.end)
    if not words:
        return _("%s without words") % item.label
    return _("“%(words)s” %(label)s") % {"words": words, "label": item.label}
