"""A toy fragment of English and Spanish with gold entities on both sides, for training in seconds.

Its sentences hold what makes projection hard: entities that change places, names that change their words or
their order of words, longer on one side than on the other, with an article on one side only.
"""

import random
from dataclasses import dataclass

from workers.spans import Entity

PEOPLE = ("Maria Silva", "John Smith", "Angela Weber", "Paul Martin", "Laura Costa")
PLACES = {
    "London": "Londres", "Germany": "Alemania", "New York": "Nueva York", "South Africa": "Sudáfrica",
    "the Netherlands": "Países Bajos",
}  # fmt: skip
GROUPS = {
    "the European Union": "la Unión Europea", "the World Bank": "el Banco Mundial",
    "the United Nations": "las Naciones Unidas",
}  # fmt: skip
ARTICLES = ("the", "la", "el", "las")
TEMPLATES = (
    ("{PER} visited {LOC} on Monday .", "{PER} visitó {LOC} el lunes ."),
    ("On Monday {PER} visited {LOC} .", "{PER} visitó {LOC} el lunes ."),
    ("{PER} was praised by {ORG} .", "{ORG} elogió a {PER} ."),
    ("{PER} was praised by {PER2} .", "{PER2} elogió a {PER} ."),
    ("{ORG} opened an office in {LOC} .", "{ORG} abrió una oficina en {LOC} ."),
    ("{LOC} and {LOC2} signed an agreement .", "{LOC} y {LOC2} firmaron un acuerdo ."),
    ("The new president of {ORG} is {PER} .", "{PER} es el nuevo presidente de {ORG} ."),
    ("{PER} lives in {LOC} and works for {ORG} .", "{PER} vive en {LOC} y trabaja para {ORG} ."),
    ("The talks failed .", "Las negociaciones fracasaron ."),
)


@dataclass(frozen=True, slots=True)
class ToyPair:
    """source and target: tokens. Entities are in the order of their side; articles stand outside."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    source_entities: tuple[Entity, ...]
    target_entities: tuple[Entity, ...]


def toy_pairs(n_pairs: int, *, seed: int) -> list[ToyPair]:
    """Random sentence pairs, each template as likely as the others."""
    chance = random.Random(seed)
    return [_fill(chance) for _ in range(n_pairs)]


def names() -> list[tuple[str, str]]:
    """Every name with its translation, articles left out."""
    translated = [*((name, name) for name in PEOPLE), *PLACES.items(), *GROUPS.items()]
    return [(" ".join(_bare(source)), " ".join(_bare(target))) for source, target in translated]


def name_lists(n_lists: int, *, seed: int) -> list[tuple[str, str]]:
    """Two or three names after one another, which teach a translator to look at the right name."""
    chance = random.Random(seed)
    picked = [chance.sample(names(), chance.choice((2, 3))) for _ in range(n_lists)]
    return [(" ".join(one for one, _ in some), " ".join(other for _, other in some)) for some in picked]


def marked(tokens: tuple[str, ...], entities: tuple[Entity, ...]) -> str:
    """The sentence with its entities in square brackets."""
    opened = {entity.start for entity in entities}
    closed = {entity.end for entity in entities}
    words: list[str] = []
    for index, token in enumerate([*tokens, ""]):
        words += ["]"] * (index in closed) + ["["] * (index in opened) + [token] * bool(token)
    return " ".join(words)


def _fill(chance: random.Random) -> ToyPair:
    people = chance.sample(PEOPLE, 2)
    places = chance.sample(list(PLACES.items()), 2)
    group = chance.choice(list(GROUPS.items()))
    fillers = {
        "{PER}": (people[0], people[0]), "{PER2}": (people[1], people[1]),
        "{LOC}": places[0], "{LOC2}": places[1], "{ORG}": group,
    }  # fmt: skip
    source, target = chance.choice(TEMPLATES)
    source_tokens, source_entities = _expand(source, {slot: pair[0] for slot, pair in fillers.items()})
    target_tokens, target_entities = _expand(target, {slot: pair[1] for slot, pair in fillers.items()})
    return ToyPair(source_tokens, target_tokens, source_entities, target_entities)


def _expand(template: str, fillers: dict[str, str]) -> tuple[tuple[str, ...], tuple[Entity, ...]]:
    tokens: list[str] = []
    entities: list[Entity] = []
    for part in template.split():
        if part not in fillers:
            tokens.append(part)
            continue
        words = fillers[part].split()
        bare = len(_bare(fillers[part]))
        tokens += words
        entities.append(Entity(len(tokens) - bare, len(tokens), part.strip("{}2")))
    return tuple(tokens), tuple(entities)


def _bare(name: str) -> list[str]:
    words = name.split()
    return words[1:] if words[0] in ARTICLES else words
