"""Noise of spaces: words that fall apart and words that run together, with the gold spans moved along.

These two change the number of tokens. A name keeps every piece of its words, and no two words run together
of which only one is in a name, so that every span stays valid.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from random import Random

from workers.noise.typing import graphemes
from workers.spans import Entity

SPLIT, MERGE = "split", "merge"
SPACING = {
    SPLIT: "a space inside a word, which makes two of it",
    MERGE: "no space between a word and the next, which makes one of them",
}
# token -> its random numbers, and whether the place is wanted
Chance = Callable[[int], Random]
Replacement = tuple[int, list[str], list[str]]  # first token, the tokens before, the tokens after


def space_out(
    noise: str,
    tokens: Sequence[str],
    entities: Sequence[Entity],
    severity: float,
    chance: Chance,
    is_wanted: Callable[[int], bool],
) -> Iterator[Replacement]:
    """What changes in one sentence, in order.

    Of two changes that want the same word the one that was drawn at the lower severity has it, so that what
    changes at one severity changes at every higher one.
    """
    find = _split if noise == SPLIT else _merge
    drawn: list[tuple[float, Replacement]] = []
    for token in range(len(tokens)):
        random = chance(token)
        draw = random.random()
        if draw < severity and is_wanted(token):
            drawn += [(draw, found) for found in find(token, tokens, entities, random)]
    taken: set[int] = set()
    kept = []
    for _, (start, before, after) in sorted(drawn):
        places = set(range(start, start + len(before)))
        if not places & taken:
            taken |= places
            kept.append((start, before, after))
    yield from sorted(kept)


def move_entities(entities: Sequence[Entity], changes: Iterable[tuple[int, int, int]]) -> list[Entity]:
    """The entities of a sentence after changes (first token, tokens before, tokens after)."""
    shifts = sorted(changes)

    def moved(place: int) -> int:
        """Where the boundary before the token `place` is now."""
        return place + sum(after - before for start, before, after in shifts if start + before <= place)

    return [Entity(moved(e.start), moved(e.end), e.label, e.score) for e in entities]


def _split(
    token: int, tokens: Sequence[str], _entities: Sequence[Entity], random: Random
) -> list[Replacement]:
    letters = graphemes(tokens[token])
    if len(letters) < 2 or not _is_word(tokens[token]):
        return []
    place = random.randrange(1, len(letters))
    return [(token, [tokens[token]], ["".join(letters[:place]), "".join(letters[place:])])]


def _merge(
    token: int, tokens: Sequence[str], entities: Sequence[Entity], _random: Random
) -> list[Replacement]:
    pair = list(tokens[token : token + 2])
    if len(pair) < 2 or not all(map(_is_word, pair)):
        return []
    if any((e.start <= token < e.end) is not (e.start <= token + 1 < e.end) for e in entities):
        return []
    return [(token, pair, ["".join(pair)])]


def _is_word(token: str) -> bool:
    return any(character.isalpha() for character in token) and not any(map(str.isspace, token))
