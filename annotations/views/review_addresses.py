"""Addresses of the review page and of what it sends; the queue travels along in all of them."""

from __future__ import annotations

from functools import lru_cache

from django.http import QueryDict
from django.urls import reverse

from annotations.actions.queue import Queue
from annotations.models import SentencePair

PAIR_URLS = {
    "ahead": "review_ahead",
    "edit": "review_edit",
    "accept": "review_accept",
    "skip": "review_skip",
    "flag": "review_flag",
    "note": "review_note",
    "wording": "review_wording",
    "correct": "review_correct",
    "history": "history",
    "take_over": "claim_take_over",
    "heartbeat": "claim_heartbeat",
    "release": "claim_release",
    "verdict": "verdict",
    "comments": "comments",
}


def page_urls(pair: SentencePair, queue: Queue) -> dict[str, str]:
    """Where the forms of the page send to; the queue travels along."""
    query = queue_query(queue)
    urls = {name: address(view, pair.pk) + query for name, view in PAIR_URLS.items()}
    for name in ("undo", "redo"):
        urls[name] = address(name, pair.project_id) + query
    return urls


def queue_query(queue: Queue) -> str:
    """The queue as the query string that read_queue reads; what is as by default is left out."""
    query = QueryDict(mutable=True)
    if queue.order != "hardest":
        query["order"] = queue.order
    for name in ("language", "label", "run", "comparison", "assigned", "doubt"):
        if getattr(queue, name):
            query[name] = str(getattr(queue, name))
    if queue.skipped:
        query["skipped"] = "on"
    return f"?{query.urlencode()}" if query else ""


def pair_url(pair_id: int, queue: Queue) -> str:
    return address("pair", pair_id) + queue_query(queue)


def address(view: str, pk: int) -> str:
    """As `reverse`, for the addresses of which every page has twenty."""
    return _address(view).replace("/0/", f"/{pk}/")


@lru_cache(maxsize=64)
def _address(view: str) -> str:
    return reverse(f"annotations:{view}", args=[0])
