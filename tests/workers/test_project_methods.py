"""What every projection method promises, and what the published rules do, on small sentences."""

import numpy as np
import pytest

from tests.workers.small_pairs import ADA, make_input, spans
from workers.project import METHODS, REASONS, get_projector
from workers.spans import Span


@pytest.mark.parametrize("method", METHODS)
def test_it_carries_names_across_a_reordering(method):
    (projections,) = get_projector(method).project([ADA])
    assert spans(projections) == [(4, 5), (0, 2)]
    assert [projection.entity for projection in projections] == list(ADA.entities)


@pytest.mark.parametrize("method", METHODS)
def test_batches_give_what_single_sentences_give(method):
    others = [
        make_input("a b c", "x y z", [(0, 1, "PER"), (1, 3, "ORG")], [(0, 1), (1, 1), (2, 2)]),
        make_input("", "", [], []),
        make_input("no names here", "nada", [], [(0, 0)]),
        make_input("a b", "x", [(0, 2, "LOC")], []),
    ]
    projector = get_projector(method)
    batch = [ADA, *others, ADA]
    together, alone = projector.project(batch), [projector.project([item])[0] for item in batch]
    assert [spans(one) for one in together] == [spans(one) for one in alone]
    for one, other in zip(sum(together, []), sum(alone, []), strict=True):
        assert one.confidence == pytest.approx(other.confidence, abs=1e-4)
        assert one.reason == other.reason
        assert [(a.start, a.end) for a in one.alternatives] == [(a.start, a.end) for a in other.alternatives]


@pytest.mark.parametrize("method", METHODS)
def test_every_result_is_complete(method):
    links = [(i, j) for i in range(4) for j in range(8) if (i * 3 + j) % 4 == 0]
    item = make_input("a b c d", "p q r s t u v w", [(0, 2, "PER"), (2, 3, "ORG"), (3, 4, "LOC")], links)
    (projections,) = get_projector(method).project([item])
    taken = [p.span for p in projections if p.span]
    assert not any(one.overlaps(other) for k, one in enumerate(taken) for other in taken[k + 1 :])
    for projection in projections:
        assert 0 <= projection.confidence <= 1
        assert projection.margin >= 0
        assert len(projection.alternatives) <= 9
        scores = [alternative.score for alternative in projection.alternatives]
        assert scores == sorted(scores, reverse=True)
        if projection.span:
            chosen = (projection.span.start, projection.span.end)
            assert chosen not in [(a.start, a.end) for a in projection.alternatives]
        assert projection.reason in {"", *REASONS}


@pytest.mark.parametrize("method", METHODS)
def test_an_unlinked_entity_is_missing_with_the_reason(method):
    (projections,) = get_projector(method).project([make_input("Qo went", "fue", [(0, 1, "PER")], [(1, 0)])])
    assert spans(projections) == [None]
    assert projections[0].reason == "no-link"


@pytest.mark.parametrize("method", METHODS)
def test_a_pin_is_kept_and_pushes_others_away(method):
    item = make_input(
        "Ada met Bo Lee",
        "Bo Lee vio a Ada",
        [(0, 1, "PER"), (2, 4, "PER")],
        [(0, 4), (2, 0), (3, 1)],
        pins={0: Span(1, 2)},
    )
    (projections,) = get_projector(method).project([item])
    assert projections[0].span == Span(1, 2)
    assert projections[0].confidence == 1
    assert projections[1].span is None or not projections[1].span.overlaps(Span(1, 2))


@pytest.mark.parametrize("method", METHODS)
def test_a_refused_span_does_not_come_back(method):
    item = make_input("Ada met Bo", "Bo vio a Ada", [(0, 1, "PER")], [(0, 3)], vetoes={0: [Span(3, 4)]})
    (projections,) = get_projector(method).project([item])
    assert projections[0].span != Span(3, 4)
    assert (3, 4) not in [(a.start, a.end) for a in projections[0].alternatives]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"links": [(0, 0), (4, 0)]}, "sentence 1: link 4-0 is outside 2 x 2"),
        ({"links": [(0, -1)]}, "sentence 1: link 0--1 is outside"),
        ({"entities": [(0, 3, "PER")]}, "sentence 1: entity .* passes the end of 2 tokens"),
        ({"entities": [(0, 2, "PER"), (1, 2, "ORG")]}, "sentence 1: entities .* overlap"),
        ({"similarity": np.zeros((3, 2), np.float16)}, "sentence 1: similarity has shape"),
        ({"pins": {0: Span(1, 3)}}, "sentence 1: pin of entity 0"),
        (
            {"pins": {0: Span(0, 2), 1: Span(1, 2)}, "entities": [(0, 1, "A"), (1, 2, "B")]},
            "sentence 1: pins",
        ),
    ],
)
def test_it_names_what_is_wrong_with_the_input(method, change, message):
    values = {"entities": [(0, 1, "PER")], "links": [(0, 0)], **change}
    bad = make_input("a b", "x y", values.pop("entities"), values.pop("links"), **values)
    with pytest.raises(ValueError, match=message):
        get_projector(method).project([ADA, bad])


@pytest.mark.parametrize(
    ("options", "entities", "links", "expected"),
    [
        # a gap of one word is bridged, a gap of two is not
        ({}, [(0, 2, "PER")], [(0, 1), (1, 3)], [(1, 4)]),
        ({}, [(0, 2, "PER")], [(0, 1), (1, 4)], [None]),
        ({"min_ratio": 0.0}, [(0, 2, "PER")], [(0, 1), (1, 4)], [(1, 2)]),
        ({"gap": 2}, [(0, 2, "PER")], [(0, 1), (1, 4)], [(1, 5)]),
        # the whole joined run may be long: only the gap counts
        ({}, [(0, 3, "PER")], [(0, 0), (1, 2), (2, 4)], [(0, 5)]),
        # a ratio of exactly the threshold does not pass
        ({"min_ratio": 0.5}, [(0, 2, "PER")], [(0, 1)], [None]),
        # the longest run wins, wherever it is
        ({}, [(0, 2, "PER")], [(0, 0), (0, 4), (1, 5)], [(4, 6)]),
        # spans that do not overlap stay apart even when the target order is reversed
        ({"preset": "original"}, [(0, 1, "PER"), (1, 2, "PER")], [(0, 4), (1, 2)], [(4, 5), (2, 3)]),
        # overlapping spans: one label joins, two labels leave the longer one
        (
            {"preset": "original"},
            [(0, 1, "PER"), (1, 2, "PER")],
            [(0, 1), (0, 2), (1, 2), (1, 3)],
            [(1, 4), None],
        ),
        ({"preset": "original"}, [(0, 1, "PER"), (1, 2, "ORG")], [(0, 1), (0, 2), (1, 2)], [(1, 3), None]),
    ],
)
def test_word_to_word(options, entities, links, expected):
    item = make_input("a b c d", "p q r s t u", entities, links)
    assert spans(get_projector("word-to-word", **options).project([item])[0]) == expected


def test_the_original_rule_ignores_punctuation():
    item = make_input("Ada Lee", "Ada Lee ,", [(0, 2, "PER")], [(0, 0), (1, 1), (1, 2)])
    assert spans(get_projector("word-to-word", preset="original").project([item])[0]) == [(0, 2)]
    assert spans(get_projector("word-to-word").project([item])[0]) == [(0, 3)]


@pytest.mark.parametrize(
    ("options", "links", "expected", "score"),
    [
        ({}, [(0, 1), (1, 2)], (1, 3), 1.0),
        # pairs: many-to-many links pass 1; words: they do not
        ({}, [(0, 1), (1, 1), (0, 2), (1, 2)], (1, 3), 2.0),
        ({"score": "words"}, [(0, 1), (1, 1), (0, 2), (1, 2)], (1, 3), 1.0),
        ({"min_score": 0.9}, [(0, 1)], None, 0.0),
        ({"max_length": 1}, [(0, 1), (1, 2)], (1, 2), 2 / 3),
    ],
)
def test_ngram_candidates(options, links, expected, score):
    item = make_input("a b", "p q r s", [(0, 2, "PER")], links)
    ((projection,),) = get_projector("ngram-candidates", **options).project([item])
    assert spans([projection]) == [expected]
    assert projection.score == pytest.approx(score)


def test_the_exact_solver_finds_the_swap_that_greedy_misses():
    # both entities want word 1; only the second has another word that is nearly as good
    item = make_input("a b c", "p q r s", [(0, 1, "PER"), (1, 3, "ORG")], [(0, 1), (1, 1), (2, 2), (1, 2)])
    greedy = get_projector("ngram-candidates", solver="greedy").project([item])[0]
    exact = get_projector("ngram-candidates", solver="exact").project([item])[0]
    assert sum(p.score for p in exact) >= sum(p.score for p in greedy)
    assert spans(exact) == [(1, 2), (2, 3)]


@pytest.mark.parametrize("method", METHODS)
def test_unknown_options_are_refused_and_the_signature_is_stable(method):
    with pytest.raises(ValueError, match="do not fit method"):
        get_projector(method, colour="blue")
    assert get_projector(method).signature == get_projector(method).signature
    assert get_projector(method).signature.startswith(method)


def test_an_unknown_method_is_named():
    with pytest.raises(ValueError, match="unknown projection method 'magic'; known: soft, "):
        get_projector("magic")
