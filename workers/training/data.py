"""Sentences to learn from: CoNLL files, gold or silver, and the JSONL of exports, which tells them apart."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workers.conll import read_conll
from workers.iob2 import entities_to_tags
from workers.spans import Entity, Span, check_entities
from workers.text_lines import read_lines

GOLD, SILVER, SOURCE = "gold", "silver", "source"
RECORD = "training.json"  # what a trained tagger's folder says of itself


@dataclass(frozen=True, slots=True)
class TrainingSentence:
    """Tokens with entities whose score is their confidence, 1.0 in gold.

    kind: GOLD; SILVER; or SOURCE, the labelled source side of a pair.
    pair: its number in the project that it was exported from, 0 where that is not known.
    left_out: where an entity may be that the projection left out; of silver.
    """

    tokens: Sequence[str]
    entities: Sequence[Entity]
    kind: str = GOLD
    language: str = ""
    domain: str = ""
    pair: int = 0
    left_out: Sequence[Span] = ()

    @property
    def tags(self) -> list[str]:
        return entities_to_tags(self.entities, len(self.tokens))


def read_training_file(
    path: Path, kind: str = GOLD, candidates: Path | None = None
) -> list[TrainingSentence]:
    """The sentences of a CoNLL file or an export's JSONL.

    kind: what a CoNLL file holds; JSONL says it in every line. candidates: the JSON lines that project_conll
    wrote beside a silver CoNLL file, for the confidence of its entities; without them it is 1.0.
    Raises ValueError naming file and line.
    """
    if path.suffix == ".jsonl":
        return list(read_lines_to_learn(path))
    sentences = []
    for sentence in read_conll(path):
        if sentence.tags is None:
            raise ValueError(f"{path}:{sentence.line}: the sentence has no tags to learn from")
        sentences.append(TrainingSentence(sentence.tokens, sentence.entities, kind))
    return with_confidence(sentences, candidates) if candidates else sentences


def read_lines_to_learn(path: Path) -> Iterator[TrainingSentence]:
    """The sentences of an export's JSONL, one by one. Raises ValueError naming file and line."""
    return (_read_row(path, number, line) for number, line in read_lines(path) if line.strip())


def read_own_labels(folder: Path) -> list[str]:
    """The labels that a tagger which was trained here has learnt; none where the folder is another's."""
    path = folder / RECORD
    if not path.is_file():
        return []
    return sorted(json.loads(path.read_text(encoding="utf-8"))["train"]["entities"])


def with_confidence(sentences: Sequence[TrainingSentence], path: Path) -> list[TrainingSentence]:
    """The sentences with confidences, and what was left out, from the candidates of project_conll."""
    known: dict[int, dict[tuple[int, int], float]] = defaultdict(dict)
    left_out: dict[int, list[Span]] = defaultdict(list)
    for number, line in read_lines(path):
        try:
            row = json.loads(line)
            if target := row["target"]:
                confidence = min(1.0, max(0.0, row["confidence"]))
                known[row["sentence"]][target["start"], target["end"]] = confidence
            elif others := row["alternatives"]:
                left_out[row["sentence"]].append(Span(others[0]["start"], others[0]["end"]))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ValueError(f"{path}:{number}: not a candidate of project_conll: {error!r}") from error
    for number, spans in left_out.items():
        if number < len(sentences):
            _check_spans(f"{path}: sentence {number}", spans, len(sentences[number].tokens))
    return [
        replace(
            sentence,
            entities=[
                Entity(e.start, e.end, e.label, known[number].get((e.start, e.end), 1.0))
                for e in sentence.entities
            ],
            left_out=left_out[number],
        )
        for number, sentence in enumerate(sentences)
    ]


def labels_of(sentences: Iterable[TrainingSentence]) -> list[str]:
    """Labels in use, sorted."""
    return sorted({entity.label for sentence in sentences for entity in sentence.entities})


def without(sentences: Iterable[TrainingSentence], ignore: Sequence[str]) -> list[TrainingSentence]:
    """The sentences without the entities of some labels."""
    return [
        replace(sentence, entities=[e for e in sentence.entities if e.label not in ignore])
        for sentence in sentences
    ]


def describe(sentences: Sequence[TrainingSentence]) -> dict[str, Any]:
    """Counts for the model card, with a digest of every token, tag, confidence and span left out."""
    content = hashlib.sha256()
    for sentence in sentences:
        rows = [list(sentence.tokens), sentence.tags, [round(e.score, 6) for e in sentence.entities]]
        doubts = [[span.start, span.end] for span in sentence.left_out]
        content.update(json.dumps([sentence.kind, *rows, *doubts]).encode())
    return {
        "sentences": len(sentences),
        "tokens": sum(len(sentence.tokens) for sentence in sentences),
        "kinds": dict(sorted(Counter(sentence.kind for sentence in sentences).items())),
        "entities": dict(sorted(Counter(e.label for s in sentences for e in s.entities).items())),
        "digest": content.hexdigest()[:12],
    }


def _read_row(path: Path, number: int, line: str) -> TrainingSentence:
    try:
        row = json.loads(line)
        if not are_words(row["target"]):
            raise TypeError("target is not a list of words")
        entities = [
            Entity(one["start"], one["end"], one["label"], as_confidence(row["kind"], one.get("confidence")))
            for one in row["target_entities"]
        ]
        check_entities(entities, len(row["target"]))
        left_out = [Span(one["start"], one["end"]) for one in row.get("left_out", [])]
        _check_spans("left_out", left_out, len(row["target"]))
        return TrainingSentence(
            row["target"],
            entities,
            row["kind"],
            row.get("target_language", ""),
            row.get("domain", ""),
            row.get("pair") or 0,
            left_out,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path}:{number}: not a line of a JSONL export: {error!r}") from error


def _check_spans(place: str, spans: Iterable[Span], n_tokens: int) -> None:
    for span in spans:
        if span.end > n_tokens:
            raise ValueError(f"{place}: [{span.start}, {span.end}) passes the end of {n_tokens} tokens")


def are_words(value: object) -> bool:
    """Whether it is a list of texts that can be written: none is empty or holds half a character."""
    return isinstance(value, list) and all(
        isinstance(word, str) and word and not any("\ud800" <= sign <= "\udfff" for sign in word)
        for word in value
    )


def as_confidence(kind: str, confidence: float | None) -> float:
    """In [0, 1]; 1 for gold, and where none is told."""
    return 1.0 if kind == GOLD or confidence is None else min(1.0, max(0.0, confidence))
