"""The review page is filled into stencils: it must say what its templates say, whatever is in it."""

import re
from collections.abc import Callable

import pytest
from django.template import engines
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations import stencils
from annotations.models import Project, SentencePair, User
from annotations.stencils import StencilMisused, fill, render_plainly
from factories import make_pair

NASTY = """<u>"a"'&"""


def page(client: Client, address: str, data: dict | None = None) -> str:
    """The page, without what differs between two requests for the same."""
    headers = {"HX-Request": "true"}
    answer = (
        client.get(address, headers=headers) if data is None else client.post(address, data, headers=headers)
    )
    return re.sub(r'(csrfmiddlewaretoken" value=")\w+', r"\1", answer.content.decode())


def edit(client: Client, pair: SentencePair, version: int, **data: object) -> None:
    seen = {"version": version, "run": pair.shown_run_id}
    answer = client.post(reverse("annotations:review_edit", args=[pair.pk]), seen | data)
    assert answer.status_code == 302, answer.content.decode()


def decide(client: Client, pair: SentencePair, verb: str, version: int = 0, **data: object) -> None:
    seen = {"version": version, "run": pair.shown_run_id}
    client.post(reverse(f"annotations:review_{verb}", args=[pair.pk]), seen | data)


def nasty_pair(project: Project, **fields: object) -> SentencePair:
    pair = make_pair(
        project,
        f"Ana {NASTY} lives in Madrid .",
        f"{NASTY} Ana vive en Madrid .",
        [((0, 1), (0, 2), "PER"), ((1, 2), (1, 2), "ORG"), ((3, 4), None, "LOC")],
        alternatives={0: [(1, 2), (1, 3)]},
        confidence=0.55,
        document=NASTY,
        domain=NASTY,
        external_id=NASTY,
        n_comments=2,
        **fields,
    )
    pair.candidates.filter(rank=0, label="PER").update(voters=["soft", NASTY], via="markers")
    return pair


Situation = Callable[[Project, Client, Client], SentencePair]


def untouched(project: Project, ana: Client, adam: Client) -> SentencePair:
    return make_pair(project)


def without_entities(project: Project, ana: Client, adam: Client) -> SentencePair:
    return make_pair(project, suggestions=[])


def full_of_signs(project: Project, ana: Client, adam: Client) -> SentencePair:
    return nasty_pair(project)


def from_right_to_left(project: Project, ana: Client, adam: Client) -> SentencePair:
    return make_pair(project, "Cairo is big", "القاهرة مدينة كبيرة", [((0, 1), (0, 1), "LOC")], language="ar")


def long(project: Project, ana: Client, adam: Client) -> SentencePair:
    words = " ".join(f"w{n}" for n in range(80))
    return make_pair(project, words, words, [((n, n + 1), (n, n + 1), "PER") for n in range(0, 40, 3)])


def edited(project: Project, ana: Client, adam: Client) -> SentencePair:
    pair = nasty_pair(project)
    edit(ana, pair, 0, edit="reject", position=0)
    edit(ana, pair, 1, edit="none", position=2)
    edit(ana, pair, 2, edit="link", first=2, last=2)
    decide(ana, pair, "flag", 3, note=NASTY)
    return pair


def with_faults(project: Project, ana: Client, adam: Client) -> SentencePair:
    pair = make_pair(project)
    for position in (0, ""):
        data = {"verdict": "bad-translation", "position": position, "version": 0, "run": pair.shown_run_id}
        ana.post(reverse("annotations:verdict", args=[pair.pk]), data)
    return pair


def done(project: Project, ana: Client, adam: Client) -> SentencePair:
    pair = make_pair(project)
    decide(ana, pair, "accept")
    return pair


def skipped(project: Project, ana: Client, adam: Client) -> SentencePair:
    pair = make_pair(project)
    decide(ana, pair, "skip", note="two readings")
    return pair


def anothers_gold(project: Project, ana: Client, adam: Client) -> SentencePair:
    pair = make_pair(project)
    decide(adam, pair, "accept")
    return pair


def in_anothers_hands(project: Project, ana: Client, adam: Client) -> SentencePair:
    pair = make_pair(project)
    adam.get(reverse("annotations:pair", args=[pair.pk]))
    return pair


def translated_and_edited(project: Project, ana: Client, adam: Client) -> SentencePair:
    return make_pair(project, translated_side="target", translation_edited_at=timezone.now())


def not_projected(project: Project, ana: Client, adam: Client) -> SentencePair:
    pair = make_pair(project, status="new")
    SentencePair.objects.filter(pk=pair.pk).update(shown_run=None)
    return pair


SITUATIONS = [
    untouched,
    without_entities,
    full_of_signs,
    from_right_to_left,
    long,
    edited,
    with_faults,
    done,
    skipped,
    anothers_gold,
    in_anothers_hands,
    translated_and_edited,
    not_projected,
]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.__name__)
def test_a_filled_page_is_the_template(
    project: Project, ana: User, adam: User, vera: User, sign_in, monkeypatch, situation: Situation
) -> None:
    people = {name: sign_in(user) for name, user in (("ana", ana), ("adam", adam), ("vera", vera))}
    address = reverse("annotations:pair", args=[situation(project, people["ana"], people["adam"]).pk])
    stale = {"edit": "label:ORG", "position": 0, "version": 77, "run": 1}
    refused = {"edit": "start-out", "position": 40, "version": 0, "run": 1}
    for client in people.values():
        page(client, address)  # which may take the claim
        asked: list[tuple[str, dict | None]] = [(address, None)]
        asked += [(f"{address}edit/", data) for data in (stale, refused)]
        filled = [page(client, *one) for one in asked]
        with monkeypatch.context() as patched:
            patched.setattr(stencils, "fill", render_plainly)
            assert filled == [page(client, *one) for one in asked]


def test_what_people_wrote_is_escaped(project: Project, ana: User, sign_in) -> None:
    written = page(sign_in(ana), reverse("annotations:pair", args=[nasty_pair(project).pk]))
    assert "<u>" not in written
    assert written.count("&lt;u&gt;&quot;a&quot;&#x27;&amp;") > 8


def from_string(monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    template = engines["django"].from_string(source)
    monkeypatch.setattr(stencils, "get_template", lambda name: template)


@pytest.mark.parametrize(
    "source",
    [
        "{{ unknown }}",
        "{% if pair.unknown %}{% endif %}",
        '{% if pair.name == "a" %}{% endif %}',
        "{{ pair.name.x }}",
    ],
)
def test_a_template_that_asks_for_more_than_it_is_given_is_refused(monkeypatch, source: str) -> None:
    from_string(monkeypatch, source)
    with pytest.raises(StencilMisused):
        fill(source, {}, {"pair.name": "a"})


def test_it_fills_what_may_be_missing(monkeypatch) -> None:
    from_string(monkeypatch, "{% if name %}<b>{{ name }}</b>{% endif %}{{ n }}")
    assert fill("missing", {}, {"name": "", "n": 3}) == "3"
    assert fill("missing", {}, {"name": "<", "n": 4}) == "<b>&lt;</b>4"
    assert fill("missing", {}, {"name": ">", "n": 5}) == "<b>&gt;</b>5"
