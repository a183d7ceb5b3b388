"""Tokens: offsets in code points, ICU's word boundaries, tokens that came tokenised kept as they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.tokens import join_tokens, locate_tokens, span_of_characters, tokenize

CASES = [
    ("en", "Ana met Dr. Li.", ["Ana", "met", "Dr", ".", "Li", "."]),
    (
        "en",
        "Spain's team didn't pay $3,000.50",
        ["Spain", "'s", "team", "did", "n't", "pay", "$", "3,000.50"],
    ),
    ("en", "Spain’s 'Roja'", ["Spain", "’s", "'", "Roja", "'"]),
    ("en", "in the U.S. (e.g. here)", ["in", "the", "U.S.", "(", "e.g.", "here", ")"]),
    ("fr", "L'ONU et jusqu’à aujourd'hui", ["L'", "ONU", "et", "jusqu’", "à", "aujourd'hui"]),
    ("it", "dell’Unità d'Italia", ["dell’", "Unità", "d'", "Italia"]),
    ("sw", "ng'ombe wa Nairobi", ["ng'ombe", "wa", "Nairobi"]),
    ("zh", "我们在北京大学学习。", ["我们", "在", "北京", "大学", "学习", "。"]),
    ("ja", "東京都に住む", ["東京", "都", "に", "住む"]),
    ("th", "สวัสดีชาวโลก", ["สวัสดี", "ชาว", "โลก"]),
    ("lo", "ສະບາຍດີຊາວໂລກ", ["ສະບາຍດີ", "ຊາວໂລກ"]),
    ("km", "ភ្នំពេញជារាជធានី", ["ភ្នំពេញ", "ជា", "រាជធានី"]),
    ("my", "မြန်မာနိုင်ငံသည်", ["မြန်မာနိုင်ငံ", "သည်"]),
    ("ar", "وقال الرئيس، محمد.", ["وقال", "الرئيس", "،", "محمد", "."]),
    ("he", 'צה"ל הודיע', ['צה"ל', "הודיע"]),
    ("ar", "\u202bمحمد\u202c", ["محمد"]),
    ("fa", "می\u200cخواهم", ["می\u200cخواهم"]),
    ("en", "a 😀 👩\u200d👩\u200d👧 in 𝔘𝔫𝔦", ["a", "😀", "👩\u200d👩\u200d👧", "in", "𝔘𝔫𝔦"]),
    ("en", " \t a\u00a0b\u200b \u2028c", ["a", "b", "c"]),
    ("en", "", []),
    ("en", " \u200b\u200d ", []),
    ("zz-Unknown", "two words", ["two", "words"]),
]


def cut(text: str, offsets: list[int]) -> list[str]:
    return [text[start:end] for start, end in zip(offsets[::2], offsets[1::2], strict=True)]


@pytest.mark.parametrize(("language", "text", "expected"), CASES)
def test_it_tokenizes(language: str, text: str, expected: list[str]) -> None:
    assert cut(text, tokenize(text, language)) == expected


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=80), st.sampled_from(["en", "fr", "zh", "th"])
)
def test_it_loses_only_what_is_invisible(text: str, language: str) -> None:
    offsets = tokenize(text, language)
    assert offsets == sorted(offsets)
    assert all(start < end for start, end in zip(offsets[::2], offsets[1::2], strict=True))
    ends = [0, *offsets[1::2]]
    between = [text[end:start] for end, start in zip(ends, [*offsets[::2], len(text)], strict=True)]
    assert not any(character.isalnum() for character in "".join(between))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)))
def test_it_joins_tokens_to_the_code_point(tokens: list[str]) -> None:
    text, offsets = join_tokens(tokens)
    assert cut(text, offsets) == tokens
    assert cut(text, locate_tokens(text, tokens)) == tokens or " " in "".join(tokens)


def test_it_finds_tokens_in_their_text_in_order() -> None:
    assert locate_tokens("a b  a", ["a", "b", "a"]) == [0, 1, 2, 3, 5, 6]
    with pytest.raises(ValueError, match=r"token 2 \('b'\) is not in the text after character 3"):
        locate_tokens("b a c", ["a", "b"])


def test_it_turns_characters_into_tokens() -> None:
    offsets = [0, 3, 4, 6, 7, 9]
    assert span_of_characters(offsets, 4, 9) == (1, 3)
    with pytest.raises(ValueError, match=r"\[4, 8\) do not begin and end with a token"):
        span_of_characters(offsets, 4, 8)
