"""Mark-then-translate: brackets put around the entities of a source text, and read from its translation.

Source: EasyProject, Chen et al. (2023), "Frustratingly easy label projection for cross-lingual transfer".
Unlike there, a sentence whose markers do not come back as they went is kept and flagged. Which entity a
marked span belongs to is decided in `workers.project.markers`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from workers.spans import Entity, Span, check_entities
from workers.translate import Translation

MARKER_FLAGS = {
    "markers-taken": "the text uses every kind of marker itself; it was translated without",
    "markers-changed": "the model wrote the markers in another form",
    "markers-lost": "fewer entities are marked in the translation than in the source",
    "markers-added": "more entities are marked in the translation than in the source",
    "markers-unpaired": "a marker without its other half was dropped",
}


class Markers(NamedTuple):
    """One kind of marker, a single code point each."""

    opening: str
    closing: str


MARKER_PAIRS = (Markers("[", "]"), Markers("{", "}"), Markers("<", ">"))  # best known to models first

# What translators make of markers: first what is hardly ever anything else, then what punctuation can be too.
_LOOK_ALIKES = ("［］", "【】", "〔〕", "〖〗", "〘〙", "〚〛", "⟦⟧", "﹝﹞", "⁅⁆", "｛｝", "＜＞")
_PUNCTUATION = ("[]", "{}", "<>", "()", "（）", "「」", "『』", "《》", "〈〉", "«»", "‹›", "“”")
_ENTITIES = {"&#91;": "[", "&#93;": "]", "&lt;": "<", "&gt;": ">", "&#123;": "{", "&#125;": "}"}
# Thai, Lao, Burmese, Khmer, CJK punctuation, kana, Han and full-width forms: no spaces around words
_NO_SPACES = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]"
)
_HUGS_LEFT = ".,)。、，．）"  # no language writes a space before it, but tokenised text has one


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A translation without its markers. spans: half-open, in code points of `text`, in order, not empty.

    flags: names of MARKER_FLAGS.
    """

    text: str
    spans: tuple[tuple[int, int], ...]
    flags: tuple[str, ...] = ()

    @property
    def span_texts(self) -> list[str]:
        return [self.text[start:end] for start, end in self.spans]


@dataclass(frozen=True, slots=True)
class SourceSentence:
    """A source text, its tokens' offsets (start_char, end_char) and its entities over those tokens."""

    text: str
    offsets: Sequence[tuple[int, int]]
    entities: Sequence[Entity]


@dataclass(frozen=True, slots=True)
class MarkedTranslation:
    """A sentence translated with its entities marked; entity texts are in the order of the entities.

    source_text: as it was given to the translator. translation: of that, as the model gave it.
    marked: without the markers.
    entity_texts: each entity as the source has it; entity_translations: each translated alone.
    """

    source_text: str
    translation: Translation
    marked: MarkedText
    entity_texts: tuple[str, ...]
    entity_translations: tuple[str, ...]


def choose_markers(text: str) -> Markers | None:
    """The first kind of marker that does not occur in the text; None when all of them do."""
    free = (pair for pair in MARKER_PAIRS if pair.opening not in text and pair.closing not in text)
    return next(free, None)


def insert_markers(
    text: str, offsets: Sequence[tuple[int, int]], entities: Sequence[Entity], markers: Markers
) -> str:
    """The text with `[ ` before and ` ]` after each entity.

    offsets: (start_char, end_char) of each token. Raises ValueError when entities overlap or pass the end.
    """
    check_entities(entities, len(offsets))
    parts: list[str] = []
    place = 0
    for entity in sorted(entities, key=lambda entity: entity.start):
        start, end = _char_span(offsets, entity)
        parts += [text[place:start], f"{markers.opening} {text[start:end]} {markers.closing}"]
        place = end
    return "".join([*parts, text[place:]])


def read_markers(translation: str, markers: Markers, *, source: str, n_expected: int) -> MarkedText:
    """Find the marked spans of a translation and take the markers out.

    Variants of the markers count when the markers themselves do not give `n_expected` pairs and the source
    has none of them: look-alikes first, then other brackets and quotation marks.
    """
    for escaped, mark in _ENTITIES.items():
        if escaped not in source and mark in markers:
            translation = translation.replace(escaped, mark)
    openings, closings = markers
    hugging = "".join(mark for mark in _HUGS_LEFT if f" {mark}" not in source)
    readings: list[MarkedText] = []
    for variants in ((), _LOOK_ALIKES, _PUNCTUATION):
        for pair in variants:
            if pair[0] not in source and pair[1] not in source:
                openings, closings = openings + pair[0], closings + pair[1]
        readings.append(_read(translation, openings, closings, markers, hugging=hugging))
        if len(readings[-1].spans) == n_expected:
            break
    best = min(readings, key=lambda reading: abs(len(reading.spans) - n_expected))
    surplus = len(best.spans) - n_expected
    wrong = ("markers-lost",) if surplus < 0 else ("markers-added",) if surplus > 0 else ()
    return MarkedText(best.text, best.spans, best.flags + wrong)


def char_span_to_tokens(offsets: Sequence[tuple[int, int]], start: int, end: int) -> Span | None:
    """The tokens that share a code point with text[start:end]; None when there are none.

    offsets: (start_char, end_char) of each token, ascending. A marked part of a token takes all of it.
    """
    inside = [index for index, (first, last) in enumerate(offsets) if first < end and last > start]
    return Span(inside[0], inside[-1] + 1) if inside else None


def translate_marked(
    sentences: Sequence[SourceSentence], translate: Callable[[Sequence[str]], list[Translation]]
) -> list[MarkedTranslation]:
    """Translate sentences with their entities marked, and every entity alone, in one call of `translate`.

    A sentence without entities, or one whose text uses up every kind of marker, is translated as it is. A
    failed translation has no marked spans.
    """
    chosen = [choose_markers(sentence.text) if sentence.entities else None for sentence in sentences]
    texts = [
        insert_markers(sentence.text, sentence.offsets, sentence.entities, markers)
        if markers
        else sentence.text
        for sentence, markers in zip(sentences, chosen, strict=True)
    ]
    entity_texts = [
        tuple(sentence.text[slice(*_char_span(sentence.offsets, entity))] for entity in sentence.entities)
        for sentence in sentences
    ]
    distinct = list(dict.fromkeys([*texts, *(text for group in entity_texts for text in group)]))
    translations = dict(zip(distinct, translate(distinct), strict=True))
    return [
        MarkedTranslation(
            source_text=text,
            translation=translations[text],
            marked=_read_translation(sentence, translations[text], markers),
            entity_texts=group,
            entity_translations=tuple(translations[entity].text for entity in group),
        )
        for sentence, markers, text, group in zip(sentences, chosen, texts, entity_texts, strict=True)
    ]


def _char_span(offsets: Sequence[tuple[int, int]], entity: Entity) -> tuple[int, int]:
    return offsets[entity.start][0], offsets[entity.end - 1][1]


def _read_translation(
    sentence: SourceSentence, translation: Translation, markers: Markers | None
) -> MarkedText:
    if markers is None:
        return MarkedText(translation.text, (), ("markers-taken",) if sentence.entities else ())
    if translation.status:
        return MarkedText(translation.text, ())
    return read_markers(translation.text, markers, source=sentence.text, n_expected=len(sentence.entities))


def _read(text: str, openings: str, closings: str, markers: Markers, *, hugging: str) -> MarkedText:
    """Pair the marks of a text and take them out, with the white space that they brought.

    hugging: punctuation that has no space before it.
    """
    paired = _pairs(text, openings, closings)
    marks = re.escape(openings + closings)
    cleaned = ""
    spans: list[tuple[int, int]] = []
    flags: set[str] = set()
    opened, place = 0, 0
    for group in re.finditer(rf"\s*[{marks}](?:\s*[{marks}])*\s*", text):
        cleaned += text[place : group.start()]
        place = group.end()
        inside = [index for index in range(*group.span()) if text[index] in openings + closings]
        closes = any(index in paired.values() for index in inside)
        opens = any(index in paired for index in inside)
        if closes:
            spans.append((opened, len(cleaned)))
        after = text[place : place + 1]
        if after not in hugging or opens:
            cleaned += _gap(group[0], cleaned[-1:], after, opens=opens, closes=closes)
        if opens:
            opened = len(cleaned)
        unpaired = len(inside) - opens - closes
        if unpaired:
            flags.add("markers-changed" if opens or closes else "markers-unpaired")
        if any(text[index] not in markers for index in inside):
            flags.add("markers-changed")
    return MarkedText(cleaned + text[place:], tuple(spans), tuple(sorted(flags)))


def _pairs(text: str, openings: str, closings: str) -> dict[int, int]:
    """Where each pair opens and closes; of "[ [ Obama ]" the inner one opens. Nothing inside is no pair."""
    pairs: dict[int, int] = {}
    opened: int | None = None
    for index, char in enumerate(text):
        if char in openings:
            opened = index
        elif char in closings:
            if opened is not None and text[opened + 1 : index].strip():
                pairs[opened] = index
            opened = None
    return pairs


def _gap(group: str, before: str, after: str, *, opens: bool, closes: bool) -> str:
    """What stands in the place of a group of marks, given the code points around it."""
    if not before or not after:
        return ""
    if "\n" in group:
        return "\n"
    if _NO_SPACES.match(before) and _NO_SPACES.match(after):
        return ""
    if opens and closes:
        return " "
    spaced = (group[0].isspace() and not closes) or (group[-1].isspace() and not opens)
    return " " if spaced else ""
