"""Noise of letters: case, marks, apostrophes, special letters. Each takes (token, chance, language)."""

import unicodedata
from collections.abc import Callable
from functools import lru_cache
from random import Random

from anyascii import anyascii

APOSTROPHES = "'\u2019\u02bc\u2018\u00b4`\u02bb\ua78c"
# grave, acute, circumflex, tilde, macron, caron, double acute, candrabindu-like breve and inverted breve
TONE_MARKS = frozenset("\u0300\u0301\u0302\u0303\u0304\u0306\u030b\u030c\u030d\u030f\u0311\u1dc4\u1dc5")
# Scripts whose words can be read without their marks; an Indic vowel sign is a letter in its own right.
MARKED_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW", "SYRIAC")


def lower_case(token: str, _chance: Random, _language: str) -> str:
    return token.lower()


def upper_case(token: str, _chance: Random, _language: str) -> str:
    return token.upper()


def title_case(token: str, _chance: Random, _language: str) -> str:
    """First letter as a title has it, the others small; not `str.title`, which restarts after apostrophes."""
    return token[:1].title() + token[1:].lower()


def strip_marks(token: str, _chance: Random, _language: str) -> str:
    """Without accents, tone marks, dots, vowel points: *e* for every *\u1eb9\u0301*."""
    return _without(token, lambda mark: True)


def strip_tones(token: str, _chance: Random, _language: str) -> str:
    """Without tone marks; dots below, cedillas and hooks stay."""
    return _without(token, lambda mark: mark in TONE_MARKS)


def vary_apostrophes(token: str, chance: Random, _language: str) -> str:
    """Every apostrophe of the word as the same other one."""
    present = {character for character in token if character in APOSTROPHES}
    if not present:
        return token
    other = chance.choice([character for character in APOSTROPHES if character not in present])
    return "".join(other if character in present else character for character in token)


def plain_letters(token: str, _chance: Random, _language: str) -> str:
    """Latin letters that have no accent to lose, as the plain letters that people type for them."""
    return "".join(_plain_letter(character) for character in token)


@lru_cache(maxsize=4_096)
def _plain_letter(character: str) -> str:
    if character.isascii() or unicodedata.decomposition(character) or _script(character) != "LATIN":
        return character
    return anyascii(character) or character


def _without(token: str, drops: Callable[[str], bool]) -> str:
    """The token in composed form without the marks; the token itself when it has none of them."""
    kept, base = [], ""
    dropped = False
    for character in unicodedata.normalize("NFD", token):
        if unicodedata.category(character) != "Mn":
            base = character
        elif _script(base) in MARKED_SCRIPTS and drops(character):
            dropped = True
            continue
        kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept)) if dropped and kept else token


@lru_cache(maxsize=4_096)
def _script(character: str) -> str:
    return unicodedata.name(character, "").partition(" ")[0] if character else ""
