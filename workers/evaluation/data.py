"""Sentences to test on, and what a system found in them: CoNLL files, or lines of an export's JSONL."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from workers.conll import read_conll
from workers.iob2 import TagError, tags_to_entities
from workers.spans import Entity
from workers.training.data import GOLD, read_training_file

JSONL = ".jsonl"


@dataclass(frozen=True, slots=True)
class TestSet:
    """Tokens with gold tags in IOB2. groups: "language" and "domain" of every sentence, where they are known.

    pairs: the sentences' numbers in their project, where they come from one.
    """

    __test__ = False  # for pytest, which takes the name for its own

    tokens: list[list[str]]
    gold: list[list[str]]
    groups: dict[str, list[str]] = field(default_factory=dict)
    pairs: list[int] = field(default_factory=list)


def read_test_set(path: Path) -> TestSet:
    """The gold sentences of a CoNLL file or an export's JSONL. Raises ValueError naming file and line."""
    if path.suffix != JSONL:
        return TestSet(*read_tags(path))
    sentences = [one for one in read_training_file(path) if one.kind == GOLD]
    return TestSet(
        [list(one.tokens) for one in sentences],
        [one.tags for one in sentences],
        {
            "language": [one.language or "und" for one in sentences],
            "domain": [one.domain or "none" for one in sentences],
        },
        [one.pair for one in sentences],
    )


def read_tags(path: Path) -> tuple[list[list[str]], list[list[str]]]:
    """Tokens and IOB2 tags of a CoNLL file as they are written, orphan inside tags included; or of JSONL."""
    if path.suffix == JSONL:
        found = read_training_file(path)
        return [list(one.tokens) for one in found], [one.tags for one in found]
    sentences = read_conll(path, lenient=True)
    for sentence in sentences:
        if sentence.tags is None:
            raise ValueError(f"{path}:{sentence.line}: the sentence has no tags")
        try:
            tags_to_entities(sentence.tags, lenient=True)
        except TagError as error:
            raise ValueError(f"{path}:{sentence.line + error.position}: {error}") from error
    return [sentence.tokens for sentence in sentences], [sentence.tags or [] for sentence in sentences]


def read_same_tokens(path: Path, gold_path: Path, gold_tokens: list[list[str]]) -> list[list[str]]:
    """The tags of a prediction for the sentences of gold. Raises ValueError where its tokens differ."""
    tokens, tags = read_tags(path)
    if len(tokens) != len(gold_tokens):
        raise ValueError(f"{gold_path} has {len(gold_tokens)} sentences, {path} has {len(tokens)}")
    if tokens != gold_tokens:
        number = next(k for k, pair in enumerate(zip(tokens, gold_tokens, strict=True)) if pair[0] != pair[1])
        line = number + 1 if path.suffix == JSONL else read_conll(path, lenient=True)[number].line
        raise ValueError(f"{path}:{line}: the tokens differ from sentence {number} of {gold_path}")
    return tags


def write_found(output: TextIO, tokens: Sequence[Sequence[str]], found: Sequence[Sequence[Entity]]) -> None:
    """A line for each sentence, in the keys of an export's JSONL, which can hold any token."""
    for words, entities in zip(tokens, found, strict=True):
        row: dict[str, Any] = {"kind": "found", "target": list(words)}
        row["target_entities"] = [
            {"start": e.start, "end": e.end, "label": e.label, "confidence": round(e.score, 6)}
            for e in entities
        ]
        output.write(json.dumps(row, ensure_ascii=False) + "\n")
