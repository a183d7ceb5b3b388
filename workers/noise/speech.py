"""Words as speech recognition writes them down: no capitals, no punctuation, numbers in words."""

import unicodedata
from random import Random

PAUSE = "mm"  # stands where a sign of punctuation was: a line must hold a token, and speech has pauses there
MAX_DIGITS = 15


def speak(token: str, _chance: Random, language: str) -> str:
    """Small letters without punctuation; a number in words joined by hyphens where the language is known.

    A token that is nothing but punctuation becomes a pause.
    """
    if not any(character.isalnum() for character in token):
        return PAUSE if all(unicodedata.category(c)[0] in "PS" for c in token) else token
    digits = token.replace(",", "")
    if digits.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS:
        return _in_words(int(digits), language) or token
    kept = [c for c in token if not unicodedata.category(c).startswith("P")]
    return "".join(kept).lower()


def _in_words(number: int, language: str) -> str:
    """The number in words without spaces, "" in a language whose numbers are not known."""
    from num2words import num2words

    try:
        words: str = num2words(number, lang=language.replace("-", "_"))
    except (NotImplementedError, OverflowError):
        return ""
    return words.lower().replace(",", "").replace(" ", "-")
