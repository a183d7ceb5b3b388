"""Text to tokens and back. Offsets are flat lists of code points: [start_0, end_0, start_1, end_1, ...]."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate

from icu4py.breakers import WordBreaker
from icu4py.locale import Locale

# Unicode's word boundaries (UAX 29) keep these together or apart where treebanks, and with them the
# taggers, do the opposite: clitics at the end of a word, elided words at its beginning, dotted initials.
_CLITIC = {"en": re.compile(r"(?<=\w)(?:n['’]t|['’](?:s|re|ve|ll|d|m))$", re.IGNORECASE)}
_ELISION = {
    "fr": re.compile(r"^(?:[cdjlmnst]|(?:jus|lors|puis|quoi|presque|quel)?qu)['’](?=\w)", re.IGNORECASE),
    "it": re.compile(r"^\w+['’](?=\w)", re.IGNORECASE),
    "ca": re.compile(r"^[dlmnst]['’](?=\w)", re.IGNORECASE),
}
_SPACE = " \t\u00a0"
_ASCII_MARKS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_JOINERS = "\u200c\u200d"
_INITIALS = re.compile(r"^(?:[^\W\d_]\.)+[^\W\d_]$")


def tokenize(text: str, language: str) -> list[int]:
    """Token offsets of a text by ICU's word boundaries for its language.

    Chinese, Japanese, Thai, Lao, Khmer and Burmese are segmented with ICU's dictionaries. White space and
    invisible marks around a word belong to no token; nothing is changed in the text itself.
    """
    subtag = language.split("-")[0].lower()
    has_apostrophe = "'" in text or "’" in text
    clitic = _CLITIC.get(subtag) if has_apostrophe else None
    elision = _ELISION.get(subtag) if has_apostrophe else None
    offsets: list[int] = []
    for start, end in _segments(text, language):
        if text[start].isalnum() and text[end - 1].isalnum():
            cut = start
            if clitic and (found := clitic.search(text[start:end])):
                cut += found.start()
            elif elision and (found := elision.search(text[start:end])):
                cut += found.end()
            offsets += (start, end) if cut == start else (start, cut, cut, end)
        elif text[start] == "." and offsets[-1:] == [start] and _INITIALS.match(text[offsets[-2] : start]):
            offsets[-1] = end
        elif end > start + 1 or text[start] not in _SPACE:
            first, last = _visible(text, start, end)
            if first < last:
                offsets += (first, last)
    return offsets


def join_tokens(tokens: Sequence[str]) -> tuple[str, list[int]]:
    """The text of tokens that came without one, joined by one space each, and their offsets."""
    offsets: list[int] = []
    position = 0
    for token in tokens:
        end = position + len(token)
        offsets += (position, end)
        position = end + 1
    return " ".join(tokens), offsets


def locate_tokens(text: str, tokens: Sequence[str]) -> list[int]:
    """Offsets of tokens that stand in the text in this order.

    Raises ValueError naming the first token that is not found after the one before it.
    """
    offsets: list[int] = []
    position = 0
    for number, token in enumerate(tokens, 1):
        start = text.find(token, position)
        if start < 0:
            raise ValueError(f"token {number} ({token!r}) is not in the text after character {position}")
        position = start + len(token)
        offsets += (start, position)
    return offsets


def span_of_characters(offsets: Sequence[int], start: int, end: int) -> tuple[int, int]:
    """The token range that covers exactly the characters [start, end).

    Raises ValueError when the characters begin or end inside a token.
    """
    try:
        return offsets[::2].index(start), offsets[1::2].index(end) + 1
    except ValueError:
        raise ValueError(f"characters [{start}, {end}) do not begin and end with a token") from None


def _segments(text: str, language: str) -> Iterator[tuple[int, int]]:
    """Where ICU's pieces begin and end, in code points: ICU itself counts in UTF-16 units."""
    breaker = WordBreaker(text, _locale(language))
    if text.isascii() or max(text, default="") <= "\uffff":
        return breaker.segments()
    ends = list(accumulate(map(len, breaker)))
    return zip([0, *ends], ends, strict=False)


def _visible(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the visible characters of a piece begin and end; the same place when there are none."""
    while start < end and _is_invisible(text[start]):
        start += 1
    while end > start and _is_invisible(text[end - 1]):
        end -= 1
    return (start, end) if text[start:end].strip(_JOINERS) else (start, start)


def _is_invisible(character: str) -> bool:
    """White space, controls and format characters, but not the joiners, which shape the letter before."""
    if character in _ASCII_MARKS or character in _JOINERS:
        return False
    return character.isspace() or unicodedata.category(character) in {"Cc", "Cf"}


@lru_cache(maxsize=256)
def _locale(language: str) -> Locale:
    return Locale(language.replace("-", "_"))
