"""Every string of the code is translated into every language, with the same placeholders and keys."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from babel.messages import Catalog, Message
from django.conf import settings

from projector_site import catalogues
from projector_site.catalogues import LANGUAGES

PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sdr]|%%|</?\w+")
KEYS = re.compile(r"(?<![A-Za-z])(?:Enter|Tab|Shift|Esc)(?![A-Za-z])")


@pytest.fixture(scope="module")
def words() -> Catalog:
    return catalogues.find_words()


@pytest.fixture(params=LANGUAGES)
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    return catalogues.read_catalogue(request.param)


def test_every_language_has_a_catalogue() -> None:
    assert [code for code, _ in settings.LANGUAGES] == ["en", "fr", "es", "sw", "ar"]
    assert all(catalogues.po_path(language).exists() for language in LANGUAGES)


def test_the_catalogue_has_the_words_of_the_code(catalogue: Catalog, words: Catalog) -> None:
    """Mended by `manage.py makemessages` and by translating what is new."""
    assert {key(message) for message in catalogue} == {key(message) for message in words}
    assert catalogues.po_path(catalogue.locale_identifier).read_bytes() == catalogues.po_bytes(catalogue)


def test_nothing_is_left_untranslated_or_guessed(catalogue: Catalog) -> None:
    assert [message.id for message in catalogues.untranslated(catalogue)] == []
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []
    assert not catalogue.obsolete


def test_the_compiled_file_is_the_catalogue(catalogue: Catalog) -> None:
    """Mended by `manage.py compilemessages`."""
    compiled = catalogues.mo_path(catalogue.locale_identifier).read_bytes()
    assert compiled == catalogues.mo_bytes(catalogue)


def test_placeholders_and_tags_and_keys_are_kept(catalogue: Catalog) -> None:
    for message in catalogue:
        if not message.id:
            continue
        for number, form in enumerate(catalogues.forms(message, catalogue.num_plurals)):
            original = message.id if isinstance(message.id, str) else message.id[min(number, 1)]
            missing = parts(original, PLACEHOLDER) - parts(form, PLACEHOLDER)
            assert not parts(form, PLACEHOLDER) - parts(original, PLACEHOLDER), form
            may_miss = message.pluralizable and "%d" not in missing  # "two sentences" stands for its number
            assert missing.total() <= may_miss, form
            if catalogues.DJANGO not in dict(message.locations):  # there, Enter is a verb
                assert parts(form, KEYS) == parts(original, KEYS), form


def test_numbers_in_plurals_have_a_name(words: Catalog) -> None:
    """A form that is for one or two only may leave its number out, which `%d` would not allow."""
    ours = [m for m in words if m.pluralizable and catalogues.DJANGO not in dict(m.locations)]
    assert not [message.id for message in ours if re.search(r"%[ds]", str(message.id))]


def test_the_test_can_fail(words: Catalog) -> None:
    catalogue = catalogues.read_catalogue("ar")
    shown = "%(n)s failed chunk"
    plural = next(message for message in catalogue if message.pluralizable and shown in message.id)
    plural.string = plural.string[:-1]
    assert catalogues.untranslated(catalogue) == [plural]
    words.add("A string that no catalogue has")
    assert {key(message) for message in catalogue} != {key(message) for message in words}
    words.delete("A string that no catalogue has")


def key(message: Message) -> tuple:
    return message.context, message.id


def parts(text: str, pattern: re.Pattern) -> Counter[str]:
    return Counter(pattern.findall(text))


def test_no_language_speaks_with_the_words_of_another() -> None:
    """Short words may be the same in two; a sentence that is was put into the wrong catalogue."""
    said: dict[tuple[str, str], str] = {}
    for language in LANGUAGES:
        for message in catalogues.read_catalogue(language):
            for form in catalogues.forms(message, 1) if message.id else ():
                if len(form.split()) < 5 or form == message.id:
                    continue
                other = said.setdefault((str(message.id), form), language)
                assert other == language, f"{language} says what {other} says: {form}"
