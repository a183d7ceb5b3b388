"""What the unlabelled pairs of a run tell about its two languages.

Entities whose words and target words are all linked to each other are trusted. They show which words begin
and end names and which stand right outside them (articles, contractions, titles, punctuation), how long
names become, and how a name that comes back was rendered elsewhere. The texts show which words are frequent
and which are written like names; the source tags, how steadily a name is tagged. Nothing is listed by hand.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from workers.project import ProjectionInput
from workers.project.batch import FlatBatch, Floats, Ints, flatten_batch
from workers.project.candidates import KEEP_BEST, ngram_scores
from workers.project.evidence import gather_evidence
from workers.project.mentions import Mentions, count_mentions
from workers.project.renderings import Renderings
from workers.project.solver import solve
from workers.project.spantable import build_table
from workers.project.words import WordTable, describe_usage

VERSION = 2
TRUSTED_COVERAGE = 0.999
MAX_NAMES = 20_000
MAX_WORDS = 20_000
PRIOR_WEIGHT = 4.0
LONGEST = 12
USUAL_TRUST = 0.8


class PairStatistics:
    """Counts over trusted projections and texts, with smoothed answers. Made by `learn_statistics`.

    sides: word -> how often it was the first and last word of a name, and right before and after one.
    lengths: (source words, target words) -> how often. names: source string -> target string -> how often.
    target_words, source_words: word -> times used, times capitalised and not away from sentence starts.
    mentions: how often the entities' strings occur in the source texts, and how they were tagged.
    """

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        values = values or {"version": VERSION}
        if values.get("version") != VERSION:
            raise ValueError(f"statistics of version {values.get('version')!r}; this engine reads {VERSION}")
        self.sides: Mapping[str, Sequence[int]] = values.get("sides", {})
        self.names: Mapping[str, Mapping[str, int]] = values.get("names", {})
        self.length_log_odds = _length_table(values.get("lengths", []))
        self.target_words: Mapping[str, Sequence[int]] = values.get("target_words", {})
        self.source_words: Mapping[str, Sequence[int]] = values.get("source_words", {})
        self.n_target_words = int(values.get("n_target_words", 0))
        self.mentions = Mentions(values.get("mentions", {}))
        self.words = WordTable(self)
        self.renderings = Renderings(self.names)

    def edge_log_odds(self, words: Sequence[str]) -> Floats:
        """(words, 2) log odds that a word is the first (last) of a name, not right before (after) one."""
        counts = np.array([self.sides.get(word, (0, 0, 0, 0)) for word in words], dtype=np.float64)
        inner, outer = counts.reshape(-1, 4)[:, :2], counts.reshape(-1, 4)[:, 2:]
        return np.asarray(np.log((inner + 0.5) / (outer + 0.5)))

    def usage(self, words: Sequence[str]) -> Floats:
        """(words, 2) rarity and name-likeness of target words, see `describe_usage`."""
        return describe_usage(words, self.target_words, self.n_target_words)

    def rendered_share(self, source: str) -> float:
        """Of the source string's other tagged mentions, the share that could be trusted, 0 to 1."""
        tagged = self.mentions.tagged.get(source, 1)
        if tagged < 2:
            return USUAL_TRUST
        trusted = sum(self.names.get(source, {}).values())
        others = min(trusted * (tagged - 1) / tagged, tagged - 1)
        return float((others + USUAL_TRUST) / tagged)


def learn_statistics(batch: Sequence[ProjectionInput]) -> dict[str, Any]:
    """Count over a sample of a run's own pairs; JSON-able, to be given to every chunk of the run."""
    flat = flatten_batch(batch)
    entity, start, end, scores = ngram_scores(flat, score="words")
    table = build_table(flat.n_entities, entity, start, end, scores, keep_best=KEEP_BEST)
    starts, ends, _ = table.at(solve(table, flat.sentence).row)
    trusted = np.flatnonzero(gather_evidence(flat, starts, ends).coverage >= TRUSTED_COVERAGE)
    target_words = count_words(item.target_tokens for item in batch)
    entity_words = {
        word
        for item in batch
        for entity in item.entities
        for word in name_words(item.source_tokens[entity.start : entity.end])
    }
    source_words = count_words(item.source_tokens for item in batch)
    return {
        "version": VERSION,
        "sentences": len(batch),
        **count_trusted(flat, trusted, starts, ends),
        "mentions": count_mentions(batch),
        "n_target_words": sum(len(item.target_tokens) for item in batch),
        "target_words": dict(_often(target_words, MAX_WORDS)),
        "source_words": {word: source_words[word] for word in sorted(entity_words)},
    }


def count_trusted(flat: FlatBatch, trusted: Ints, starts: Ints, ends: Ints) -> dict[str, Any]:
    """The counts sides, lengths and names over the trusted entities with these target spans."""
    sides: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    lengths: Counter[tuple[int, int]] = Counter()
    names: dict[str, Counter[str]] = defaultdict(Counter)
    for row in trusted.tolist():
        item = flat.inputs[int(flat.sentence[row])]
        words = name_words(item.target_tokens)
        low, high = int(starts[row]), int(ends[row])
        sides[words[low]][0] += 1
        sides[words[high - 1]][1] += 1
        if low > 0:
            sides[words[low - 1]][2] += 1
        if high < len(words):
            sides[words[high]][3] += 1
        source = item.source_tokens[int(flat.start[row]) : int(flat.end[row])]
        lengths[(min(len(source), LONGEST), min(high - low, LONGEST))] += 1
        names[name_key(source)][name_key(words[low:high])] += 1
    often = sorted(names, key=lambda name: -names[name].total())[:MAX_NAMES]
    return {
        "sides": {word: counts for word, counts in sides.items() if sum(counts) > 1},
        "lengths": [[*pair, count] for pair, count in sorted(lengths.items())],
        "names": {name: dict(names[name]) for name in often if names[name].total() > 1},
    }


def count_words(sentences: Iterable[Sequence[str]]) -> dict[str, list[int]]:
    """Lower-cased word -> times used, times capitalised and not, the last two away from sentence starts."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for tokens in sentences:
        for place, token in enumerate(tokens):
            count = counts[token.casefold()]
            count[0] += 1
            if place and token[:1].isalpha():
                count[1 if token[:1].isupper() else 2] += 1
    return counts


def name_key(words: Sequence[str]) -> str:
    return " ".join(name_words(words))


def name_words(words: Sequence[str]) -> list[str]:
    return [word.casefold() for word in words]


def _often(counts: Mapping[str, list[int]], most: int) -> list[tuple[str, list[int]]]:
    """Words used more than once, the most frequent first."""
    return sorted(((w, c) for w, c in counts.items() if c[0] > 1), key=lambda pair: -pair[1][0])[:most]


def _length_table(lengths: Sequence[Sequence[int]]) -> Floats:
    """(source words, target words) log probability of the target length, relative to equal lengths.

    Smoothed towards a geometric fall with the ratio of the lengths.
    """
    sizes = np.arange(1, LONGEST + 1)
    prior = np.exp(-2.0 * np.abs(np.log(sizes[:, None] / sizes)))
    prior /= prior.sum(axis=1, keepdims=True)
    counts = np.zeros((LONGEST, LONGEST))
    for source, target, count in lengths:
        counts[source - 1, target - 1] = count
    share = (counts + PRIOR_WEIGHT * prior) / (counts.sum(axis=1, keepdims=True) + PRIOR_WEIGHT)
    return np.asarray(np.log(share))
