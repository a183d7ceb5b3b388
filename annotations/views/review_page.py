"""What the review page shows of one pair: gathered in a fixed number of queries, however long it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django_htmx.http import push_url

from annotations.access import ADJUDICATE, Role
from annotations.actions.claims import Queue, claim_pair
from annotations.actions.locking import snapshot_with
from annotations.display import SOURCE, Mark, Side, marks_of
from annotations.edits import Sentence
from annotations.items import Item, Snapshot
from annotations.keys import COMMANDS, key_map
from annotations.languages import get_language
from annotations.models import (
    Project,
    Review,
    SentencePair,
    User,
)
from annotations.querysets import PairCountQuerySet
from annotations.requests import SignedInRequest
from annotations.review_forms import VIEWS
from annotations.sheet import Sheet, read_sheet
from annotations.suggestions import seed_items
from annotations.translation_notes import translation_notes
from annotations.views.review_addresses import page_urls, pair_url, queue_query
from annotations.views.review_html import kept_html, review_html
from annotations.views.review_rows import make_rows, most_doubtful

N_HUES = 8
AHEAD_FROM = 10  # the end of a queue is shared: nobody holds a second pair of the last few


@dataclass(slots=True)
class ReviewState:
    """The review that the page shows: the viewer's own, another person's gold, or the bare suggestions."""

    version: int
    run_id: int | None
    snapshot: Snapshot
    shown_review: Review | None
    is_mine: bool
    rival: Review | None


def render_review(
    request: SignedInRequest,
    pair: SentencePair,
    queue: Queue,
    *,
    current: int | None = None,
    alert: str = "",
    announcement: str = "",
    shown: str = "",
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    """The pair's page, or for HTMX the part of it that changes. A review page is never kept by a cache.

    shown: the state of the page that the browser shows already; where it is the same, little is sent.
    """
    context = review_context(request, pair, queue, current) | extra
    context |= {"alert": alert, "announcement": announcement}
    if shown and shown == context["page_state"]:
        return HttpResponse(kept_html(context), headers={"Cache-Control": "no-store"})
    html = review_html(request, context, is_partial=bool(request.htmx))
    if request.htmx:
        response = push_url(HttpResponse(html, status=status), context["pair_url"])
    else:
        response = render(request, "annotations/review.html", context | {"review_html": html}, status=status)
    response["Cache-Control"] = "no-store"
    return response


def review_context(
    request: SignedInRequest, pair: SentencePair, queue: Queue, current: int | None
) -> dict[str, Any]:
    user, project = request.user, pair.project
    holder = _claim(pair, user)
    sheet = read_sheet(pair, user)
    state = state_of(pair, sheet)
    items = state.snapshot.items
    hues = label_hues(project)
    entities = {entity.pk: entity for entity in sheet.entities}
    links = _links(sheet, state.snapshot)
    rows = make_rows(pair, items, entities, sheet.candidates, hues, links)
    source = _source_side(pair, entities.values(), hues)
    target = target_side(pair, items, hues)
    left = _sum(sheet.counts, queue.language)
    return {
        "project": project,
        "pair": pair,
        "state": state,
        "review": state.shown_review,
        "can_edit": project.role != Role.VIEWER and state.is_mine and holder is None,
        "view": user.preferences.get("view", VIEWS[0][0]),
        "views": VIEWS,
        "can_rewrite": may_rewrite(pair),
        "original_text": _original_text(pair),
        "translation_notes": translation_notes(pair, state.run_id),
        "can_correct": not state.is_mine and project.role in ADJUDICATE,
        "holder": holder,
        "rows": rows,
        "current": current if current is not None else most_doubtful(rows),
        "source": source,
        "target": target,
        "links": links,
        "labels": [label | {"hue": hues[label["name"]]} for label in project.labels],
        "queue": queue,
        "query": queue_query(queue),
        "urls": page_urls(pair, queue),
        "pair_url": pair_url(pair.pk, queue),
        "page_state": f"{pair.pk}-{state.version}-{state.run_id or ''}-{pair.text_version}",
        "counts": left,
        "looks_ahead": left["n_awaiting"] > AHEAD_FROM,
        "languages": [count["target_language"] for count in sheet.counts],
        "label_keys": {label["key"]: label["name"] for label in project.labels},
        "commands": COMMANDS,
        "keys": key_map(user.preferences.get("keys", {}), [label["key"] for label in project.labels]),
        "note": state.snapshot.note if state.is_mine else "",
    }


def state_of(pair: SentencePair, sheet: Sheet) -> ReviewState:
    """The viewer's review, else the pair's gold, else nothing but the shown run's suggestions."""
    shown = sheet.mine or sheet.gold
    if shown is None:
        seeds = seed_items(pair.pk, sheet.run_id, sheet.candidates)
        return ReviewState(0, sheet.run_id, Snapshot("open", False, "", seeds), None, True, None)
    snapshot = snapshot_with(shown, sheet.items, pair.text_version)
    version = sheet.mine.version if sheet.mine else 0
    rival = sheet.gold if sheet.gold is not sheet.mine else None
    return ReviewState(version, sheet.run_id, snapshot, shown, shown is sheet.mine, rival)


def is_blind(pair: SentencePair, mine: Review | None) -> bool:
    """Whether the viewer may not see others' reviews yet: theirs is one of several that are asked for."""
    return (
        pair.more_reviews > 0
        and pair.project.role == Role.ANNOTATOR
        and (mine is None or mine.status != "done")
    )


def sentence_of(pair: SentencePair) -> Sentence:
    source = Sentence(pair.source_text, pair.source_offsets, ())
    return Sentence(pair.target_text, pair.target_offsets, pair.project.label_names, source=source)


def may_rewrite(pair: SentencePair) -> bool:
    """Machine translations are any reviewer's to edit, imported ones an adjudicator's."""
    return pair.translated_side == "target" or pair.project.role in ADJUDICATE


def _original_text(pair: SentencePair) -> str:
    """The translation before anybody edited it, where somebody has."""
    if pair.translation_edited_at is None:
        return ""
    first = pair.wordings.filter(side="target").values_list("before_text", flat=True).first()
    return first if first and first != pair.target_text else ""


def _claim(pair: SentencePair, user: User) -> User | None:
    """Take the pair for a reviewer who opens it, if it is to be reviewed; returns who else is on it."""
    if pair.holder_id == user.pk or pair.project.role == Role.VIEWER:
        return None
    if pair.status == SentencePair.Status.REVIEWED and not pair.more_reviews:
        return None
    return claim_pair(pair.pk, user)


def _source_side(pair: SentencePair, entities: Any, hues: dict[str, int]) -> Side:
    marks = [Mark(e.start, e.end, e.label, SOURCE, hues.get(e.label, 0)) for e in entities]
    language = get_language(pair.source_language)
    return Side("source", language, pair.source_text, pair.source_offsets, marks)


def target_side(pair: SentencePair, items: Sequence[Item], hues: dict[str, int]) -> Side:
    language = get_language(pair.target_language)
    return Side("target", language, pair.target_text, pair.target_offsets, marks_of(items, hues))


def label_hues(project: Project) -> dict[str, int]:
    """A hue for each label, by its place in the project's list."""
    return {name: index % N_HUES for index, name in enumerate(project.label_names)}


def _links(sheet: Sheet, review: Snapshot) -> list[list[Any]]:
    """[source token, target token, score, whose] of every link: the machine's, "added" or "removed"."""
    removed = set(review.removed_links)
    found: list[list[Any]] = [
        [i, j, round(score, 2), "removed" if (i, j) in removed else ""] for i, j, score in sheet.links
    ]
    return [*found, *([i, j, 1, "added"] for i, j in review.added_links)]


def _sum(counts: list[dict], language: str) -> dict[str, int]:
    """The numbers of one language, or of all."""
    chosen = [count for count in counts if language in {"", count["target_language"]}]
    return {field: sum(count[field] for count in chosen) for field in PairCountQuerySet.FIELDS}
