"""Typing errors after Belinkov & Bisk (2018): neighbours swapped, letters left out, inserted, substituted.

Letters are what a reader sees as one (grapheme clusters), so no combining mark is ever torn off.
"""

from functools import lru_cache
from random import Random

import regex

# Rows of keys from the top, each shifted half a key to the right of the one above it.
LAYOUTS: dict[str, tuple[str, ...]] = {
    "qwerty": ("1234567890-", "qwertyuiop", "asdfghjkl", "zxcvbnm"),
    "qwertz": ("1234567890ß", "qwertzuiopü", "asdfghjklöä", "yxcvbnm"),
    "azerty": ("&é\"'(-è_çà", "azertyuiop", "qsdfghjklmù", "wxcvbn"),
    "spanish": ("1234567890'", "qwertyuiop", "asdfghjklñ", "zxcvbnm"),
    "turkish": ("1234567890*", "qwertyuıopğü", "asdfghjklşi", "zxcvbnmöç"),
    "cyrillic": ("1234567890-", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"),
    "ukrainian": ("1234567890-", "йцукенгшщзхї", "фівапролджє", "ячсмитьбю"),
    "greek": ("1234567890-", "ςερτυθιοπ", "ασδφγηξκλ", "ζχψωβνμ"),
    "arabic": ("1234567890-", "ضصثقفغعهخحجد", "شسيبلاتنمكط", "ئءؤرىةوزظ"),
    "hebrew": ("1234567890-", "קראטוןםפ", "שדגכעיחלךף", "זסבהנמצתץ"),
    "devanagari": ("1234567890-", "ौैाीूबहगदजड", "ोे्िुपरकतच", "मनवलसय"),
}


def mistype(token: str, chance: Random, _language: str) -> str:
    """One typing error; words of a single letter and signs without letters stay as they are."""
    letters = graphemes(token)
    if len(letters) < 2 or not any(letter[0].isalpha() for letter in letters):
        return token
    kinds = ["swap", "leave out", "insert", "substitute"]
    chance.shuffle(kinds)
    for kind in kinds:
        changed = _mistype_as(kind, letters, chance)
        if changed is not None and (text := "".join(changed)) != token:
            return text
    return token


def graphemes(text: str) -> list[str]:
    """The text in extended grapheme clusters (UAX 29)."""
    return list(regex.findall(r"\X", text))


@lru_cache(maxsize=4_096)
def key_neighbours(letter: str) -> tuple[str, ...]:
    """Keys that touch the letter's key in any layout that has it, sorted; in the letter's own case."""
    found: set[str] = set()
    small = letter.lower()
    for rows in LAYOUTS.values():
        for number, row in enumerate(rows):
            if len(small) == 1 and (place := row.find(small)) >= 0:
                found.update(row[max(0, place - 1) : place + 2])
                if number > 0:
                    found.update(rows[number - 1][place : place + 2])
                if number + 1 < len(rows):
                    found.update(rows[number + 1][max(0, place - 1) : place + 1])
    found = {key for key in found - {small} if key.isalpha()}
    if letter != small:
        found = {key.upper() for key in found if len(key.upper()) == 1}
    return tuple(sorted(found))


def _mistype_as(kind: str, letters: list[str], chance: Random) -> list[str] | None:
    if kind == "swap":
        places = [k for k in range(len(letters) - 1) if letters[k] != letters[k + 1]]
        if not places:
            return None
        k = chance.choice(places)
        return [*letters[:k], letters[k + 1], letters[k], *letters[k + 2 :]]
    if kind == "leave out":
        k = chance.randrange(len(letters))
        return [*letters[:k], *letters[k + 1 :]]
    places = [k for k, letter in enumerate(letters) if key_neighbours(letter[0])]
    if not places:
        return None
    k = chance.choice(places)
    key = chance.choice(key_neighbours(letters[k][0]))
    if kind == "insert":
        return [*letters[: k + 1], key, *letters[k + 1 :]]
    return [*letters[:k], key + letters[k][1:], *letters[k + 1 :]]
