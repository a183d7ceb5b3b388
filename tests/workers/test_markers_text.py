"""Markers put around entities and read back from translations, whatever the model made of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.markers import (
    MARKER_FLAGS,
    MarkedText,
    Markers,
    SourceSentence,
    char_span_to_tokens,
    choose_markers,
    insert_markers,
    read_markers,
    translate_marked,
)
from workers.spans import Entity, Span
from workers.translate import Translation

SQUARE = Markers("[", "]")


def offsets_of(text: str, *tokens: str) -> list[tuple[int, int]]:
    offsets, place = [], 0
    for token in tokens or text.split():
        place = text.index(token, place)
        offsets.append((place, place + len(token)))
        place += len(token)
    return offsets


@pytest.mark.parametrize(
    ("text", "tokens", "entities", "expected"),
    [
        ("Obama visited Berlin .", (), [(0, 1), (2, 3)], "[ Obama ] visited [ Berlin ] ."),
        ("in Berlin's heart", ("in", "Berlin", "'s", "heart"), [(1, 2)], "in [ Berlin ]'s heart"),
        ("New  York City rains", (), [(0, 3)], "[ New  York City ] rains"),
        ("习近平访问北京", ("习近平", "访问", "北京"), [(0, 1), (2, 3)], "[ 习近平 ]访问[ 北京 ]"),
        ("A B C", (), [(1, 2), (0, 1)], "[ A ] [ B ] C"),
        ("😀 Obama", (), [(1, 2)], "😀 [ Obama ]"),
        ("none here", (), [], "none here"),
    ],
)
def test_markers_go_around_entities(
    text: str, tokens: tuple[str, ...], entities: list[tuple[int, int]], expected: str
) -> None:
    labelled = [Entity(start, end, "PER") for start, end in entities]
    assert insert_markers(text, offsets_of(text, *tokens), labelled, SQUARE) == expected


def test_entities_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        insert_markers("a b c", offsets_of("a b c"), [Entity(0, 2, "PER"), Entity(1, 3, "LOC")], SQUARE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "[]"),
        ("see [1]", "{}"),
        ("see ] and {", "<>"),
        ("[ { <", None),
    ],
)
def test_markers_that_the_text_uses_are_not_chosen(text: str, expected: str | None) -> None:
    markers = choose_markers(text)
    assert (None if markers is None else "".join(markers)) == expected


@pytest.mark.parametrize(
    ("translation", "n_expected", "text", "marked", "flags"),
    [
        # as they went
        ("[ Obama ] visitó [ Berlín ] .", 2, "Obama visitó Berlín.", ["Obama", "Berlín"], ""),
        ("[Obama] visitó [Berlín].", 2, "Obama visitó Berlín.", ["Obama", "Berlín"], ""),
        ("Vive en [ Berlín ].", 1, "Vive en Berlín.", ["Berlín"], ""),
        ("Vive en [ Berlín ] .", 1, "Vive en Berlín.", ["Berlín"], ""),
        ("[ 习近平 ] 访问 [ 北京 ] 。", 2, "习近平访问北京。", ["习近平", "北京"], ""),
        ("他访问了[ 北京 ]和[ New York ]", 2, "他访问了北京和New York", ["北京", "New York"], ""),
        ("wa[ Jamani ] walikuja", 1, "waJamani walikuja", ["Jamani"], ""),
        ("[ A ][ B ] vino", 2, "A B vino", ["A", "B"], ""),
        ("[ أوباما ] زار [ برلين ]", 2, "أوباما زار برلين", ["أوباما", "برلين"], ""),
        ("nada", 0, "nada", [], ""),
        # variants
        ("【 Obama 】 visitó ［Berlín］", 2, "Obama visitó Berlín", ["Obama", "Berlín"], "changed"),
        ("[[ Obama ]] vino", 1, "Obama vino", ["Obama"], "changed"),
        ("[ [ Obama ] ] vino", 1, "Obama vino", ["Obama"], "changed"),
        ("&#91; Obama &#93; vino", 1, "Obama vino", ["Obama"], ""),
        ("( Obama ) vino", 1, "Obama vino", ["Obama"], "changed"),
        ("[ Obama ] vio a « Merkel »", 2, "Obama vio a Merkel", ["Obama", "Merkel"], "changed"),
        ("「オバマ」が来た", 1, "オバマが来た", ["オバマ"], "changed"),
        ("[ Obama ) vino", 1, "Obama vino", ["Obama"], "changed"),
        # punctuation is left alone while the markers are all there
        ("[ Obama ] ( presidente ) vino", 1, "Obama ( presidente ) vino", ["Obama"], ""),
        # what is broken is kept, cleaned and flagged
        ("[ Obama visitó Berlín", 1, "Obama visitó Berlín", [], "unpaired lost"),
        ("Obama ] visitó [ Berlín ]", 2, "Obama visitó Berlín", ["Berlín"], "unpaired lost"),
        ("[ ] visitó [ Berlín ]", 2, "visitó Berlín", ["Berlín"], "unpaired lost"),
        ("[ Obama ] y [ ella ] y [ tú ]", 2, "Obama y ella y tú", ["Obama", "ella", "tú"], "added"),
        ("Obama vino", 1, "Obama vino", [], "lost"),
        ("[ ]", 1, "", [], "unpaired lost"),
    ],
)
def test_markers_are_read_and_taken_out(
    translation: str, n_expected: int, text: str, marked: list[str], flags: str
) -> None:
    found = read_markers(translation, SQUARE, source="Obama visited Berlin.", n_expected=n_expected)
    assert found.text == text
    assert found.span_texts == marked
    assert list(found.flags) == [f"markers-{flag}" for flag in flags.split()]


def test_tokenised_text_stays_tokenised() -> None:
    found = read_markers("[ Obama ] , [ Ana ] .", SQUARE, source="Obama , Ana .", n_expected=2)
    assert found == MarkedText("Obama , Ana .", ((0, 5), (8, 11)))


def test_brackets_of_the_source_are_never_taken_for_markers() -> None:
    found = read_markers("Obama (n. 1961) vino", SQUARE, source="Obama (b. 1961) came", n_expected=1)
    assert found == MarkedText("Obama (n. 1961) vino", (), ("markers-lost",))


@given(st.text(alphabet="ab 北京[]【】().\n", max_size=40), st.integers(0, 3))
def test_reading_keeps_every_other_code_point_and_sound_spans(translation: str, n_expected: int) -> None:
    found = read_markers(translation, SQUARE, source="(", n_expected=n_expected)

    def letters(text: str) -> str:
        return "".join(char for char in text if char not in "[]【】" and not char.isspace())

    assert letters(found.text) == letters(translation)
    assert all(0 <= start < end <= len(found.text) for start, end in found.spans)
    assert all(found.text[start:end] == found.text[start:end].strip() for start, end in found.spans)
    ends = [place for span in found.spans for place in span]
    assert ends == sorted(ends)
    assert set(found.flags) <= set(MARKER_FLAGS)


@pytest.mark.parametrize(
    ("span", "expected"),
    [((0, 5), Span(0, 1)), ((6, 12), Span(1, 3)), ((8, 10), Span(1, 2)), ((5, 6), None)],
)
def test_a_marked_span_takes_every_token_it_touches(span: tuple[int, int], expected: Span | None) -> None:
    assert char_span_to_tokens([(0, 5), (6, 11), (11, 12)], *span) == expected


def test_sentences_and_entities_are_translated_in_one_call() -> None:
    dictionary = {
        "[ Berlin ] wins": "gana [ Berlín ]",
        "Berlin": "Berlín",
        "no entity": "sin entidad",
        "[ { < Ann": "[ { < Ana",
        "Ann": "Ana",
    }
    calls: list[list[str]] = []

    def translate(texts: list[str]) -> list[Translation]:
        calls.append(texts)
        return [Translation(dictionary[text]) for text in texts]

    sentences = [
        SourceSentence("Berlin wins", offsets_of("Berlin wins"), [Entity(0, 1, "LOC")]),
        SourceSentence("no entity", offsets_of("no entity"), []),
        SourceSentence("[ { < Ann", offsets_of("[ { < Ann"), [Entity(3, 4, "PER")]),
    ]
    berlin, plain, taken = translate_marked(sentences, translate)  # type: ignore[arg-type]
    assert calls == [list(dictionary)[:1] + ["no entity", "[ { < Ann", "Berlin", "Ann"]]
    assert berlin.marked == MarkedText("gana Berlín", ((5, 11),))
    assert (berlin.entity_texts, berlin.entity_translations) == (("Berlin",), ("Berlín",))
    assert plain.marked == MarkedText("sin entidad", ())
    assert taken.marked == MarkedText("[ { < Ana", (), ("markers-taken",))


def test_a_failed_translation_has_no_spans() -> None:
    sentence = SourceSentence("Berlin", [(0, 6)], [Entity(0, 1, "LOC")])
    failed = Translation("", status="failed", message="memory")
    [translation] = translate_marked([sentence], lambda texts: [failed for _ in texts])
    assert translation.marked == MarkedText("", ())
    assert translation.translation.message == "memory"
