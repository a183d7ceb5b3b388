"""What a noise leaves as it was is not read again: taggers and aligners that remember their answers.

At a low severity most sentences of a test set stay the same, and several projection methods ask the same
aligner for the same pairs.
"""

from collections.abc import Sequence

from workers.align import Aligner, Alignment
from workers.spans import Entity
from workers.tag import Tagger

Tokens = tuple[str, ...]


class RememberingTagger:
    """A tagger that is asked once for each sentence."""

    def __init__(self, tagger: Tagger) -> None:
        self.name = tagger.name
        self._tagger = tagger
        self._known: dict[Tokens, list[Entity]] = {}

    @property
    def signature(self) -> str:
        return self._tagger.signature

    def tag(self, sentences: Sequence[Sequence[str]]) -> list[list[Entity]]:
        keys = [tuple(sentence) for sentence in sentences]
        new = [key for key in dict.fromkeys(keys) if key not in self._known]
        if new:
            self._known |= zip(new, self._tagger.tag(new), strict=True)
        return [self._known[key] for key in keys]


class RememberingAligner:
    """An aligner that is asked once for each pair."""

    def __init__(self, aligner: Aligner) -> None:
        self.name = aligner.name
        self._aligner = aligner
        self._known: dict[tuple[Tokens, Tokens], Alignment] = {}

    @property
    def signature(self) -> str:
        return self._aligner.signature

    def align(self, pairs: Sequence[tuple[Sequence[str], Sequence[str]]]) -> list[Alignment]:
        keys = [(tuple(source), tuple(target)) for source, target in pairs]
        new = [key for key in dict.fromkeys(keys) if key not in self._known]
        if new:
            self._known |= zip(new, self._aligner.align(new), strict=True)
        return [self._known[key] for key in keys]
