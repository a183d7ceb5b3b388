"""Other names for entities: same label, same number of words, rare ones first (after RockNER, 2021)."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from random import Random

from workers.spans import Entity

Name = tuple[str, ...]


class NamePool:
    """Names by label and length.

    sentences: where they are read. without: names that are not to be used, say those of the training data.
    Of each label and length only the names that occur once are drawn, when there are any: they are the ones
    that a model is least likely to know.
    """

    def __init__(
        self,
        sentences: Iterable[tuple[Sequence[str], Sequence[Entity]]],
        *,
        without: Collection[Name] = (),
    ) -> None:
        counts: dict[tuple[str, int], Counter[Name]] = defaultdict(Counter)
        for tokens, entities in sentences:
            for entity in entities:
                name = tuple(tokens[entity.start : entity.end])
                if name not in without:
                    counts[entity.label, len(name)][name] += 1
        self._names = {key: _rare_first(counter) for key, counter in counts.items()}

    def draw(self, name: Sequence[str], label: str, chance: Random) -> Name:
        """A name of this label with as many words that is not `name`; `name` itself when there is none."""
        others = [other for other in self._names.get((label, len(name)), []) if other != tuple(name)]
        return chance.choice(others) if others else tuple(name)


def names_of(sentences: Iterable[tuple[Sequence[str], Sequence[Entity]]]) -> set[Name]:
    """Every name of the sentences."""
    return {tuple(tokens[e.start : e.end]) for tokens, entities in sentences for e in entities}


def _rare_first(counter: Counter[Name]) -> list[Name]:
    rare = sorted(name for name, count in counter.items() if count == 1)
    return rare if len(rare) > 1 else sorted(counter)
