"""Cutting text at sentence boundaries and putting it together again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.sentences import CUT, SENTENCE, join_pieces, split_sentences, split_to_fit, writes_spaces


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("en", "Mr. Smith met Dr. Lee. They left.", ["Mr. Smith met Dr. Lee.", "They left."]),
        ("en", "J. R. Ewing of D.C. came.  He sat.", ["J. R. Ewing of D.C. came.", "He sat."]),
        ("en", "A 😀 smiles. 😀😀 It stays.", ["A 😀 smiles.", "😀😀 It stays."]),
        ("en", "He saw [ Guns. N. Roses ] live. Good.", ["He saw [ Guns. N. Roses ] live.", "Good."]),
        ("en", "An open [ bracket. Closes nothing.", ["An open [ bracket.", "Closes nothing."]),
        ("en", "A title by Lee\nA line. Another.", ["A title by Lee", "A line.", "Another."]),
        ("de", "Das ist z. B. gut. Ja.", ["Das ist z. B. gut.", "Ja."]),
        ("zh", "今天很冷。他在北京工作！好吗？", ["今天很冷。", "他在北京工作！", "好吗？"]),
        ("hi", "यह एक है। वह दो है।", ["यह एक है।", "वह दो है।"]),
        ("ar", "ذهب مريم إلى القاهرة. ثم عادت؟ نعم.", ["ذهب مريم إلى القاهرة.", "ثم عادت؟", "نعم."]),
        ("en", "  \n ", []),
        ("en", "", []),
    ],
)
def test_sentences(language: str, text: str, expected: list[str]) -> None:
    pieces = split_sentences(text, language)
    assert [piece.text for piece in pieces] == expected
    assert all(text[piece.start : piece.end] == piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("text", "room", "expected"),
    [
        ("Short. Fits.", 20, [("Short.", SENTENCE), ("Fits.", SENTENCE)]),
        ("one two three; four five six", 20, [("one two three;", CUT), ("four five six", SENTENCE)]),
        ("one two, three four five", 18, [("one two,", CUT), ("three four five", SENTENCE)]),
        ("a, two three four five six", 20, [("a, two three four", CUT), ("five six", SENTENCE)]),
        ("abcdefghijkl", 5, [("abcde", CUT), ("fghij", CUT), ("kl", SENTENCE)]),
        ("今天很冷，他在北京工作", 7, [("今天很冷，", CUT), ("他在北京工作", SENTENCE)]),
    ],
)
def test_what_is_too_long_is_cut_at_a_good_place(
    text: str, room: int, expected: list[tuple[str, str]]
) -> None:
    pieces = split_to_fit(text, "en", fits=lambda part: len(part) <= room)
    assert [(piece.text, piece.end_reason) for piece in pieces] == expected


@given(
    st.text(alphabet="ab .,;!?\n[]😀。é\u0301", max_size=200),
    st.integers(min_value=1, max_value=30),
)
def test_a_cut_loses_nothing_and_every_piece_fits(text: str, room: int) -> None:
    pieces = split_to_fit(text, "en", fits=lambda part: len(part) <= room)
    assert all(0 < len(piece.text) <= room for piece in pieces)
    assert all(text[piece.start : piece.end] == piece.text for piece in pieces)
    ends = [0, *(place for piece in pieces for place in (piece.start, piece.end)), len(text)]
    assert ends == sorted(ends)
    gaps = [text[one:other] for one, other in zip(ends[::2], ends[1::2], strict=True)]
    assert not "".join(gaps).strip()


@pytest.mark.parametrize(
    ("text", "translated", "spaced", "expected"),
    [
        ("One. Two.", ["Uno.", "Dos."], True, "Uno. Dos."),
        ("One.   Two.", ["一。", "二。"], False, "一。二。"),
        ("One.\n\nTwo. Three.", ["Uno.", "Dos.", "Tres."], True, "Uno.\n\nDos. Tres."),
        ("One.\nTwo.", ["一。", "二。"], False, "一。\n二。"),
        ("One. Two. Three.", ["Uno.", "", "Tres."], True, "Uno. Tres."),
        ("一。二。", ["One.", "Two."], True, "One. Two."),
    ],
)
def test_it_joins(text: str, translated: list[str], spaced: bool, expected: str) -> None:
    assert join_pieces(text, split_sentences(text, "en"), translated, spaced=spaced) == expected


@pytest.mark.parametrize(
    ("language", "spaces"),
    [
        ("en", True),
        ("zh", False),
        ("zh-TW", False),
        ("ja", False),
        ("yue", False),
        ("ko", True),
        ("th", True),
    ],
)
def test_which_languages_write_spaces(language: str, spaces: bool) -> None:
    assert writes_spaces(language) is spaces
