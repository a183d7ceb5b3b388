"""Languages: one spelling per language, a name, and the direction of its script."""

import pytest

from annotations.languages import canonical_tag, get_language, same_language


@pytest.mark.parametrize(
    ("tag", "canonical", "name", "direction"),
    [
        ("sw", "sw", "Swahili", "ltr"),
        ("pt_br", "pt-BR", "Portuguese (Brazil)", "ltr"),
        ("yor", "yo", "Yoruba", "ltr"),
        ("ar", "ar", "Arabic", "rtl"),
        ("iw", "he", "Hebrew", "rtl"),
        ("ha", "ha", "Hausa", "ltr"),
        ("ha-Arab", "ha-Arab", "Hausa (Arabic)", "rtl"),
        ("nqo", "nqo", "N’Ko", "rtl"),
        ("ff-Adlm", "ff-Adlm", "Fula (Adlam)", "rtl"),
        ("bbj", "bbj", "Ghomala", "ltr"),
        ("qaa", "qaa", "qaa", "ltr"),
        (" zh-hant ", "zh-Hant", "Chinese (Traditional)", "ltr"),
    ],
)
def test_it_knows_languages(tag: str, canonical: str, name: str, direction: str) -> None:
    language = get_language(tag)
    assert (language.tag, language.name, language.direction) == (canonical, name, direction)
    assert canonical_tag(language.tag) == language.tag


@pytest.mark.parametrize("tag", ["", "xx", "english", "und", "e", "a" * 60, "en\0", "中文", "en-US-"])
def test_it_refuses_what_is_no_language(tag: str) -> None:
    with pytest.raises(ValueError, match="is not a language tag"):
        get_language(tag)


def test_it_compares_languages_without_region_or_script() -> None:
    assert same_language("en-GB", "en")
    assert not same_language("en", "es")
