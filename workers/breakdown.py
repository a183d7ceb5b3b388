"""Scores by what an entity or its sentence is like: length, frequency in training, domain, language."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from workers.evaluate import LabelScore, check_same_lengths
from workers.iob2 import entities_to_tags, tags_to_entities
from workers.spans import Entity

Tags = Sequence[str]
Bucket = Callable[[int, Entity], str]
LENGTHS = ("1 word", "2 words", "3 words", "4 words or more")
FREQUENCIES = ("unseen", "seen once or twice", "seen 3 to 9 times", "seen 10 times or more")
SENTENCE_LENGTHS = ("up to 10 words", "11 to 20 words", "21 to 40 words", "more than 40 words")


def break_down(
    tokens: Sequence[Sequence[str]],
    gold: Sequence[Tags],
    predicted: Sequence[Tags],
    *,
    seen: Mapping[tuple[str, ...], int] | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, dict[str, LabelScore]]:
    """Strict scores by bucket: {"length": {"1 word": ...}, ...}, buckets without entities left out.

    seen: how often each name occurs in the training data, for "frequency". groups: for each name ("domain",
    "language") the value of every sentence. Gold and predicted entities count in their own buckets.
    Raises ValueError naming the first sentence whose number of tags differs.
    """
    check_same_lengths(gold, predicted)
    buckets: dict[str, Bucket] = {
        "length": lambda _, entity: LENGTHS[min(len(entity.span), len(LENGTHS)) - 1],
        "sentence length": lambda number, _: _sentence_bucket(len(tokens[number])),
    }
    if seen is not None:
        buckets["frequency"] = lambda number, entity: _frequency_bucket(
            seen.get(tuple(tokens[number][entity.start : entity.end]), 0)
        )
    for name, values in (groups or {}).items():
        if len(values) != len(gold):
            raise ValueError(f"{len(values)} values of {name!r} for {len(gold)} sentences")
        buckets[name] = lambda number, _, values=values: values[number]  # type: ignore[misc]
    wanted = [_entities(tags) for tags in gold]
    found = [_entities(tags) for tags in predicted]
    order = {name: place for place, name in enumerate((*LENGTHS, *FREQUENCIES, *SENTENCE_LENGTHS))}
    return {
        name: dict(
            sorted(
                _score_buckets(wanted, found, bucket).items(),
                key=lambda item: (order.get(item[0], 0), item[0]),
            )
        )
        for name, bucket in buckets.items()
    }


def count_names(sentences: Sequence[tuple[Sequence[str], Sequence[Entity]]]) -> Counter[tuple[str, ...]]:
    """How often each name occurs in labelled sentences."""
    return Counter(tuple(tokens[e.start : e.end]) for tokens, entities in sentences for e in entities)


def _score_buckets(
    wanted: Sequence[list[Entity]], found: Sequence[list[Entity]], bucket: Bucket
) -> dict[str, LabelScore]:
    right: Counter[str] = Counter()
    n_gold: Counter[str] = Counter()
    n_predicted: Counter[str] = Counter()
    for number, (gold, predicted) in enumerate(zip(wanted, found, strict=True)):
        both = set(gold) & set(predicted)
        right.update(bucket(number, entity) for entity in both)
        n_gold.update(bucket(number, entity) for entity in gold)
        n_predicted.update(bucket(number, entity) for entity in predicted)
    return {
        name: LabelScore(
            right[name] / n_predicted[name] if n_predicted[name] else 0.0,
            right[name] / n_gold[name] if n_gold[name] else 0.0,
            2 * right[name] / (n_gold[name] + n_predicted[name]),
            n_gold[name],
        )
        for name in {*n_gold, *n_predicted}
    }


def _entities(tags: Tags) -> list[Entity]:
    return tags_to_entities(tags, lenient=True)


def _frequency_bucket(count: int) -> str:
    return FREQUENCIES[0 if count == 0 else 1 if count < 3 else 2 if count < 10 else 3]


def _sentence_bucket(n_words: int) -> str:
    return SENTENCE_LENGTHS[0 if n_words <= 10 else 1 if n_words <= 20 else 2 if n_words <= 40 else 3]


def entities_to_all_tags(
    entities: Sequence[Sequence[Entity]], tokens: Sequence[Sequence[str]]
) -> list[list[str]]:
    """IOB2 tags of entities, sentence by sentence."""
    return [entities_to_tags(one, len(words)) for one, words in zip(entities, tokens, strict=True)]
