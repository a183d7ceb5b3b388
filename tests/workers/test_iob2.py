import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import BILOU, IOB1, IOB2, IOBES, Entities

from workers.iob2 import SCHEMES, TagError, convert_tags, entities_to_tags, guess_scheme, tags_to_entities
from workers.spans import Entity

SEQEVAL = {"IOB1": IOB1, "IOB2": IOB2, "IOBES": IOBES, "BILOU": BILOU}


@st.composite
def sentences(draw):
    """(number of tokens, entities that do not overlap, touching ones included)"""
    entities, position = [], 0
    for _ in range(draw(st.integers(0, 5))):
        position += draw(st.integers(0, 2))
        length = draw(st.integers(1, 4))
        entities.append(Entity(position, position + length, draw(st.sampled_from(["PER", "B-X", "LOC"]))))
        position += length
    return position + draw(st.integers(0, 2)), entities


@pytest.mark.parametrize("scheme", SCHEMES)
@given(sentence=sentences())
def test_every_scheme_round_trips_and_seqeval_agrees(scheme, sentence):
    n_tokens, entities = sentence
    tags = entities_to_tags(entities, n_tokens, scheme)
    assert tags_to_entities(tags, scheme) == entities
    read = Entities([tags], SEQEVAL[scheme]).entities[0]
    assert [(entity.start, entity.end, entity.tag) for entity in read] == [
        (entity.start, entity.end, entity.label) for entity in entities
    ]


@given(
    tags=st.lists(st.sampled_from(["O", "B-A", "I-A", "B-B", "I-B"]), min_size=1, max_size=8),
)
def test_lenient_reading_is_conlleval(tags):
    expected = [(start, end + 1, label) for label, start, end in get_entities(list(tags))]
    assert [(e.start, e.end, e.label) for e in tags_to_entities(tags, lenient=True)] == expected


@pytest.mark.parametrize(
    ("scheme", "tags", "position", "message"),
    [
        ("IOB2", ["O", "I-PER"], 1, "nothing to continue"),
        ("IOB2", ["B-PER", "I-LOC"], 1, "nothing to continue"),
        ("IOB2", ["B-PER", "E-PER"], 1, "IOB2 allows B-LABEL, I-LABEL, O"),
        ("IOB2", ["PER"], 0, "neither O nor PREFIX-LABEL"),
        ("IOB2", ["B-"], 0, "neither O nor PREFIX-LABEL"),
        ("IOB1", ["O", "B-PER"], 1, "only after the same label"),
        ("IOBES", ["B-PER", "O"], 1, "has no end"),
        ("IOBES", ["B-PER"], 0, "has no end"),
        ("IOBES", ["B-PER", "S-PER"], 1, "has no end"),
        ("BILOU", ["L-PER"], 0, "nothing to continue"),
        ("BILOU", ["S-PER"], 0, "BILOU allows"),
    ],
)
def test_it_names_the_position_of_a_bad_tag(scheme, tags, position, message):
    with pytest.raises(TagError, match=message) as caught:
        tags_to_entities(tags, scheme)
    assert caught.value.position == position


@pytest.mark.parametrize(
    ("sentence", "scheme"),
    [
        (["O", "I-PER", "B-PER"], "IOB1"),
        (["B-PER", "I-PER"], "IOB2"),
        (["S-PER", "O"], "IOBES"),
        (["B-PER", "L-PER"], "BILOU"),
        (["O"], "IOB2"),
    ],
)
def test_it_guesses_the_scheme(sentence, scheme):
    assert guess_scheme([["O"], sentence]) == scheme


def test_it_refuses_to_guess_when_no_scheme_fits():
    with pytest.raises(TagError, match="nothing to continue"):
        guess_scheme([["O", "B-PER", "I-LOC"], ["S-PER"]])


def test_it_converts_between_schemes():
    assert convert_tags(["B-PER", "I-PER", "B-PER"], "IOB2", "IOB1") == ["I-PER", "I-PER", "B-PER"]
    assert convert_tags(["B-PER", "I-PER", "B-LOC"], "IOB2", "BILOU") == ["B-PER", "L-PER", "U-LOC"]


@pytest.mark.parametrize("entities", [[Entity(0, 3, "A")], [Entity(0, 2, "A"), Entity(1, 2, "B")]])
def test_it_refuses_to_write_what_does_not_fit(entities):
    with pytest.raises(ValueError, match=r"passes the end|overlap"):
        entities_to_tags(entities, 2)


def test_an_unknown_scheme_is_named():
    with pytest.raises(ValueError, match="unknown tagging scheme 'XYZ'; known: IOB1"):
        tags_to_entities(["O"], "XYZ")
