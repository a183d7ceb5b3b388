"""Noise for robustness tests: labelled tokens in, noisy ones out, every change on record.

A noise changes tokens in place, so gold spans stay valid; those of spaces move the spans along. Which tokens
are changed depends on seed, noise, sentence and token alone: what changes at one severity also changes, in
the same way, at every higher one, and two files of the same sentences are changed alike. Types and severities
follow section 4.1 of the study design: typing (Belinkov & Bisk, 2018), recognition errors (Namysl et al.,
2020), lost marks, foreign words, unseen names.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from workers.noise.letters import (
    lower_case,
    plain_letters,
    strip_marks,
    strip_tones,
    title_case,
    upper_case,
    vary_apostrophes,
)
from workers.noise.names import NamePool
from workers.noise.scanning import misread
from workers.noise.spacing import SPACING, move_entities, space_out
from workers.noise.speech import speak
from workers.noise.typing import mistype
from workers.spans import Entity

SEVERITIES = (0.05, 0.1, 0.2, 0.3)
WHERE = ("entity", "context", "both")
ENTITIES, CODE_SWITCH = "entities", "code-switch"

# (token, chance, language) -> the changed token, or the token itself where the noise has nothing to change
TokenNoise = Callable[[str, Random, str], str]

TOKEN_NOISES: dict[str, TokenNoise] = {
    "typos": mistype,
    "ocr": misread,
    "asr": speak,
    "lower": lower_case,
    "upper": upper_case,
    "title": title_case,
    "diacritics": strip_marks,
    "tones": strip_tones,
    "apostrophes": vary_apostrophes,
    "letters": plain_letters,
}
NOISES: dict[str, str] = {
    "typos": "a letter swapped, left out, doubled by a neighbouring key, or replaced by one",
    "ocr": "letters that scanners take for others",
    "asr": "as speech recognition writes: no capitals, no punctuation, numbers in words",
    "lower": "lower case",
    "upper": "upper case",
    "title": "a capital at the beginning of the word, lower case after it",
    "diacritics": "every accent, tone mark and dot left out",
    "tones": "tone marks left out, dots below kept",
    "apostrophes": "another of the characters that are used as an apostrophe",
    "letters": "special Latin letters as plain ones: \u0253 as b, \u014b as ng",
    ENTITIES: "another name of the same label and length, a rare one where there is one",
    CODE_SWITCH: "the word of another language, from a lexicon or an alignment",
    **SPACING,
}


class Change(NamedTuple):
    """One token that was changed: 0-based sentence and token, the noise, the text before and after.

    The token is that of the clean sentence. With noise of spaces one of the texts is two tokens, with a space
    between them.
    """

    sentence: int
    token: int
    noise: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class NoiseSetting:
    """What to do. severity: the chance in [0, 1] of every token (name, for `entities`) that can be changed.

    where: "entity" tokens, "context" tokens (outside entities), or "both".
    language: BCP 47 code, for numbers in words and for case.
    """

    noise: str
    severity: float
    where: str = "both"
    seed: int = 0
    language: str = "und"

    def __post_init__(self) -> None:
        if self.noise not in NOISES:
            raise ValueError(f"unknown noise {self.noise!r}; known: {', '.join(NOISES)}")
        if not 0 <= self.severity <= 1:
            raise ValueError(f"severity must be between 0 and 1, not {self.severity}")
        if self.where not in WHERE:
            raise ValueError(f"unknown place {self.where!r}; known: {', '.join(WHERE)}")
        if self.noise == ENTITIES and self.where == "context":
            raise ValueError("noise 'entities' changes names; it has nothing to do in the context")

    @property
    def signature(self) -> str:
        return f"noise:1 {self.noise} p={self.severity:g} {self.where} seed={self.seed} {self.language}"


Sentence = tuple[Sequence[str], Sequence[Entity]]


def perturb(
    sentences: Sequence[Sentence],
    setting: NoiseSetting,
    *,
    names: NamePool | None = None,
    foreign: Sequence[Mapping[int, str]] | None = None,
) -> tuple[list[list[str]], list[Change]]:
    """The sentences with noise, and every change, in order of sentence and token.

    names: for `entities`, where new names come from. foreign: for `code-switch`, per sentence a foreign word
    for each token that has one.
    Raises ValueError when what the noise draws from is missing.
    """
    changes = [
        change
        for number, (tokens, entities) in enumerate(sentences)
        for change in _change_sentence(number, tokens, entities, setting, names, foreign)
    ]
    return apply_changes([tokens for tokens, _ in sentences], changes), changes


def apply_changes(sentences: Sequence[Sequence[str]], changes: Iterable[Change]) -> list[list[str]]:
    """The sentences after the changes. Raises ValueError when a change does not fit the text."""
    changed = [[[token] for token in tokens] for tokens in sentences]  # each token's place, and what is there
    for number, token, noise, before, after in changes:
        if not (0 <= number < len(changed) and 0 <= token < len(changed[number])):
            raise ValueError(f"sentence {number} has no token {token} to change from {before!r}")
        old, new = _pieces(noise, before), _pieces(noise, after)
        if list(sentences[number][token : token + len(old)]) != old:
            raise ValueError(
                f"sentence {number}, token {token} is {sentences[number][token]!r}, not {before!r}"
            )
        changed[number][token : token + len(old)] = [new, *([] for _ in old[1:])]
    return [[word for group in groups for word in group] for groups in changed]


def moved_entities(sentences: Sequence[Sentence], changes: Iterable[Change]) -> list[list[Entity]]:
    """The entities of the sentences after the changes, over the tokens that `apply_changes` gives."""
    shifts: dict[int, list[tuple[int, int, int]]] = {}
    for number, token, noise, before, after in changes:
        if noise in SPACING:
            row = (token, len(_pieces(noise, before)), len(_pieces(noise, after)))
            shifts.setdefault(number, []).append(row)
    return [
        move_entities(entities, shifts[number]) if number in shifts else list(entities)
        for number, (_, entities) in enumerate(sentences)
    ]


def _pieces(noise: str, text: str) -> list[str]:
    return text.split(" ") if noise in SPACING else [text]


def _change_sentence(
    number: int,
    tokens: Sequence[str],
    entities: Sequence[Entity],
    setting: NoiseSetting,
    names: NamePool | None,
    foreign: Sequence[Mapping[int, str]] | None,
) -> Iterable[Change]:
    if setting.noise in SPACING:
        yield from (
            Change(number, token, setting.noise, " ".join(before), " ".join(after))
            for token, before, after in space_out(
                setting.noise,
                tokens,
                entities,
                setting.severity,
                lambda token: _chance(setting, number, token),
                lambda token: _is_wanted(token, entities, setting.where),
            )
        )
        return
    if setting.noise == ENTITIES:
        if names is None:
            raise ValueError("noise 'entities' needs names to draw from")
        after = _with_other_names(number, tokens, entities, setting, names)
    elif setting.noise == CODE_SWITCH:
        if foreign is None:
            raise ValueError("noise 'code-switch' needs a lexicon or an alignment")
        after = {
            token: word
            for token, word in foreign[number].items()
            if _is_wanted(token, entities, setting.where)
            and _is_drawn(_chance(setting, number, token), setting)
        }
    else:
        change = TOKEN_NOISES[setting.noise]
        after = {}
        for token, text in enumerate(tokens):
            chance = _chance(setting, number, token)
            if _is_wanted(token, entities, setting.where) and _is_drawn(chance, setting):
                after[token] = change(text, chance, setting.language)
    for token in sorted(after):
        if after[token] != tokens[token]:
            yield Change(number, token, setting.noise, tokens[token], after[token])


def _with_other_names(
    number: int, tokens: Sequence[str], entities: Sequence[Entity], setting: NoiseSetting, names: NamePool
) -> dict[int, str]:
    after: dict[int, str] = {}
    for entity in entities:
        chance = _chance(setting, number, entity.start)
        if _is_drawn(chance, setting):
            name = names.draw(tokens[entity.start : entity.end], entity.label, chance)
            after |= dict(zip(range(entity.start, entity.end), name, strict=True))
    return after


def _chance(setting: NoiseSetting, sentence: int, token: int) -> Random:
    """Random numbers of one token, the same at every severity."""
    return Random(f"{setting.seed}/{setting.noise}/{sentence}/{token}")  # noqa: S311 (no secret)


def _is_drawn(chance: Random, setting: NoiseSetting) -> bool:
    return chance.random() < setting.severity


def _is_wanted(token: int, entities: Sequence[Entity], where: str) -> bool:
    if where == "both":
        return True
    inside = any(entity.start <= token < entity.end for entity in entities)
    return inside is (where == "entity")
