"""Markers and translations back, put together with what alignment gave."""

import pytest

from workers.back_translation import find_words
from workers.markers import MarkedText, MarkedTranslation
from workers.pairs import side_of
from workers.project import Projection
from workers.second_opinion import Pin, agree, marker_pins, with_pins
from workers.spans import Entity, ScoredSpan, Span
from workers.tokens import join_tokens
from workers.translate import Translation

ANA = Entity(0, 1, "PER")


def free(span=Span(0, 1), **changes):  # noqa: B008
    fields = {"entity": ANA, "span": span, "score": 2.0, "confidence": 0.6, "margin": 1.5}
    return Projection(**fields | changes)


def marked(text, spans, entity_texts, entity_translations):
    return MarkedTranslation(
        "", Translation(text), MarkedText(text, tuple(spans)), entity_texts, entity_translations
    )


def test_two_ways_that_agree_are_surer_than_one():
    answer = agree(free(), Pin(Span(0, 1), 1.0))
    assert (answer.span, answer.confidence, answer.margin, answer.reason) == (Span(0, 1), 0.8, 1.5, "")
    assert agree(free(confidence=0.95), Pin(Span(0, 1), 0.5)).confidence == 0.95


def test_where_they_differ_the_pin_is_the_answer_and_alignment_s_an_alternative():
    others = (ScoredSpan(2, 3, 1.0), ScoredSpan(4, 5, 0.5))
    answer = agree(free(alternatives=others), Pin(Span(2, 3), 0.9))
    assert (answer.span, answer.confidence, answer.reason) == (Span(2, 3), 0.45, "methods-disagree")
    assert answer.alternatives == (ScoredSpan(0, 1, 2.0), ScoredSpan(4, 5, 0.5))


def test_a_pin_finds_what_alignment_did_not():
    answer = agree(free(span=None, reason="filtered"), Pin(Span(2, 3), 0.9))
    assert (answer.span, answer.reason, answer.alternatives) == (Span(2, 3), "no-link", ())


def test_what_has_no_pin_is_projected_around_the_pins():
    alone = [free(), free(Span(1, 3))]
    pinned = [free(), free(Span(2, 3))]
    projections, via = with_pins(alone, pinned, {0: Pin(Span(0, 2), 1.0)}, "markers")
    assert [one.span for one in projections] == [Span(0, 2), Span(2, 3)]
    assert via == ["markers", "alignment"]


def test_marked_words_become_tokens():
    side = side_of(*join_tokens(["Ana", "y", "Eva", "cantan"]))
    found = marker_pins(marked(side.text, [(6, 9), (0, 3)], ("Ana", "Eva"), ("Ana", "Eva")), side)
    assert found == {0: Pin(Span(0, 1), 1.0), 1: Pin(Span(2, 3), 1.0)}


def test_of_two_entities_in_one_token_the_first_has_it():
    side = side_of("AnaEva", [0, 6])
    found = marker_pins(marked(side.text, [(0, 3), (3, 6)], ("Ana", "Eva"), ("Ana", "Eva")), side)
    assert found == {0: Pin(Span(0, 1), 1.0)}


@pytest.mark.parametrize(
    ("wanted", "span"),
    [
        (("Nueva York",), Span(2, 4)),
        (("nueva  york",), Span(2, 4)),
        (("Londres", "Nueva York"), Span(2, 4)),
        (("Nueva",), Span(2, 3)),
        (("Londres",), None),
        (("", " "), None),
    ],
)
def test_words_are_found_by_their_form(wanted, span):
    side = side_of(*join_tokens(["Vive", "en", "Nueva", "York", "."]))
    found = find_words(wanted, side)
    assert (found and found.span) == span


def test_words_of_another_script_are_found_too():
    assert find_words(("Putin",), side_of(*join_tokens(["Сказал", "Путин", "вчера"]))).span == Span(1, 2)
