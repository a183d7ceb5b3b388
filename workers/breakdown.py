"""Scores by what an entity or its sentence is like: length, frequency in training, domain, language."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workers.evaluate import N_BOOTSTRAP, LabelScore, bootstrap_f1, check_same_lengths, entity_set
from workers.iob2 import entities_to_tags
from workers.spans import Entity

Tags = Sequence[str]
Bucket = Callable[[int, Entity], str]
Triples = set[tuple[int, int, str]]
LENGTHS = ("1 word", "2 words", "3 words", "4 words or more")
FREQUENCIES = ("unseen", "seen once or twice", "seen 3 to 9 times", "seen 10 times or more")
SENTENCE_LENGTHS = ("up to 10 words", "11 to 20 words", "21 to 40 words", "more than 40 words")


@dataclass(frozen=True, slots=True)
class BucketScore(LabelScore):
    """low, high: the 95 % bootstrap interval of F1."""

    low: float
    high: float


def break_down(
    tokens: Sequence[Sequence[str]],
    gold: Sequence[Tags],
    predicted: Sequence[Tags],
    *,
    seen: Mapping[tuple[str, ...], int] | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    n_bootstrap: int = N_BOOTSTRAP,
    seed: int = 0,
) -> dict[str, dict[str, BucketScore]]:
    """Strict scores by bucket: {"length": {"1 word": ...}, ...}, buckets without entities left out.

    seen: how often each name occurs in the training data, for "frequency". groups: for each name ("domain",
    "language") the value of every sentence. Gold and predicted entities count in their own buckets.
    Raises ValueError naming the first sentence whose number of tags differs.
    """
    check_same_lengths(gold, predicted)
    buckets: dict[str, Bucket] = {
        "label": lambda _, entity: entity.label,
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
    wanted = [entity_set(tags) for tags in gold]
    found = [entity_set(tags) for tags in predicted]
    order = {name: place for place, name in enumerate((*LENGTHS, *FREQUENCIES, *SENTENCE_LENGTHS))}
    return {
        name: {
            value: _score(list(rows.values()), len(gold), n_bootstrap=n_bootstrap, seed=seed)
            for value, rows in sorted(
                _count_buckets(wanted, found, bucket).items(),
                key=lambda item: (order.get(item[0], 0), item[0]),
            )
        }
        for name, bucket in buckets.items()
    }


def count_names(sentences: Iterable[tuple[Sequence[str], Sequence[Entity]]]) -> Counter[tuple[str, ...]]:
    """How often each name occurs in labelled sentences."""
    return Counter(tuple(tokens[e.start : e.end]) for tokens, entities in sentences for e in entities)


def entities_to_all_tags(
    entities: Sequence[Sequence[Entity]], tokens: Sequence[Sequence[str]]
) -> list[list[str]]:
    """IOB2 tags of entities, sentence by sentence."""
    return [entities_to_tags(one, len(words)) for one, words in zip(entities, tokens, strict=True)]


def _count_buckets(
    wanted: Sequence[Triples], found: Sequence[Triples], bucket: Bucket
) -> dict[str, dict[int, list[int]]]:
    """Bucket -> number of a sentence -> its strict true positives, false positives, false negatives."""
    counts: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0, 0]))
    for number, (gold, predicted) in enumerate(zip(wanted, found, strict=True)):
        for column, triples in enumerate((gold & predicted, predicted - gold, gold - predicted)):
            for triple in triples:
                counts[bucket(number, Entity(*triple))][number][column] += 1
    return counts


def _score(rows: Sequence[list[int]], n_sentences: int, *, n_bootstrap: int, seed: int) -> BucketScore:
    """rows: the counts of those sentences that have any."""
    counts = np.zeros((n_sentences, 3), dtype=np.int64)
    counts[: len(rows)] = rows
    right, extra, missing = (int(count) for count in counts.sum(axis=0))
    f1 = bootstrap_f1(counts, n_bootstrap=n_bootstrap, seed=seed)
    return BucketScore(
        right / (right + extra) if right + extra else 0.0,
        right / (right + missing) if right + missing else 0.0,
        f1.value,
        right + missing,
        f1.low,
        f1.high,
    )


def _frequency_bucket(count: int) -> str:
    return FREQUENCIES[0 if count == 0 else 1 if count < 3 else 2 if count < 10 else 3]


def _sentence_bucket(n_words: int) -> str:
    return SENTENCE_LENGTHS[0 if n_words <= 10 else 1 if n_words <= 20 else 2 if n_words <= 40 else 3]
