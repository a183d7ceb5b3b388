"""How many statements each request of the review may take: one more is felt with every sentence."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotations.models import Project, SentencePair, User
from factories import make_pair

SIGNED_IN = 2  # the session and its user
PARTIAL = {"HX-Request": "true"}


@contextmanager
def takes(expected: int) -> Iterator[None]:
    """Statements beside those that open and close a transaction or a savepoint."""
    with CaptureQueriesContext(connection) as captured:
        yield
    asked = [
        query["sql"]
        for query in captured.captured_queries
        if not query["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE SAVEPOINT"))
    ]
    assert len(asked) <= expected, "\n\n".join(asked)


@pytest.fixture
def pairs(project: Project) -> list[SentencePair]:
    words = " ".join(f"w{n}" for n in range(60))
    entities = [((n, n + 1), (n, n + 1), "PER") for n in range(0, 60, 3)]
    return [make_pair(project, words, words, entities, confidence=0.1 + n / 100) for n in range(14)]


@pytest.fixture
def client(pairs: list[SentencePair], ana: User, sign_in) -> Client:
    """Signed in, with the first pair in hand."""
    client = sign_in(ana)
    client.get(reverse("annotations:pair", args=[pairs[0].pk]))
    return client


def address(view: str, pair: SentencePair) -> str:
    return reverse(f"annotations:{view}", args=[pair.pk])


def seen(pair: SentencePair, version: int = 0, **more: object) -> dict[str, object]:
    return {"version": version, "run": pair.shown_run_id, "text": 0, **more}


def test_accept_and_next(client: Client, pairs: list[SentencePair]) -> None:
    with takes(SIGNED_IN + 6):  # the pair with its project; lock, read, write; claim; the page
        answer = client.post(address("review_accept", pairs[0]), seen(pairs[0]), headers=PARTIAL)
    assert f'data-pair="{pairs[1].pk}"' in answer.content.decode()


def test_accept_what_was_edited_and_next(client: Client, pairs: list[SentencePair]) -> None:
    client.post(address("review_edit", pairs[0]), seen(pairs[0], edit="reject", position=3))
    with takes(SIGNED_IN + 6):
        answer = client.post(address("review_accept", pairs[0]), seen(pairs[0], 1), headers=PARTIAL)
    assert f'data-pair="{pairs[1].pk}"' in answer.content.decode()


def test_skip_and_next(client: Client, pairs: list[SentencePair]) -> None:
    with takes(SIGNED_IN + 6):
        client.post(address("review_skip", pairs[0]), seen(pairs[0]), headers=PARTIAL)


def test_look_ahead(client: Client, pairs: list[SentencePair]) -> None:
    with takes(SIGNED_IN + 3):
        answer = client.post(address("review_ahead", pairs[0]), headers=PARTIAL)
    assert f'data-pair="{pairs[1].pk}"' in answer.content.decode()


def test_edit(client: Client, pairs: list[SentencePair]) -> None:
    with takes(SIGNED_IN + 5):
        client.post(
            address("review_edit", pairs[0]), seen(pairs[0], edit="reject", position=3), headers=PARTIAL
        )


def test_the_page(client: Client, pairs: list[SentencePair]) -> None:
    with takes(SIGNED_IN + 2):
        client.get(address("pair", pairs[0]), headers=PARTIAL)
    with takes(SIGNED_IN + 3):  # and the guidelines
        client.get(address("pair", pairs[0]))


def test_what_the_browser_shows_already_is_not_sent_again(client: Client, pairs: list[SentencePair]) -> None:
    ahead = client.post(address("review_ahead", pairs[0]), headers=PARTIAL).content.decode()
    state = re.search(r'data-state="([^"]+)"', ahead)[1]
    form = seen(pairs[0], ahead=pairs[1].pk, shown=state)
    with takes(SIGNED_IN + 6):
        answer = client.post(address("review_accept", pairs[0]), form, headers=PARTIAL).content.decode()
    assert f'data-state="{state}"' in answer
    assert "<b>13</b> sentences left" in answer
    assert len(answer) < 500
    SentencePair.objects.filter(pk=pairs[2].pk).update(text_version=1)
    form = seen(pairs[1], ahead=pairs[2].pk, shown=f"{pairs[2].pk}-0-{pairs[2].shown_run_id}-0")
    answer = client.post(address("review_accept", pairs[1]), form, headers=PARTIAL).content.decode()
    assert "Accept all" in answer  # its words are others now
