"""The probabilities of a tagger's entities in a file beside their CoNLL file, which has no place for them.

One line a sentence: the scores of its entities in order, separated by spaces; a blank line for none.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from workers.spans import Entity
from workers.text_lines import read_lines


class ScoresError(ValueError):
    """A file of scores that does not fit: the message starts with `path:line:`."""


def write_scores(output: TextIO, entities: Sequence[Entity]) -> None:
    output.write(" ".join(f"{entity.score:.6g}" for entity in entities) + "\n")


def with_scores(path: Path, sentences: Sequence[Sequence[Entity]]) -> list[list[Entity]]:
    """The sentences' entities with the scores of the file.

    Raises ScoresError naming the line when it has more or fewer scores than the sentence has entities, or one
    that is no number in [0, 1]; OSError when the file cannot be opened.
    """
    lines = [line for _, line in read_lines(path)]
    if len(lines) != len(sentences):
        raise ScoresError(f"{path}:{len(lines)}: {len(lines)} lines of scores for {len(sentences)} sentences")
    return [
        _with_line(f"{path}:{number}", line, entities)
        for number, (line, entities) in enumerate(zip(lines, sentences, strict=True), 1)
    ]


def _with_line(place: str, line: str, entities: Sequence[Entity]) -> list[Entity]:
    fields = line.split()
    if len(fields) != len(entities):
        raise ScoresError(f"{place}: {len(fields)} scores for {len(entities)} entities")
    scored = []
    for field, entity in zip(fields, entities, strict=True):
        try:
            score = float(field)
        except ValueError:
            score = -1.0
        if not 0 <= score <= 1:
            raise ScoresError(f"{place}: {field!r} is not a number between 0 and 1")
        scored.append(replace(entity, score=score))
    return scored
