"""The gap report: its measures against hand counts, whose fault an error is, and the command."""

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from tests.workers.tiny_models import tiny_xlmr
from workers.gap.matrix import CLEAN, GapSettings, fill_matrix
from workers.gap.measures import (
    area_under_severity,
    difference_in_differences,
    interval,
    make_resampler,
    robustness,
)
from workers.gap.memory import RememberingAligner, RememberingTagger
from workers.gap.report import make_report
from workers.gap.stages import Prediction, find_faults
from workers.gap.systems import Domain
from workers.spans import Entity

PER, LOC = "PER", "LOC"


def test_jaccard_and_its_resamples_are_paired() -> None:
    counts = np.array([[1, 0, 0], [0, 1, 1], [2, 0, 1]])
    resampler = make_resampler(3, n_bootstrap=500, seed=1)
    values = resampler.jaccard(counts)
    assert values[0] == pytest.approx(3 / 6)
    same = interval(resampler.jaccard(counts) - values)
    assert (same.value, same.low, same.high) == (0, 0, 0)
    found = interval(values)
    assert found.low < found.value < found.high
    assert make_resampler(1, n_bootstrap=2, seed=0).jaccard(np.zeros((1, 3), dtype=np.int64)).tolist() == [
        1,
        1,
        1,
    ]


def test_differences_and_areas_are_those_of_the_definition() -> None:
    one = np.array
    beyond = difference_in_differences(one([0.5]), one([0.7]), one([0.3]), one([0.6]))
    assert beyond[0] == pytest.approx(0.1)  # the specific system loses 0.2, the general one 0.3
    assert robustness(one([0.35]), one([0.7]))[0] == pytest.approx(0.5)
    area = area_under_severity([0, 0.1, 0.3], [one([0.8]), one([0.6]), one([0.2])])
    assert area[0] == pytest.approx((0.7 * 0.1 + 0.4 * 0.2) / 0.3)
    with pytest.raises(ValueError, match="must ascend"):
        area_under_severity([0.1, 0], [one([1.0]), one([1.0])])


@pytest.mark.parametrize(
    ("gold", "prediction", "expected"),
    [
        ([Entity(0, 2, PER)], Prediction([Entity(0, 1, PER)]), ["boundary"]),
        ([Entity(0, 2, PER)], Prediction([Entity(0, 2, LOC)]), ["label"]),
        ([Entity(0, 1, PER)], Prediction([]), ["missed"]),
        ([], Prediction([Entity(0, 1, PER)]), ["spurious"]),
        ([Entity(0, 1, PER)], Prediction([Entity(0, 1, PER)]), []),
        ([Entity(0, 1, PER)], Prediction([], []), ["source tagger"]),
        ([Entity(0, 1, PER)], Prediction([], [Entity(3, 4, PER)], [PER]), ["alignment"]),
        ([Entity(0, 1, PER)], Prediction([], [Entity(3, 4, PER)]), ["assignment"]),
        ([Entity(0, 2, PER)], Prediction([Entity(1, 2, PER)], [Entity(3, 4, PER)]), ["boundary"]),
        ([], Prediction([Entity(1, 2, PER)], [Entity(3, 4, PER)]), ["source tagger"]),
        (
            [Entity(0, 1, PER)],
            Prediction([Entity(4, 5, PER)], [Entity(3, 4, PER)]),
            ["assignment", "assignment"],
        ),
    ],
)
def test_a_fault_is_laid_at_a_stage(gold: list[Entity], prediction: Prediction, expected: list[str]) -> None:
    assert [fault.stage for fault in find_faults(gold, prediction)] == expected


def test_an_entity_that_the_gold_source_lacks_is_lost_in_translation() -> None:
    (fault,) = find_faults([Entity(0, 1, PER)], Prediction([], []), gold_source=[])
    assert fault.stage == "translation"
    (fault,) = find_faults([Entity(0, 1, PER)], Prediction([], []), gold_source=[Entity(5, 6, PER)])
    assert fault.stage == "source tagger"


def test_a_name_that_only_the_gold_source_has_is_no_fault_of_the_tagger() -> None:
    name, projected = Entity(3, 4, PER), Prediction([Entity(0, 1, PER)], [Entity(3, 4, PER)])
    (fault,) = find_faults([], projected, gold_source=[name])
    assert (fault.stage, fault.in_gold) == ("translation", False)
    (fault,) = find_faults([], projected, gold_source=[])
    assert fault.stage == "source tagger"


class Spelling:
    """A system that knows names by their spelling; a careful one reads them in any case."""

    def __init__(self, name: str, *, any_case: bool) -> None:
        self.name, self.any_case = name, any_case
        self.signature = f"spelling {name}"

    def predict(self, domain: Domain, sentences: Any) -> list[Prediction]:
        names = {"Ana": PER, "Rome": LOC}
        known = {key.lower(): label for key, label in names.items()} if self.any_case else names
        return [
            Prediction(
                [
                    Entity(k, k + 1, known[word])
                    for k, token in enumerate(tokens)
                    if (word := token.lower() if self.any_case else token) in known
                ]
            )
            for tokens in sentences
        ]


def small_report() -> tuple[dict[str, Any], Any]:
    gold = [Entity(0, 1, PER), Entity(2, 3, LOC)]
    domain = Domain("news", [["Ana", "in", "Rome"]] * 8, [gold] * 8)
    systems = [Spelling("careful", any_case=True), Spelling("careless", any_case=False)]
    settings = GapSettings(["lower", "upper"], [0.5, 1.0], n_bootstrap=50, seeds=[0, 1])
    matrix = fill_matrix(systems, [domain], settings)
    return make_report(matrix, systems, [domain], settings), matrix


def test_the_careful_system_keeps_what_the_careless_one_loses() -> None:
    report, matrix = small_report()
    cells = {(c["system"], c["noise"], c["severity"]): c for c in report["cells"]}
    assert cells["careless", CLEAN, 0.0]["jaccard"]["value"] == 1
    assert cells["careless", "lower", 1.0]["jaccard"]["value"] == 0
    assert cells["careless", "lower", 1.0]["faults"] == {
        "missed": 32
    }  # two names, eight sentences, two seeds
    assert 0 < cells["careless", "upper", 0.5]["robustness"]["value"] < 1
    assert all(cells["careful", noise, 1.0]["jaccard"]["value"] == 1 for noise in ("lower", "upper"))
    gaps = {(g["noise"], g["severity"]): g for g in report["gaps"]}
    assert gaps["lower", 1.0]["gap"]["value"] == gaps["lower", 1.0]["difference_in_differences"]["value"] == 1
    assert gaps[CLEAN, 0.0]["gap"]["value"] == 0
    rows = [row for row in matrix.sentences if row["noise"] == "lower" and row["severity"] == 1.0]
    assert rows[0]["tokens"] == ["ana", "in", "rome"] and len(rows) == 16


def test_the_report_is_the_same_again_and_signed() -> None:
    assert small_report()[0] == small_report()[0]
    assert len(small_report()[0]["signature"]) == 12


def test_an_unknown_pair_is_named() -> None:
    gold = Domain("news", [["Ana"]], [[Entity(0, 1, PER)]])
    systems = [Spelling("one", any_case=True)]
    settings = GapSettings(["lower"], [1.0], n_bootstrap=5)
    with pytest.raises(ValueError, match="unknown system 'two'; known: one"):
        make_report(fill_matrix(systems, [gold], settings), systems, [gold], settings, pairs=[("two", "one")])


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_the_command_writes_tables_pictures_and_sentences(tmp_path: Path) -> None:
    model = str(tiny_xlmr(tmp_path / "model"))
    gold = write(tmp_path / "gold.conll", "Maria B-PER\nSilva I-PER\nin O\nLisbon B-LOC\n\n" * 4)
    folder = tmp_path / "report"
    call_command(
        "gap_report", "--tagger", f"a={model}", "--tagger", f"b={model}", "--domain", f"news={gold}",
        "-o", str(folder), noise=["typos", "lower"], severity=[0.5], bootstrap=20,
    )  # fmt: skip
    names = {path.name for path in folder.iterdir()}
    pictures = {"curves.svg", "curves.png", "gaps-1.svg", "gaps-1.png"}
    assert names == {"report.json", "report.md", "sentences.jsonl", *pictures}
    report = json.loads((folder / "report.json").read_text())
    assert {cell["noise"] for cell in report["cells"]} == {"clean", "typos", "lower"}
    assert all(gap["gap"]["value"] == 0 for gap in report["gaps"])  # a system against itself
    assert (
        "--noise typos lower" in report["command"]
        and report["signature"] in (folder / "report.md").read_text()
    )
    rows = [json.loads(line) for line in (folder / "sentences.jsonl").read_text().splitlines()]
    assert rows and {"tokens", "gold", "predicted", "faults"} <= set(rows[0])


def test_the_printed_command_makes_the_same_report(tmp_path: Path) -> None:
    model = str(tiny_xlmr(tmp_path / "model"))
    gold = write(tmp_path / "gold.conll", "Maria B-PER\nSilva I-PER\nin O\nLisbon B-LOC\n\n" * 4)
    source = write(tmp_path / "source.conll", "Maria B-PER\nSilva I-PER\nin O\nLisbon B-LOC\n\n" * 4)
    folder = tmp_path / "report"
    call_command(
        "gap_report", "--tagger", f"a={model}", "--projection", "soft=soft",
        "--projection", "words=word-to-word,preset=original", "--projection", "spans=ner-candidates",
        "--target-tagger", model, "--domain", f"news={gold},{source}", "-o", str(folder),
        noise=["merge", "entities"], severity=[0.5], bootstrap=20, pair=[("soft", "a")],
        language=["und", "news=pt"],
    )  # fmt: skip
    first = (folder / "report.json").read_text()
    _, command, *words = shlex.split(json.loads(first)["command"])
    call_command(command, *words)
    assert (folder / "report.json").read_text() == first
    report = json.loads(first)
    assert report["domains"]["news"]["language"] == "pt"
    assert list(report["systems"]) == ["a", "soft", "words", "spans"]
    assert "target" in report["systems"]["spans"] and "What is left" in (folder / "report.md").read_text()
    clean = {c["system"]: c["jaccard"]["value"] for c in report["cells"] if c["noise"] == CLEAN}
    assert clean["words"] == 1  # a sentence is its own translation


def test_what_was_read_once_is_not_read_again() -> None:
    asked: list[int] = []

    class Counting:
        name = signature = "counting"

        def tag(self, sentences: Any) -> list[list[Entity]]:
            asked.append(len(sentences))
            return [[Entity(0, 1, PER)] for _ in sentences]

        align = tag

    tagger, aligner = RememberingTagger(Counting()), RememberingAligner(Counting())  # type: ignore[arg-type]
    assert tagger.tag([["a"], ["b"], ["a"]]) == [[Entity(0, 1, PER)]] * 3
    assert tagger.tag([["b"]]) == [[Entity(0, 1, PER)]] and asked == [2]
    aligner.align([(["a"], ["b"]), (["a"], ["c"])])
    aligner.align([(["a"], ["c"]), (["b"], ["c"])])
    assert asked == [2, 2, 1]


def test_the_command_projects_where_there_is_a_source(tmp_path: Path) -> None:
    gold = write(tmp_path / "gold.conll", "Maria B-PER\n\n")
    given = ["--domain", f"news={gold}", "-o", str(tmp_path / "r")]
    with pytest.raises(CommandError, match="domain 'news' has no source"):
        call_command("gap_report", *given, "--projection", "p=soft")
    with pytest.raises(CommandError, match="name a system at least"):
        call_command("gap_report", *given)
    with pytest.raises(CommandError, match="no domain is called 'web'; there are news"):
        call_command("gap_report", *given, "--language", "web=en")
