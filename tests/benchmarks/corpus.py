"""Sentence pairs for filling a database: any number, the same ones for the same seed.

Written for the purpose: a frame with its entities, then a clause of made-up words, common ones more often
than rare ones, so that a search meets frequent and rare words. Names recur as they do in news.
"""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass
from functools import cache

# Share of each target language, of 100 pairs.
LANGUAGES = {"es": 35, "sw": 25, "de": 20, "ar": 10, "zh": 10}
DOMAINS = ("news", "health", "court", "sport")
PAIRS_PER_DOCUMENT = 20

# Types of the entities in the order of their numbers, then the words; a number stands for its entity.
FRAMES: tuple[tuple[str, dict[str, str]], ...] = (
    ("", {
        "en": "nobody knew the answer", "es": "nadie sabía la respuesta", "sw": "hakuna aliyejua jibu",
        "de": "niemand wusste die Antwort", "ar": "لا أحد يعرف الجواب", "zh": "没 有 人 知 道",
    }),
    ("P", {
        "en": "0 said on Tuesday", "es": "0 dijo el martes", "sw": "0 alisema Jumanne",
        "de": "0 sagte am Dienstag", "ar": "قال 0 يوم الثلاثاء", "zh": "0 星 期 二 说",
    }),
    ("L", {
        "en": "in the old town of 0", "es": "en el casco antiguo de 0", "sw": "katika mji wa kale wa 0",
        "de": "in der Altstadt von 0", "ar": "في مدينة 0 القديمة", "zh": "在 0 老 城",
    }),
    ("PL", {
        "en": "0 travelled to 1 yesterday", "es": "0 viajó ayer a 1", "sw": "0 alisafiri kwenda 1 jana",
        "de": "0 reiste gestern nach 1", "ar": "سافر 0 أمس إلى 1", "zh": "0 昨 天 去 了 1",
    }),
    ("OL", {
        "en": "the office of 0 in 1", "es": "la oficina de 0 en 1", "sw": "ofisi ya 0 huko 1",
        "de": "das Büro von 0 in 1", "ar": "مكتب 0 في 1", "zh": "0 在 1 的 办 公 室",
    }),
    ("PLO", {
        "en": "0 met in 1 the head of 2", "es": "0 se reunió en 1 con el jefe de 2",
        "sw": "0 alikutana huko 1 na mkuu wa 2", "de": "0 traf in 1 den Leiter von 2",
        "ar": "التقى 0 في 1 رئيس 2", "zh": "0 在 1 会 见 2 主 席",
    }),
    ("LPP", {
        "en": "in 0 the judges 1 and 2", "es": "en 0 los jueces 1 y 2", "sw": "huko 0 majaji 1 na 2",
        "de": "in 0 die Richter 1 und 2", "ar": "في 0 القاضيان 1 و 2", "zh": "在 0 法 官 1 和 2",
    }),
    ("POLM", {
        "en": "0 of 1 came to 2 for the 3", "es": "0 de 1 llegó a 2 para la 3",
        "sw": "0 wa 1 alifika 2 kwa ajili ya 3", "de": "0 von 1 kam nach 2 zum 3",
        "ar": "جاء 0 من 1 إلى 2 من أجل 3", "zh": "1 的 0 来 到 2 参 加 3",
    }),
    ("PPLOL", {
        "en": "0 and 1 moved from 2 with 3 to 4", "es": "0 y 1 se mudaron de 2 con 3 a 4",
        "sw": "0 na 1 walihama kutoka 2 pamoja na 3 kwenda 4", "de": "0 und 1 zogen von 2 mit 3 nach 4",
        "ar": "انتقل 0 و 1 من 2 مع 3 إلى 4", "zh": "0 和 1 从 2 随 3 搬 到 4",
    }),
)  # fmt: skip
FRAMES_BY_SIZE = {n: [f for f in FRAMES if len(f[0]) == n] for n in range(6)}
# Entities of twenty pairs: together with CANDIDATES four candidates a pair.
SIZES = (0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 5, 5)
# How many candidates each entity of a pair has.
CANDIDATES: dict[int, tuple[int, ...]] = {
    0: (), 1: (4,), 2: (2, 2), 3: (2, 1, 1), 4: (1, 1, 1, 1), 5: (1, 1, 1, 1, 1),
}  # fmt: skip
LABELS = {"P": "PER", "L": "LOC", "O": "ORG", "M": "MISC"}
N_NAMES = {"P": 20_000, "L": 3_000, "O": 5_000, "M": 1_000}
N_WORDS = 30_000
SYLLABLES = {
    "latin": [consonant + vowel for consonant in "bklmnrst" for vowel in "aeio"],
    "ar": [consonant + vowel for consonant in "بركلمندس" for vowel in "اوي"],
    "zh": list("巴卡拉马那萨塔比基利米尼里西提波科罗莫诺索托本肯林曼内雷森泰"),
}


@dataclass(frozen=True, slots=True)
class Sentences:
    """A pair with its entities: (source start, source end, target start, target end, label, name)."""

    language: str
    source: list[str]
    target: list[str]
    entities: list[tuple[int, int, int, int, str, str]]


def sentences(n: int, seed: int = 0) -> Sentences:
    """The n-th pair, from 1."""
    chance = random.Random(f"{seed}-{n}")  # noqa: S311
    language = chance.choices(list(LANGUAGES), list(LANGUAGES.values()))[0]
    types, frame = chance.choice(FRAMES_BY_SIZE[SIZES[n % len(SIZES)]])
    chosen = [(kind, int(N_NAMES[kind] * chance.random() ** 3)) for kind in types]
    source, places = put_together(frame["en"], [name_words(*name, "latin") for name in chosen])
    target, target_places = put_together(frame[language], [name_words(*name, language) for name in chosen])
    clause = [int(N_WORDS * chance.random() ** 4) for _ in range(chance.randint(4, 16))]
    source += [made_word(word, "latin") for word in clause] + ["."]
    target += [made_word(word + 7, language) for word in clause] + ["."]
    entities = [
        (*places[k], *target_places[k], LABELS[kind], " ".join(name_words(kind, number, "latin")))
        for k, (kind, number) in enumerate(chosen)
    ]
    return Sentences(language, source, target, sorted(entities))


def put_together(frame: str, names: list[list[str]]) -> tuple[list[str], dict[int, tuple[int, int]]]:
    """The frame's words with its names in their places, and the token range of each."""
    words: list[str] = []
    places: dict[int, tuple[int, int]] = {}
    for word in frame.split():
        if word.isdecimal():
            name = names[int(word)]
            places[int(word)] = (len(words), len(words) + len(name))
            words += name
        else:
            words.append(word)
    return words, places


@cache
def name_words(kind: str, number: int, language: str) -> list[str]:
    """One to three words; the same name has the same words wherever it stands."""
    n_words = {"P": 2, "L": 1 + (number % 4 == 0), "O": 2 + (number % 3 == 0), "M": 1}[kind]
    parts = number // 40, number * 7 % 997, number * 13 % 499
    return [made_word(zlib.crc32(f"{kind}{k}{parts[k]}".encode()), language).title() for k in range(n_words)]


@cache
def made_word(number: int, language: str) -> str:
    """Two syllables or more, another word for each number below a million."""
    syllables = SYLLABLES.get(language, SYLLABLES["latin"])
    word = ""
    rest = number % 1_000_000
    for _ in range(5):
        rest, k = divmod(rest, len(syllables))
        word += syllables[k]
        if rest == 0 and len(word) > 3:
            break
    return word


def offsets(tokens: list[str], gap: int = 1) -> list[int]:
    """Flat [start, end, ...] of tokens that stand `gap` characters apart."""
    flat, position = [], 0
    for token in tokens:
        flat += [position, position + len(token)]
        position += len(token) + gap
    return flat


def text_of(tokens: list[str], language: str) -> tuple[str, list[int]]:
    """The sentence as it is written, with the offsets of its tokens."""
    if language == "zh":
        return "".join(tokens), offsets(tokens, 0)
    return " ".join(tokens), offsets(tokens)
