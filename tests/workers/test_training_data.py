"""What a training reads: silver and gold, their weights, what was left out, and the source sides."""

import json
from pathlib import Path
from typing import Any

import pytest

from workers.spans import Entity, Span
from workers.training.data import GOLD, SILVER, SOURCE, TrainingSentence, describe, read_training_file
from workers.training.examples import word_weights
from workers.training.options import TrainingOptions
from workers.training.sides import with_source_sides


def write_rows(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def silver_row(**values: Any) -> dict[str, Any]:
    return {
        "kind": SILVER,
        "source": ["Ana", "and", "Oslo"],
        "source_language": "en",
        "source_entities": [
            {"start": 0, "end": 1, "label": "PER", "score": 0.7},
            {"start": 2, "end": 3, "label": "MISC", "score": 1.0},
        ],
        "target": ["ana", "ne", "oslo", "o"],
        "target_entities": [{"start": 0, "end": 1, "label": "PER", "confidence": 0.4}],
    } | values


def test_confidence_counts_for_silver_only() -> None:
    entities = [Entity(1, 3, "PER", 0.25)]
    silver = TrainingSentence(["a", "b", "c", "d"], entities, SILVER)
    options = TrainingOptions(weights="confidence", silver_weight=0.5)
    assert word_weights(silver, options).tolist() == [0.5, 0.25, 0.25, 0.5]
    assert word_weights(silver, TrainingOptions(weights="equal")).tolist() == [1, 1, 1, 1]
    assert word_weights(TrainingSentence(silver.tokens, entities, GOLD), options).tolist() == [1, 1, 1, 1]


def test_an_export_says_what_is_silver(tmp_path: Path) -> None:
    row = {"target": ["ana", "in", "rome"], "target_language": "it", "domain": "news"}
    entity = {"start": 0, "end": 1, "label": "PER", "confidence": 0.4}
    path = tmp_path / "export.jsonl"
    path.write_text(
        "".join(
            json.dumps(row | {"kind": kind, "target_entities": [entity]}) + "\n" for kind in (GOLD, SILVER)
        )
    )
    gold, silver = read_training_file(path)
    assert (gold.kind, gold.entities[0].score) == (GOLD, 1.0)
    assert (silver.kind, silver.entities[0].score, silver.language) == (SILVER, 0.4, "it")


def test_candidates_give_silver_conll_its_confidence(tmp_path: Path) -> None:
    path = tmp_path / "s.conll"
    path.write_text("x O\n\nana B-PER\nsees O\nben B-PER\nin O\nrome B-LOC\n\n")
    rows = [
        {"sentence": 1, "target": {"start": 4, "end": 5}, "confidence": 0.3},
        {"sentence": 1, "target": None, "alternatives": [{"start": 3, "end": 4}, {"start": 1, "end": 2}]},
        {"sentence": 0, "target": None, "alternatives": []},
    ]
    (tmp_path / "c.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    first, sentence = read_training_file(path, SILVER, tmp_path / "c.jsonl")
    assert [entity.score for entity in sentence.entities] == [1.0, 1.0, 0.3]
    assert (first.left_out, sentence.left_out) == ([], [Span(3, 4)])


@pytest.mark.parametrize(
    ("line", "complaint"),
    [("{}", "e.jsonl:1: not a line of a JSONL export"), ("nonsense", "e.jsonl:1: not a line")],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, complaint: str) -> None:
    (tmp_path / "e.jsonl").write_text(line + "\n")
    with pytest.raises(ValueError, match=complaint):
        read_training_file(tmp_path / "e.jsonl")


def test_words_of_what_was_left_out_teach_nothing(tmp_path: Path) -> None:
    left_out = [{"start": 2, "end": 4, "label": "LOC"}, {"start": 0, "end": 2, "label": "ORG"}]
    path = write_rows(tmp_path / "e.jsonl", silver_row(left_out=left_out))
    (sentence,) = read_training_file(path)
    assert word_weights(sentence, TrainingOptions()).tolist() == [1, 0, 0, 0]  # a name that is there counts
    assert word_weights(sentence, TrainingOptions(left_out="count")).tolist() == [1, 1, 1, 1]
    both = TrainingOptions(weights="confidence", silver_weight=0.5)
    assert word_weights(sentence, both).tolist() == pytest.approx([0.4, 0, 0, 0])


def test_what_was_left_out_changes_the_digest(tmp_path: Path) -> None:
    plain = write_rows(tmp_path / "plain.jsonl", silver_row())
    other = write_rows(tmp_path / "other.jsonl", silver_row(left_out=[{"start": 2, "end": 3}]))
    digests = {describe(read_training_file(path))["digest"] for path in (plain, other)}
    assert len(digests) == 2


def test_source_sides_are_read_once_with_the_labels_of_the_target(tmp_path: Path) -> None:
    path = write_rows(
        tmp_path / "e.jsonl",
        silver_row(),
        silver_row(),
        {"kind": GOLD, "target": ["o"], "target_entities": []},
    )
    sentences = read_training_file(path)
    *same, side = with_source_sides(sentences, [path, tmp_path / "not-read.conll"])
    assert same == sentences
    assert (side.kind, side.tokens, side.language) == (SOURCE, ["Ana", "and", "Oslo"], "en")
    assert side.entities == [Entity(0, 1, "PER", 0.7)]
    assert describe([*same, side])["kinds"] == {GOLD: 1, SILVER: 2, SOURCE: 1}


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        (
            {"left_out": [{"start": 2, "end": 5}]},
            r"e.jsonl:1: .*left_out: \[2, 5\) passes the end of 4 tokens",
        ),
        ({"left_out": [{"start": 3, "end": 3}]}, "e.jsonl:1: .*0 <= start < end"),
        ({"source_entities": [{"start": 2, "end": 4, "label": "X"}]}, "e.jsonl:1: .*passes the end of 3"),
        ({"source": "Ana and Oslo"}, "e.jsonl:1: .*source is not a list of words"),
    ],
)
def test_bad_rows_are_named(tmp_path: Path, values: dict[str, Any], complaint: str) -> None:
    path = write_rows(tmp_path / "e.jsonl", silver_row(**values))
    with pytest.raises(ValueError, match=complaint):
        with_source_sides(read_training_file(path), [path])


def test_candidates_of_another_file_are_named(tmp_path: Path) -> None:
    path = tmp_path / "s.conll"
    path.write_text("x O\n\n")
    row = {"sentence": 0, "target": None, "confidence": 0.5, "alternatives": [{"start": 3, "end": 5}]}
    candidates = write_rows(tmp_path / "c.jsonl", row)
    with pytest.raises(ValueError, match=r"c.jsonl: sentence 0: \[3, 5\) passes the end of 1 tokens"):
        read_training_file(path, SILVER, candidates)
