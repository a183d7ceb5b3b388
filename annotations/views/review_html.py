"""The review page's own part as HTML: its templates as stencils, filled with what differs."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.formats import number_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from annotations import stencils
from annotations.display import Side, sentence_html
from annotations.escaping import escape
from annotations.requests import SignedInRequest
from annotations.stencils import Fixed
from annotations.templatetags.people import own_verdicts, verdict_chips
from annotations.templatetags.review import as_json, grouped, percent, token_options
from annotations.views.review_rows import Alternative, Row

LONG = 60  # tokens


def review_html(request: SignedInRequest, context: Mapping[str, Any], *, is_partial: bool) -> SafeString:
    """context: of review_page.review_context, with what a caller adds."""
    page = _Page(request, context, is_partial)
    return stencils.fill("annotations/_review.html", page.shape(), page.holes())


def kept_html(context: Mapping[str, Any]) -> SafeString:
    """The answer for a page that is on the screen already: only how many sentences are left has changed."""
    holes = {"page_state": context["page_state"], **_counts(context["counts"])}
    return stencils.fill("annotations/_review_kept.html", {}, holes)


class _Page:
    """The names of _review.html and of _item.html, from the context of one page."""

    def __init__(self, request: SignedInRequest, context: Mapping[str, Any], is_partial: bool) -> None:
        self.request, self.context, self.is_partial = request, context, is_partial
        self.pair, self.state, self.review = context["pair"], context["state"], context["review"]
        self.can_edit, self.urls = context["can_edit"], context["urls"]
        self.source, self.target = context["source"], context["target"]
        self.labels = _fixed_labels(json.dumps(context["labels"]))
        self.keys = Fixed(context["keys"])
        self.verdicts = own_verdicts(self.pair, request.user)
        self.seen = {
            "csrf_token": get_token(request),
            "state.version": self.state.version,
            "state.run_id": self.state.run_id or "",
            "pair.text_version": self.pair.text_version,
        }

    def shape(self) -> dict[str, Hashable]:
        context, review = self.context, self.review
        return {
            "can_edit": self.can_edit,
            "can_rewrite": context["can_rewrite"],
            "is_partial": self.is_partial,
            "is_long": max(self.source.n_tokens, self.target.n_tokens) > LONG,
            "looks_ahead": context["looks_ahead"],
            "has_verdicts": bool(self.verdicts),
            "view": context["view"],
            "views": tuple(context["views"]),
            "keys": self.keys,
            "labels": self.labels,
            "label_keys": Fixed(context["label_keys"]),
            "state.is_mine": self.state.is_mine,
            "review.status": review.status if review else "",
            "review.is_gold": review is not None and review.is_gold,
            "review.is_flagged": review is not None and review.is_flagged,
            "pair.status": self.pair.status,
            "pair.is_flagged": self.pair.is_flagged,
            **_side_shape(self.source),
            **_side_shape(self.target),
        }

    def holes(self) -> dict[str, Any]:
        context, pair, rows = self.context, self.pair, self.context["rows"]
        counts, current = context["counts"], context["current"]
        return {
            **self.seen,
            **{f"urls.{name}": url for name, url in self.urls.items()},
            "pair.pk": pair.pk,
            "pair.name": str(pair),
            "pair.document": pair.document,
            "pair.domain": pair.domain,
            "pair.n_comments": pair.n_comments,
            "pair.target_text": pair.target_text,
            "pair_url": context["pair_url"],
            "current": "" if current is None else str(current),
            "alert": context["alert"],
            "announcement": context["announcement"],
            "conflict": self._part("_conflict.html") if context.get("conflict") else "",
            "standing": self._part("_review_standing.html") if self._is_anothers() else "",
            "links_json": as_json(context["links"]),
            **_counts(counts),
            "page_state": context["page_state"],
            "source.sentence": sentence_html(self.source),
            "target.sentence": sentence_html(self.target),
            "source.options": token_options(self.source) if self.can_edit else "",
            "target.options": token_options(self.target) if self.can_edit else "",
            "items": SafeString("".join([self._item(row) for row in rows])),
            "item_options": _item_options(rows, current) if self.can_edit else "",
            "verdict_chips": self._chips(None),
            "note": context["note"],
            "original_text": context["original_text"],
            "translation_notes": format_html_join(
                "", '<p class="muted">{}</p>', ((note,) for note in context["translation_notes"])
            ),
        }

    def _item(self, row: Row) -> str:
        item, language = row.item, self.target.language
        shape = {
            "can_edit": self.can_edit,
            "keys": self.keys,
            "labels": self.labels,
            "source.language": self.source.language,
            "target.language": language,
            "row.is_current": item.position == self.context["current"],
            "row.is_extra": row.is_extra,
            "row.is_contested": row.is_contested,
            "row.has_gap": row.has_gap,
            "row.hue": row.hue,
            "row.sign": row.sign,
            "row.via": row.via,
            "row.reason": str(row.reason),
            "row.item.state": item.state,
            "row.item.label": item.label,
            "row.item.is_missing": item.is_missing,
            "row.item.has_span": item.has_span,
        }
        holes = {
            **self.seen,
            "urls.edit": self.urls["edit"],
            "row.item.position": str(item.position),
            "row.item.lost_words": item.lost_words,
            "row.source_span": row.source_span,
            "row.source_words": row.source_words,
            "row.target_words": row.target_words,
            "row.percent": "" if row.percent is None else str(row.percent),
            "row.margin": "" if row.margin is None else number_format(round(row.margin, 2), 2),
            "row.voters": row.voters,
            "row.alternatives": SafeString(
                "".join([_alternative(one, language) for one in row.alternatives])
            ),
            "row.verdict_chips": self._chips(item.position),
        }
        return stencils.fill("annotations/_item.html", shape, holes)

    def _chips(self, position: int | None) -> SafeString | str:
        return verdict_chips(self.verdicts, position, self.urls["verdict"]) if self.can_edit else ""

    def _is_anothers(self) -> bool:
        return bool(self.context["holder"] or self.state.rival or not self.state.is_mine)

    def _part(self, template: str) -> SafeString:
        """One that few pages have, rendered as it is."""
        return render_to_string(f"annotations/{template}", dict(self.context), self.request)


def _counts(counts: Mapping[str, int]) -> dict[str, str]:
    return {
        "counts.n_awaiting": grouped(counts["n_awaiting"]),
        "counts.words": ngettext("sentence left", "sentences left", counts["n_awaiting"]),
        "counts.n_reviewed": str(counts["n_reviewed"]),
        "counts.n_pairs": str(counts["n_pairs"] or 1),
        "counts.percent": str(percent(counts["n_reviewed"], counts["n_pairs"])),
    }


def _side_shape(side: Side) -> dict[str, Hashable]:
    name = side.name
    return {f"{name}.name": name, f"{name}.language": side.language, f"{name}.is_bidi": side.is_bidi}


def _alternative(alternative: Alternative, language: Hashable) -> str:
    shape = {"rank": alternative.rank, "is_chosen": alternative.is_chosen, "language": language}
    return stencils.fill("annotations/_alternative.html", shape, {"words": alternative.words})


def _item_options(rows: Sequence[Row], current: int | None) -> SafeString:
    selected = {current: " selected"}
    options = [
        f'<option value="{row.item.position}"{selected.get(row.item.position, "")}>'
        f"{escape(row.item.label)} {escape(row.source_words or row.target_words)}</option>"
        for row in rows
    ]
    return SafeString("".join(options))  # labels and words are escaped


@lru_cache(maxsize=256)
def _fixed_labels(labels: str) -> tuple[Fixed, ...]:
    return tuple(Fixed(label) for label in json.loads(labels))
