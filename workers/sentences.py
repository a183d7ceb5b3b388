"""Long text cut at sentence boundaries, so that a translator sees all of it, and put together again.

Boundaries are those of Unicode Standard Annex 29 with CLDR's exceptions for abbreviations, through ICU.
A cut loses nothing: pieces and the white space between them are the text again, code point by code point.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from icu4py.breakers import SentenceBreaker

SENTENCE, CUT = "sentence", "cut"

# ICU also breaks after initials and after titles that CLDR's list lacks ("J. Doe", "Dr. Lee"). Two sentences
# kept together by mistake cost less than one torn apart.
_ABBREVIATION = re.compile(
    r"(?<!\w)(?:[^\W\d_]|Capt|Col|Dr|Fr|Gen|Gov|Hon|Lt|Maj|Mme|Mr|Mrs|Ms|Nr|Prof|Rep|Rev|Sen|Sgt|Sr|Sra|St)\.\s*$"
)
_OPENING = "[{【［⟦"
_BRACKETS = re.compile(r"[\[\]{}【】［］⟦⟧]")
_GOOD_CUTS = (re.compile(r"[;:—–؛；：…]\s*"), re.compile(r"[,،、，)]\s*"), re.compile(r"\s+"))


@dataclass(frozen=True, slots=True)
class Piece:
    """text[start:end] without white space at its ends; half-open, in code points.

    end_reason: "sentence" where the text has a boundary, "cut" where a sentence was too long and was cut.
    """

    start: int
    end: int
    text: str
    end_reason: str = SENTENCE


def split_sentences(text: str, language: str) -> list[Piece]:
    """The sentences of a text, white space left out; no boundary falls inside brackets.

    language: BCP 47; it chooses CLDR's abbreviations. Returns [] for a text of white space.
    """
    pieces: list[Piece] = []
    brackets = _bracketed(text)
    start, place = 0, 0
    for segment in SentenceBreaker(text, f"{language}-u-ss-standard"):
        place += len(segment)
        if any(opened < place <= closed for opened, closed in brackets):
            continue
        if place < len(text) and "\n" not in segment and _ABBREVIATION.search(text, start, place):
            continue
        if (piece := _trimmed(text, start, place, SENTENCE)) is not None:
            pieces.append(piece)
        start = place
    return pieces


def split_to_fit(text: str, language: str, *, fits: Callable[[str], bool]) -> list[Piece]:
    """The sentences of a text, and those that do not fit cut at their last good place that does.

    A good place is after a semicolon, colon or dash; else after a comma; else at white space; in the middle
    of a word only where there is nothing else. fits: whether a string is short enough; every prefix of one
    that fits has to fit too, and a single code point is never cut.
    """
    pieces: list[Piece] = []
    for sentence in split_sentences(text, language):
        start = sentence.start
        while (length := _longest_fit(rest := text[start : sentence.end], fits)) < len(rest):
            place = start + _cut_place(rest, length)
            if (piece := _trimmed(text, start, place, CUT)) is not None:
                pieces.append(piece)
            start = place
        if (piece := _trimmed(text, start, sentence.end, SENTENCE)) is not None:
            pieces.append(piece)
    return pieces


def join_pieces(text: str, pieces: Sequence[Piece], translated: Sequence[str], *, spaced: bool) -> str:
    """Put translations of pieces together with the line breaks of the source between them.

    spaced: whether the target language writes a space between sentences; line breaks are kept either way.
    """
    joined: list[str] = []
    previous: Piece | None = None
    for piece, words in zip(pieces, translated, strict=True):
        if not words:
            continue
        if previous is not None and joined:
            gap = text[previous.end : piece.start]
            joined.append("\n" * gap.count("\n") if "\n" in gap else " " if spaced else "")
        joined.append(words)
        previous = piece
    return "".join(joined)


def writes_spaces(language: str) -> bool:
    """Whether a language puts spaces between sentences: all but those in Han and Japanese scripts.

    language: BCP 47. Thai, Lao, Khmer and Burmese write none between words but do between sentences.
    """
    from langcodes import Language

    return Language.get(language).maximize().script not in ("Hans", "Hant", "Jpan", "Hani", "Bopo")


def _bracketed(text: str) -> list[tuple[int, int]]:
    """Where brackets open and close; an unmatched bracket encloses nothing."""
    opened: list[int] = []
    pairs: list[tuple[int, int]] = []
    for match in _BRACKETS.finditer(text):
        if match[0] in _OPENING:
            opened.append(match.start())
        elif opened:
            pairs.append((opened.pop(), match.start()))
    return pairs


def _trimmed(text: str, start: int, end: int, reason: str) -> Piece | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Piece(start, end, text[start:end], reason) if start < end else None


def _longest_fit(text: str, fits: Callable[[str], bool]) -> int:
    """The length of the longest prefix that fits, at least 1."""
    low, high = 1, 64
    while high < len(text) and fits(text[:high]):
        low, high = high, 2 * high
    if high >= len(text):
        if fits(text):
            return len(text)
        high = len(text)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(text[:middle]) else (low, middle)
    return low


def _cut_place(text: str, longest: int) -> int:
    """Where to cut a text of which at most `longest` code points fit."""
    for pattern in _GOOD_CUTS:
        places = [match.end() for match in pattern.finditer(text, 0, longest)]
        # a cut in the first third would leave a stump: take a weaker place that comes later
        if places and places[-1] * 3 >= longest:
            return places[-1]
    return longest
