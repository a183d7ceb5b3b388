import pytest

from workers.project.markers import MarkerMatch, match_marked_spans


def spans(matches):
    return [match.span for match in matches]


@pytest.mark.parametrize(
    ("marked", "entities", "translations", "expected"),
    [
        (["Bo Lee", "París"], ["Paris", "Bo Lee"], ["París", "Bo Lee"], [1, 0]),
        # the best total wins over the first good one
        (
            ["New York Times", "New York"],
            ["New York", "New York Times"],
            ["Nueva York", "New York Times"],
            [1, 0],
        ),
        # equal texts keep their order
        (["Ada", "Ada"], ["Ada", "Ada"], ["Ada", "Ada"], [0, 1]),
        # another script and marks are compared in plain letters
        (["Путин", "Čapek"], ["Capek", "Putin"], ["Capek", "Путин"], [1, 0]),
        # one span that resembles nothing goes to the one entity that is left
        (["Länder", "Ada"], ["Ada", "Countries"], ["Ada", "Staaten"], [1, 0]),
        # two unlike spans are not guessed
        (["xx", "yy"], ["Ada", "Countries"], ["Ada", "Staaten"], [None, None]),
        ([], ["Ada"], ["Ada"], [None]),
        (["Ada"], [], [], []),
    ],
)
def test_spans_go_to_their_entities(marked, entities, translations, expected):
    assert spans(match_marked_spans(marked, entities, translations)) == expected


def test_the_rule_and_the_similarity_are_told():
    matches = match_marked_spans(["Ada", "qqq"], ["Ada", "Rome"], ["Ada", "Roma"])
    assert matches == [MarkerMatch(0, 1.0, "similar"), MarkerMatch(1, 0.0, "left-over")]


def test_it_needs_a_translation_of_every_entity():
    with pytest.raises(ValueError, match="1 translations for 2 entities"):
        match_marked_spans(["a"], ["a", "b"], ["a"])
