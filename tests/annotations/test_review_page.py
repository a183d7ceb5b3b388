"""What the review page shows, and how it is written as HTML."""

from dataclasses import replace

import pytest
from django.urls import reverse

from annotations.display import Mark, Side, sentence_html
from annotations.keys import COMMANDS, key_map
from annotations.languages import get_language
from annotations.models import Claim, Project, SentencePair, User
from annotations.views.review_rows import REASONS
from factories import make_pair
from workers.project import REASONS as METHOD_REASONS


def side(text: str, *marks: Mark, language: str = "en") -> Side:
    offsets: list[int] = []
    for token in text.split(" "):
        start = offsets[-1] + 1 if offsets else 0
        offsets += [start, start + len(token)]
    return Side("target", get_language(language), text, offsets, marks)


def plain(html: str) -> str:
    return html.replace("<span ", "<").replace("</span>", "</>")


def test_every_token_is_an_element_and_only_the_text_s_own_space_stands_between() -> None:
    html = plain(sentence_html(side("Ana & <b>")))
    assert (
        html
        == '<class="t" data-i="0">Ana</> <class="t" data-i="1">&amp;</> <class="t" data-i="2">&lt;b&gt;</>'
    )


def test_tokens_without_space_touch() -> None:
    assert "</><" in plain(sentence_html(replace(side("ab"), offsets=[0, 1, 1, 2])))


def test_what_no_token_covers_is_shown_all_the_same() -> None:
    html = sentence_html(replace(side("a * b"), offsets=[0, 1, 4, 5]))
    assert '<span class="between"> * </span>' in html


def test_an_entity_stands_around_its_tokens() -> None:
    html = plain(sentence_html(side("in New York .", Mark(1, 3, "LOC", "accepted", 1, 7))))
    opening = '<class="mark accepted hue-1" data-position="7" role="group" aria-label="LOC, accepted">'
    chip = '<class="chip" aria-hidden="true"><i>✓</i>LOC</></>'
    inside = '<class="t" data-i="1">New</> <class="t" data-i="2">York</>'
    assert f"{opening}{inside}{chip}" in html


def test_tokens_that_two_entities_claim_are_contested() -> None:
    marks = Mark(0, 2, "PER", "pending", 0, 0), Mark(1, 3, "LOC", "pending", 1, 1)
    html = sentence_html(side("a b c", *marks))
    assert html.count('class="mark') == 1
    assert html.count("t contested") == 1


@pytest.mark.parametrize(
    ("language", "token", "direction"),
    [
        ("ar", "UNESCO", ' dir="ltr"'),
        ("ar", "U.S.", ' dir="ltr"'),
        ("ar", "القاهرة", ""),
        ("ar", "(", ""),
        ("ar", "2024", ""),
        ("en", "القاهرة", ' dir="rtl"'),
        ("en", "Café", ""),
    ],
)
def test_a_token_against_the_direction_says_so(language: str, token: str, direction: str) -> None:
    assert f'data-i="0"{direction}>' in sentence_html(side(token, language=language))


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("ar", "UNESCO 2024", True),
        ("en", "in القاهرة", True),
        ("zh", "马德里", False),
        ("es", "«España»", False),
    ],
)
def test_tokens_are_isolated_where_directions_mix(language: str, text: str, expected: bool) -> None:
    assert side(text, language=language).is_bidi is expected


def test_every_reason_of_the_methods_has_words() -> None:
    assert {name: str(words) for name, words in REASONS.items()} == METHOD_REASONS


def test_keys_are_free_of_conflicts() -> None:
    keys = key_map({}, [])
    assert len(set(keys.values())) == len(keys) == len(COMMANDS)


@pytest.mark.parametrize(
    ("own", "labels", "expected"),
    [
        ({"flag": ";"}, [], {"flag": ";"}),
        ({"flag": "p"}, ["p"], {"flag": "g"}),
        ({"flag": "x"}, [], {"flag": "g", "reject": "x"}),
        ({"flag": "x", "reject": "g"}, [], {"flag": "x", "reject": "g"}),
        ({"flag": "7", "accept-all": ";", "nonsense": "q"}, [], {"flag": "g", "accept-all": "Enter"}),
    ],
)
def test_own_keys_hold_where_they_are_free(own: dict, labels: list, expected: dict) -> None:
    keys = key_map(own, labels)
    assert keys.items() >= expected.items()
    assert len(set(keys.values())) == len(keys)


def test_a_page_takes_the_same_queries_for_any_sentence(
    project: Project, ana: User, sign_in, django_assert_num_queries
) -> None:
    few = make_pair(project, suggestions=[])
    many = make_pair(
        project,
        " ".join(f"s{i}" for i in range(180)),
        " ".join(f"t{i}" for i in range(180)),
        [((i, i + 1), (i, i + 1), "PER") for i in range(0, 40, 2)],
        alternatives={number: [(number * 2, number * 2 + 2)] for number in range(20)},
    )
    client = sign_in(ana)
    for pair in (few, many):
        client.get(reverse("annotations:pair", args=[pair.pk]))  # the claim is taken
        with django_assert_num_queries(5):
            page = client.get(reverse("annotations:pair", args=[pair.pk]))
    assert page.content.decode().count('class="t"') == 360


def test_reference_labels_are_never_shown(pair: SentencePair, ana: User, sign_in) -> None:
    pair.reference_spans.create(start=2, end=4, label="MISC")
    pair.has_reference = True
    pair.save()
    page = sign_in(ana).get(reverse("annotations:pair", args=[pair.pk])).content.decode()
    assert "vive en" not in page.replace("</option>", "")
    assert 'aria-label="MISC' not in page


def test_the_voters_of_a_suggestion_are_named(pair: SentencePair, ana: User, sign_in) -> None:
    pair.candidates.filter(rank=0).update(voters=["soft", "word-to-word"])
    page = sign_in(ana).get(reverse("annotations:pair", args=[pair.pk])).content.decode()
    assert "agreed: soft, word-to-word" in page


def test_a_viewer_sees_and_changes_nothing(pair: SentencePair, vera: User, sign_in) -> None:
    page = sign_in(vera).get(reverse("annotations:pair", args=[pair.pk])).content.decode()
    assert "Madrid" in page
    assert "Accept all" not in page
    assert not Claim.objects.exists()


def test_the_most_doubtful_entity_comes_into_focus(project: Project, ana: User, sign_in) -> None:
    pair = make_pair(project)
    pair.candidates.filter(label="LOC").update(confidence=0.2)
    page = sign_in(ana).get(reverse("annotations:pair", args=[pair.pk])).content.decode()
    assert 'data-current="1"' in page
