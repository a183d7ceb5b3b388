"""How steadily the run's source side is tagged: a name that is an entity here and not there is doubtful."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from workers.project import ProjectionInput

MAX_STRINGS = 20_000
MAX_WORDS = 6  # longer strings hardly come back
USUAL_STEADINESS, STEADINESS_PRIOR = 0.95, 20.0
PRIOR_TAGGED = 0.8  # share of a name's mentions that are tagged, and tagged alike, before anything is known


class Mentions:
    """strings: lower-cased source string -> [times it occurs, label -> times it was tagged so].

    words: lower-cased word of entities -> label -> times it stood in an entity of the label.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.strings: Mapping[str, tuple[int, Mapping[str, int]]] = values.get("strings", {})
        self.words: Mapping[str, Mapping[str, int]] = values.get("words", {})
        self.tagged = {string: sum(labels.values()) for string, (_, labels) in self.strings.items()}
        self.steadiness = self._steadiness()
        self.described: dict[tuple[str, str], tuple[float, float, int, float]] = {}

    def describe(self, string: str, label: str) -> tuple[float, float, int, float]:
        """Of the string's other mentions: the share tagged, the share of those with the label, their number.

        Last, of the other entities with the string's words: the share with the label, a mean over the words.
        """
        found = self.described.get((string, label))
        if found is None:
            if len(self.described) >= MAX_STRINGS:
                self.described.clear()
            found = self.described[string, label] = self._describe(string, label)
        return found

    def _describe(self, string: str, label: str) -> tuple[float, float, int, float]:
        by_word = self._word_share(string.split(" "), label)
        if string not in self.strings:
            return PRIOR_TAGGED, PRIOR_TAGGED, 0, by_word
        occurrences, labels = self.strings[string]
        others = max(occurrences - 1, 0)
        tagged = min(max(self.tagged[string] - 1, 0), others)
        same = min(max(labels.get(label, 0) - 1, 0), tagged)
        return (tagged + PRIOR_TAGGED) / (others + 1), (same + PRIOR_TAGGED) / (tagged + 1), others, by_word

    def _steadiness(self) -> float:
        """How likely two tagged mentions of one string have one label; people are steadier than taggers."""
        same = total = 0.0
        for string, (_, labels) in self.strings.items():
            tagged = self.tagged[string]
            if tagged > 1:  # every string weighs as much as it has mentions
                total += tagged
                same += sum(count * (count - 1) for count in labels.values()) / (tagged - 1)
        return (same + USUAL_STEADINESS * STEADINESS_PRIOR) / (total + STEADINESS_PRIOR)

    def _word_share(self, words: Sequence[str], label: str) -> float:
        total = 0.0
        for word in words:
            labels = self.words.get(word)
            if labels is None:
                total += PRIOR_TAGGED
            else:
                same = max(labels.get(label, 0) - 1, 0)
                total += (same + PRIOR_TAGGED) / max(sum(labels.values()), 1)
        return total / len(words)


def count_mentions(batch: Sequence[ProjectionInput]) -> dict[str, Any]:
    """Count the entities' strings over all source sentences, and their words; those met once are left out."""
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    by_word: dict[str, Counter[str]] = defaultdict(Counter)
    lengths: dict[str, set[int]] = defaultdict(set)
    folded = [[token.casefold() for token in item.source_tokens] for item in batch]
    for words, item in zip(folded, batch, strict=True):
        for entity in item.entities:
            labels[" ".join(words[entity.start : entity.end])][entity.label] += 1
            for word in words[entity.start : entity.end]:
                by_word[word][entity.label] += 1
            if entity.end - entity.start <= MAX_WORDS:
                lengths[words[entity.start]].add(entity.end - entity.start)
    occurrences: Counter[str] = Counter()
    for words in folded:
        for place, word in enumerate(words):
            for length in lengths.get(word, ()):
                string = " ".join(words[place : place + length])
                if place + length <= len(words) and string in labels:
                    occurrences[string] += 1
    often = sorted(occurrences.items(), key=lambda pair: -pair[1])[:MAX_STRINGS]
    often_words = sorted(by_word.items(), key=lambda pair: -pair[1].total())[:MAX_STRINGS]
    return {
        "strings": {string: [count, dict(labels[string])] for string, count in often if count > 1},
        "words": {word: dict(counts) for word, counts in often_words if counts.total() > 1},
    }
