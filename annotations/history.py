"""What changed between two snapshots of a review, in the reader's language."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext as _

from annotations.edits import Sentence
from annotations.items import ACCEPTED, PENDING, REJECTED, Item, Snapshot


def describe_change(before: Snapshot, after: Snapshot, sentence: Sentence) -> str:
    """One line for the history and the announcement, such as: “Madrid” LOC rejected."""
    parts = []
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
    return f"“{words}” {item.label}" if words else _("%s without words") % item.label
