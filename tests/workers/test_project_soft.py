"""The soft method, its statistics, the tagger's candidates and the ensemble, on sentences of our own."""

import json

import numpy as np
import pytest

from tests.workers.small_pairs import ADA, make_input, spans
from workers.project import get_projector
from workers.project.batch import flatten_batch
from workers.project.spanfeatures import describe_spans
from workers.project.statistics import PairStatistics, learn_statistics
from workers.project.words import number_words
from workers.spans import Entity


def soft(item, **options):
    return get_projector("soft", **options).project([item])[0]


def articles(n):
    """Pairs in which a name always follows the article "la", whose link is right."""
    names = [f"Nombre{k}" for k in range(n)]
    return [
        make_input(f"the {name} works", f"la {name} funciona", [(1, 2, "ORG")], [(0, 0), (1, 1), (2, 2)])
        for name in names
    ]


def test_it_works_from_links_alone_and_from_a_similarity():
    similarity = np.full((4, 5), 0.5, dtype=np.float16)
    for i, j in [(0, 4), (1, 2), (2, 0), (3, 1)]:
        similarity[i, j] = 0.9
    with_similarity = make_input(
        "Ada met Bo Lee", "Bo Lee vio a Ada", [(0, 1, "PER"), (2, 4, "PER")], [], similarity=similarity
    )
    assert spans(soft(with_similarity)) == [(4, 5), (0, 2)]
    assert spans(soft(ADA)) == [(4, 5), (0, 2)]


def test_a_wrong_link_to_a_learnt_article_is_not_followed():
    statistics = learn_statistics(articles(30))
    assert statistics["sides"]["la"] == [0, 0, 30, 0]
    edges = PairStatistics(statistics).edge_log_odds(["la", "unknown"])
    assert edges[0, 0] < -3
    assert edges[1].tolist() == [0, 0]
    # "Union" is linked to the article as well: nothing but what was learnt says where the name begins
    item = make_input("Union works", "la Unión funciona", [(0, 1, "ORG")], [(0, 0), (0, 1), (1, 2)])
    assert spans(soft(item, statistics=statistics)) == [(1, 2)]


def test_what_is_learnt_is_json_and_versioned():
    statistics = learn_statistics(articles(3))
    assert json.loads(json.dumps(statistics)) == statistics
    assert statistics["lengths"] == [[1, 1, 3]]
    with pytest.raises(ValueError, match="statistics of version 7"):
        get_projector("soft", statistics={"version": 7})


def test_a_name_that_came_back_is_remembered():
    pair = make_input("the UN says", "la ONU dice", [(1, 2, "ORG")], [(0, 0), (1, 1), (2, 2)])
    assert name_shares([pair] * 4, pair) == {(1, 2): pytest.approx(3 / 3.5)}
    assert name_shares([pair], pair) == {}  # its own use is no evidence


def name_shares(learnt_from, item):
    """The spans of the item's only entity that were its rendering elsewhere, and how often."""
    statistics = PairStatistics(learn_statistics(learnt_from))
    flat = flatten_batch([item])
    described = describe_spans(flat, statistics, number_words(flat, statistics.words))
    shares = described.features[:, described.names.index("name-share")]
    found = zip(described.start, described.end, shares, strict=True)
    return {(start, end): share for start, end, share in found if share}


def test_a_name_is_found_by_its_form_in_another_script():
    item = make_input("Putin spoke in Moscow", "В Москве выступил Путин", [(0, 1, "PER")], [(1, 2), (3, 1)])
    assert spans(soft(item)) == [(3, 4)]


def test_the_threshold_decides_what_is_left_out():
    item = make_input("Ada met", "ella vio", [(0, 1, "PER")], [(0, 0)])
    assert spans(soft(item, threshold=0.01)) == [(0, 1)]
    assert spans(soft(item, threshold=0.99)) == [None]


def test_two_entities_that_want_one_word_are_settled_together():
    item = make_input(
        "Lee and Bo Lee",
        "Lee y Bo Lee",
        [(0, 1, "PER"), (2, 4, "PER")],
        [(0, 0), (0, 3), (2, 2), (3, 3)],
    )
    assert spans(soft(item)) == [(0, 1), (2, 4)]


@pytest.mark.parametrize("options", [{"threshold": 0}, {"threshold": 1.5}, {"solver": "magic"}])
def test_bad_options_are_refused(options):
    with pytest.raises(ValueError, match=r"must be between|unknown solver"):
        get_projector("soft", **options)


def test_a_long_sentence_and_an_empty_one_share_a_batch():
    long = make_input("Ada " + "w " * 800, "v " * 900 + "Ada", [(0, 1, "PER")], [(0, 900)])
    empty = make_input("", "", [], [])
    results = get_projector("soft").project([long, empty, ADA])
    assert [spans(result) for result in results] == [[(900, 901)], [], [(4, 5), (0, 2)]]


def test_the_taggers_spans_are_the_candidates():
    item = make_input(
        "Ada met Bo Lee",
        "Bo Lee vio a Ada",
        [(0, 1, "PER"), (2, 4, "PER")],
        [(0, 4), (2, 0)],
        target_entities=[Entity(0, 2, "ORG", 0.8), Entity(4, 5, "PER", 0.9)],
    )
    whole = get_projector("ner-candidates", sub_spans=False).project([item])[0]
    assert spans(whole) == [(4, 5), (0, 2)]
    assert spans(get_projector("ner-candidates", ner_weight=0, align_weight=1).project([item])[0]) == [
        (4, 5),
        (0, 1),
    ]


def test_without_a_target_tagger_it_says_so():
    item = make_input("Ada", "Ada", [(0, 1, "PER")], [(0, 0)], target_entities=None)
    with pytest.raises(ValueError, match="sentence 0: ner-candidates needs a tagger"):
        get_projector("ner-candidates").project([item])


def test_the_ensemble_names_its_voters():
    (projections,) = get_projector("ensemble").project([ADA])
    assert spans(projections) == [(4, 5), (0, 2)]
    assert {"soft", "word-to-word", "ngram-candidates"} <= set(projections[1].voters)


def test_an_ensemble_that_disagrees_says_so():
    item = make_input("Ada Lee", "Ada x y Lee z", [(0, 2, "PER")], [(0, 0), (1, 3)], target_entities=None)
    (projection,) = get_projector("ensemble").project([item])[0]
    assert projection.voters != ("soft", "ngram-candidates", "word-to-word")
    assert projection.reason == "methods-disagree"


@pytest.mark.parametrize("voters", [{}, {"ensemble": 1.0}, {"soft": 0.0}])
def test_an_ensemble_refuses_voters_that_make_no_sense(voters):
    with pytest.raises(ValueError, match="voters"):
        get_projector("ensemble", voters=voters)
