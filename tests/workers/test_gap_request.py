"""What a gap report is asked for as a command's words, and going on with one that was stopped."""

import json
from pathlib import Path
from typing import Any

import pytest

from annotations.management.commands.gap_report import Command, command_line, read_request
from workers.gap.kept import KeptPredictions
from workers.gap.matrix import GapSettings, count_cells, fill_matrix
from workers.gap.request import DomainFiles, GapRequest
from workers.gap.stages import Prediction
from workers.gap.systems import Domain
from workers.spans import Entity

DOMAIN = Domain(
    "news",
    [["Ana", "in", "Rome"]] * 3,
    [[Entity(0, 1, "PER"), Entity(2, 3, "LOC")]] * 3,
    source_tokens=[["Ana", "in", "Rome"]] * 3,
    source_entities=[[Entity(0, 1, "PER", 0.5)]] * 3,
)
SETTINGS = GapSettings(["lower"], [0.5, 1.0], seeds=[0, 1], n_bootstrap=5)


class Capitals:
    """A system that takes every capital for a person, and counts how often it is asked."""

    name, signature = "capitals", "capitals v1"

    def __init__(self) -> None:
        self.asked = 0

    def predict(self, domain: Domain, sentences: Any) -> list[Prediction]:
        self.asked += 1
        return [
            Prediction(
                [Entity(k, k + 1, "PER") for k, token in enumerate(tokens) if token[0].isupper()],
                [Entity(0, 1, "PER", 0.5)],
                ["PER"],
            )
            for tokens in sentences
        ]


def fill(system: Capitals, path: Path, **given: Any) -> Any:
    return fill_matrix([system], [DOMAIN], SETTINGS, kept=KeptPredictions(path, [system], [DOMAIN]), **given)


def test_a_report_that_was_stopped_goes_on_at_its_next_cell(tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    path, cells = tmp_path / "cells.jsonl", []

    def stop_at_the_third(key: Any) -> None:
        cells.append(key)
        if len(cells) == 3:
            raise Stopped

    first, second = Capitals(), Capitals()
    with pytest.raises(Stopped):
        fill(first, path, on_cell=stop_at_the_third)
    with path.open("a") as file:
        file.write('[["capitals", "news", "lower", 1.0, 0], [[')  # the machine died here
    whole = fill_matrix([Capitals()], [DOMAIN], SETTINGS)
    resumed = fill(second, path)
    assert (first.asked, second.asked, count_cells([first], [DOMAIN], SETTINGS)) == (3, 2, 5)
    assert resumed.sentences == whole.sentences and resumed.stages == whole.stages
    assert {key: counts.tolist() for key, counts in resumed.counts.items()} == {
        key: counts.tolist() for key, counts in whole.counts.items()
    }


def test_what_another_system_found_is_not_taken(tmp_path: Path) -> None:
    path, other = tmp_path / "cells.jsonl", Capitals()
    fill(Capitals(), path)
    other.signature = "capitals v2"
    fill(other, path)
    assert other.asked == 5


def test_the_words_of_a_request_ask_for_the_same(tmp_path: Path) -> None:
    """With names that a shell would take apart."""
    request = GapRequest(
        domains=[
            DomainFiles("l'Été; rm -rf", "a.gold.conll", "a.source.conll", "fr", True),
            DomainFiles("$(x)", "b.gold.conll", language="pt"),
        ],
        noises=["typos", "lower"],
        severities=[0.1, 0.3],
        taggers=[("a b", "folder with spaces/x"), ("own", "spacy-en:fr_core_news_md")],
        projections=[("words", "word-to-word", {"preset": "original", "gap": 2}), ("soft", "soft", {})],
        target_tagger="folder",
        pairs=[("a b", "soft")],
        where="context",
        seeds=[3, 4],
        ignore=["DATE"],
        limit=7,
        n_bootstrap=50,
    )
    parser = Command().create_parser("manage.py", "gap_report")
    options = vars(parser.parse_args([*request.words(), "--output", str(tmp_path)]))
    assert read_request(options) == request
    assert "--project " not in command_line(request, options)


def test_a_source_of_a_taggers_tags_is_no_gold(tmp_path: Path) -> None:
    from workers.gap.files import read_domain
    from workers.gap.report import make_report

    gold = tmp_path / "gold.conll"
    gold.write_text("Ana PER\n\n".replace("PER", "B-PER"), encoding="utf-8")
    reports = []
    for is_tagged in (False, True):
        domain = read_domain("news", gold, gold, is_tagged=is_tagged)
        matrix = fill_matrix([Capitals()], [domain], SETTINGS)
        reports.append(make_report(matrix, [Capitals()], [domain], SETTINGS))
    assert [report["domains"]["news"]["source"] for report in reports] == ["gold", "tagged"]
    assert len({report["signature"] for report in reports}) == 2
    json.dumps(reports)
