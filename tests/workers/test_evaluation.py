"""Matching gold with found, errors, confusion and measures by hand counts; work that goes on."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.workers.tiny_models import tiny_xlmr
from workers.evaluate import bootstrap_difference, bootstrap_f1
from workers.evaluation import job as job_module
from workers.evaluation.data import TestSet
from workers.evaluation.errors import count_confusion, count_errors, match_entities
from workers.evaluation.job import System, run_evaluation
from workers.evaluation.measures import MEASURES, measure_all, measure_differences
from workers.evaluation.report import ReportSettings, build_report, faulty_rows

COUNTS = np.array([[1, 0, 0], [0, 1, 2], [0, 0, 0], [2, 0, 1], [0, 1, 0]])
BASELINE = np.array([[0, 0, 1], [1, 0, 1], [0, 0, 0], [1, 1, 2], [0, 0, 0]])


@pytest.mark.parametrize(
    ("gold", "found", "kinds"),
    [
        ([], [], []),
        ([(0, 2, "PER")], [(0, 2, "PER")], ["correct"]),
        ([(0, 2, "PER")], [(0, 2, "ORG")], ["label"]),
        ([(0, 2, "PER")], [(0, 1, "PER")], ["boundary"]),
        ([(0, 2, "PER")], [(1, 3, "ORG")], ["boundary and label"]),
        ([(0, 2, "PER")], [], ["missed"]),
        ([], [(0, 2, "PER")], ["spurious"]),
        ([(0, 2, "PER")], [(3, 4, "PER")], ["missed", "spurious"]),
        ([(0, 4, "ORG")], [(0, 1, "LOC"), (2, 4, "ORG")], ["spurious", "boundary"]),
        ([(0, 2, "PER"), (2, 4, "PER")], [(0, 4, "PER")], ["boundary", "missed"]),
    ],
)
def test_what_is_gold_stands_beside_what_was_found(gold: list, found: list, kinds: list[str]) -> None:
    assert sorted(match.kind for match in match_entities(gold, found)) == sorted(kinds)


def test_errors_and_confusion_count_every_entity_once() -> None:
    sentences = [
        match_entities([(0, 1, "PER"), (2, 3, "LOC")], [(0, 1, "PER"), (2, 3, "ORG")]),
        match_entities([(0, 2, "PER")], [(0, 1, "PER"), (4, 5, "ORG")]),
    ]
    errors = count_errors(sentences)
    assert errors["PER"] == {
        "correct": 1, "missed": 0, "spurious": 0, "boundary": 1, "label": 0, "boundary and label": 0
    }  # fmt: skip
    assert errors["LOC"]["label"] == 1 and errors["ORG"]["spurious"] == 1
    assert count_confusion(sentences) == {
        "labels": ["LOC", "ORG", "PER"],
        "rows": [[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 2, 0], [0, 1, 0, 0]],
    }


def test_measures_have_the_values_of_the_counts_and_hold_their_intervals() -> None:
    found = measure_all(COUNTS, n_bootstrap=200, seed=3)
    assert set(found) == set(MEASURES)
    assert found["strict_f1"] == bootstrap_f1(COUNTS, n_bootstrap=200, seed=3)
    assert found["exact_match_jaccard"].value == pytest.approx(3 / 8)
    assert found["entity_exact"].value == pytest.approx(3 / 6)
    assert found["sentence_exact"].value == pytest.approx(2 / 5)
    assert found["sentence_exact_with_gold"].value == pytest.approx(1 / 3)
    assert found["sentence_exact_without_gold"].value == pytest.approx(1 / 2)
    assert all(one.low <= one.value <= one.high for one in found.values())
    assert set(MEASURES) - set(measure_all(COUNTS[[1, 3]], n_bootstrap=9, seed=0)) == {
        "sentence_exact_without_gold"
    }
    assert "sentence_exact_with_gold" not in measure_all(COUNTS[[2, 4]], n_bootstrap=9, seed=0)


def test_differences_are_paired() -> None:
    found = measure_differences(COUNTS, BASELINE, n_bootstrap=200, seed=3)
    gain, p_value = bootstrap_difference(COUNTS, BASELINE, n_bootstrap=200, seed=3)
    strict = found["strict_f1"]
    assert (strict.value, strict.low, strict.high, strict.p_value) == (
        gain.value,
        gain.low,
        gain.high,
        p_value,
    )
    same = measure_differences(COUNTS, COUNTS, n_bootstrap=50, seed=0)["sentence_exact"]
    assert (same.value, same.low, same.high, same.p_value) == (0, 0, 0, 1)
    with pytest.raises(ValueError, match="5 sentences against 4"):
        measure_differences(COUNTS, BASELINE[:4], n_bootstrap=10, seed=0)


TEST = TestSet(
    [["Ana", "saw", "Rome"], ["Bob", "left"]],
    [["B-PER", "O", "B-LOC"], ["B-PER", "O"]],
    {"language": ["es", "ar"], "domain": ["news", "web"]},
    [7, 8],
)
FOUND = [["B-PER", "O", "B-ORG"], ["B-PER", "O"]]


def test_labels_that_do_not_count_are_nowhere() -> None:
    settings = ReportSettings(n_bootstrap=20, ignore=("LOC", "ORG"))
    report = build_report(TEST, FOUND, TEST.gold, settings=settings)
    assert report["strict"]["f1"] == 1 and set(report["errors"]) == {"PER"}
    assert report["differences"]["strict_f1"]["value"] == 0
    assert faulty_rows(TEST, FOUND, None, settings) == []


def test_a_sentence_is_faulty_where_either_is_wrong() -> None:
    rows = faulty_rows(TEST, FOUND, [TEST.gold[0], ["O", "O"]], ReportSettings())
    assert [(row["pair"], len(row["faults"]), row["n_baseline"]) for row in rows] == [(7, 1, 0), (8, 0, 1)]
    assert rows[0]["faults"][0] == {"kind": "label", "gold": (2, 3, "LOC"), "found": (2, 3, "ORG")}


class Stopped(RuntimeError):
    pass


def test_what_was_tagged_before_it_was_lost_stays_so(tmp_path: Path, monkeypatch) -> None:
    lines = [
        {"pair": k, "kind": "gold", "target": [f"word{k}", "-DOCSTART-", "a b"], "target_language": "es",
         "target_entities": [{"start": 0, "end": 1, "label": "PER"}]}
        for k in range(5)
    ]  # fmt: skip
    (tmp_path / "gold.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    model = tiny_xlmr(
        tmp_path / "model", ["word0 word1 word2 word3 word4"] * 9, labels=("O", "B-PER", "I-PER")
    )
    system, folder = System("huggingface", {"model": str(model), "device": "cpu"}), tmp_path / "kept"
    folder.mkdir()
    (tmp_path / "gold.jsonl").rename(folder / "gold.jsonl")
    monkeypatch.setattr(job_module, "BLOCK", 2)

    def stop_at(n_sentences: int) -> None:
        if n_sentences == 4:
            raise Stopped

    settings = ReportSettings(n_bootstrap=20)
    with pytest.raises(Stopped):
        run_evaluation(folder, [system], settings, on_step=stop_at)
    blocks = sorted((folder / "predicted.parts").iterdir())
    assert len(blocks) == 2 and not (folder / "report.json").exists()
    marked = [line | {"kind": "found"} for line in lines[:2]]  # an answer that the model does not give
    blocks[0].write_text("".join(json.dumps(line) + "\n" for line in marked))
    steps: list[int] = []
    run_evaluation(folder, [system], settings, on_step=steps.append)
    rows = [json.loads(line) for line in (folder / "predicted.jsonl").read_text().splitlines()]
    assert [row.get("pair") for row in rows] == [0, 1, None, None, None] and steps[-1] == 5
    assert {path.name for path in folder.iterdir()} == {
        "gold.jsonl", "predicted.jsonl", "predicted.conll", "report.json", "sentences.jsonl"
    }  # fmt: skip
    assert "a_b " in (folder / "predicted.conll").read_text()
