"""What the unlabelled pairs of a run tell about its two languages.

Entities whose words and target words are all linked to each other are trusted. They show which words begin
and end names and which stand right outside them (articles, contractions, titles, punctuation), how long
names become, and how a name that comes back was rendered elsewhere. Nothing is listed by hand.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from workers.project import ProjectionInput
from workers.project.batch import Floats, flatten_batch
from workers.project.candidates import KEEP_BEST, ngram_scores
from workers.project.evidence import gather_evidence
from workers.project.solver import solve
from workers.project.spantable import build_table

VERSION = 1
SIDES = ("first", "last", "before", "after")
TRUSTED_COVERAGE = 0.999
MAX_NAMES = 20_000
PRIOR_WEIGHT = 4.0
LONGEST = 12
USUAL_TRUST = 0.8


class PairStatistics:
    """Counts over trusted projections, with smoothed answers. Made by `learn_statistics`.

    sides: word -> how often it was the first and last word of a name, and right before and after one.
    lengths: (source words, target words) -> how often. names: source string -> target string -> how often.
    trusted_share: entities that could be trusted; low where the source labels or the links are poor.
    """

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        values = values or {"version": VERSION, "sides": {}, "lengths": [], "names": {}, "trusted": [0, 0]}
        if values.get("version") != VERSION:
            raise ValueError(f"statistics of version {values.get('version')!r}; this engine reads {VERSION}")
        self.sides: Mapping[str, Sequence[int]] = values["sides"]
        self.names: Mapping[str, Mapping[str, int]] = values["names"]
        self.length_log_odds = _length_table(values["lengths"])
        n_trusted, n_entities = values["trusted"]
        self.trusted_share = (n_trusted + PRIOR_WEIGHT * USUAL_TRUST) / (n_entities + PRIOR_WEIGHT)

    def edge_log_odds(self, words: Sequence[str]) -> Floats:
        """(words, 2) log odds that a word is the first (last) of a name, not right before (after) one."""
        counts = np.array([self.sides.get(word, (0, 0, 0, 0)) for word in words], dtype=np.float64)
        inner, outer = counts.reshape(-1, 4)[:, :2], counts.reshape(-1, 4)[:, 2:]
        return np.asarray(np.log((inner + 0.5) / (outer + 0.5)))

    def name_share(self, source: str, target: str) -> float:
        """How often the source string became this target string elsewhere, 0 to 1; one use does not count."""
        renderings = self.names.get(source)
        if not renderings:
            return 0.0
        others = sum(renderings.values()) - 1
        return max(renderings.get(target, 0) - 1, 0) / (others + 0.5)


def learn_statistics(batch: Sequence[ProjectionInput]) -> dict[str, Any]:
    """Count over a sample of a run's own pairs; JSON-able, to be given to every chunk of the run."""
    flat = flatten_batch(batch)
    entity, start, end, scores = ngram_scores(flat, score="words")
    table = build_table(flat.n_entities, entity, start, end, scores, keep_best=KEEP_BEST)
    starts, ends, _ = table.at(solve(table, flat.sentence).row)
    trusted = gather_evidence(flat, starts, ends).coverage >= TRUSTED_COVERAGE
    sides: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    lengths: Counter[tuple[int, int]] = Counter()
    names: dict[str, Counter[str]] = defaultdict(Counter)
    for row in np.flatnonzero(trusted):
        item = flat.inputs[int(flat.sentence[row])]
        words = [token.casefold() for token in item.target_tokens]
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
        "version": VERSION,
        "sentences": len(batch),
        "trusted": [int(trusted.sum()), flat.n_entities],
        "sides": {word: counts for word, counts in sides.items() if sum(counts) > 1},
        "lengths": [[*pair, count] for pair, count in sorted(lengths.items())],
        "names": {name: dict(names[name]) for name in often if names[name].total() > 1},
    }


def name_key(words: Sequence[str]) -> str:
    return " ".join(name_words(words))


def name_words(words: Sequence[str]) -> list[str]:
    return [word.casefold() for word in words]


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
