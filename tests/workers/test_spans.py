import pytest

from workers.spans import Entity, Span, check_entities


def test_touching_spans_do_not_overlap():
    assert not Span(0, 2).overlaps(Span(2, 3))
    assert Span(0, 3).overlaps(Span(2, 3))


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 2), (3, 1)])
def test_it_rejects_spans_that_are_empty_or_negative(start, end):
    with pytest.raises(ValueError, match="must satisfy"):
        Span(start, end)
    with pytest.raises(ValueError, match="must satisfy"):
        Entity(start, end, "PER")


@pytest.mark.parametrize(
    ("entities", "message"),
    [
        ([Entity(0, 4, "PER")], "passes the end of 3 tokens"),
        ([Entity(1, 3, "LOC"), Entity(0, 2, "PER")], r"\[0, 2\) PER and \[1, 3\) LOC overlap"),
        ([Entity(0, 1, "LOC"), Entity(0, 1, "PER")], "overlap"),
    ],
)
def test_it_names_the_bad_entity(entities, message):
    with pytest.raises(ValueError, match=message):
        check_entities(entities, 3)
