"""Exports: gold and silver to files, in every format and scheme, parsed back and compared."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command

from annotations.export.options import parse_split, part_of
from annotations.models import Candidate, PairResult, Project, Review, ReviewItem, SentencePair
from exported_files import Export, review
from tests.factories import make_pair, make_project, make_run, make_user

pytestmark = pytest.mark.django_db

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def project() -> Project:
    return make_project("Names", owner=make_user("olga"))


@pytest.mark.parametrize("scheme", ["IOB2", "IOB1", "IOBES", "BILOU"])
@pytest.mark.parametrize("format", ["conll2003", "conll2002"])
def test_it_writes_what_the_golden_file_says(export: Export, corpus: list, format: str, scheme: str) -> None:
    written = export(format=format, scheme=scheme)["names.es.conll"]
    assert written == (GOLDEN / f"{format}-{scheme}.conll").read_text(encoding="utf-8")


def test_gold_is_what_was_accepted_and_silver_what_was_suggested(export: Export, corpus: list) -> None:
    gold, both = export()["report"], export(silver=True)
    assert (gold["kind"], gold["gold"], gold["silver"]) == ("gold", 3, 0)
    assert (both["report"]["kind"], both["report"]["gold"], both["report"]["silver"]) == ("gold+silver", 3, 1)
    assert "kind=gold+silver" in both["names.es.conll"].splitlines()[0]
    assert both["names.es.conll"].endswith(
        "Ruiz -X- O I-PER\nvive -X- O O\nen -X- O O\nMadrid -X- O B-LOC\n. -X- O O\n\n"
    )
    assert both["names.es.ids.tsv"].splitlines()[-1].split("\t")[:5] == ["4", "c1", "d3", "sport", "silver"]


def test_skipped_pairs_rejected_items_and_missing_entities_stay_out(export: Export, project: Project) -> None:
    skipped, reviewed = make_pair(project), make_pair(project)
    SentencePair.objects.filter(pk=skipped.pk).update(status="skipped")
    done = review(reviewed, (0, 2, "PER"))
    ReviewItem.objects.create(review=done, position=8, state="rejected", start=4, end=5, label="LOC")
    ReviewItem.objects.create(review=done, position=9, state="accepted", label="ORG")
    make_pair(project, suggestions=[((0, 2), None, "PER")])
    report = export(silver=True)["report"]
    assert (report["gold"], report["silver"]) == (1, 1)
    assert report["files"][0]["entities"] == {"PER": 1}


def test_only_the_gold_review_of_a_pair_counts(export: Export, project: Project) -> None:
    pair = make_pair(project)
    review(pair, (0, 2, "PER"))
    other = Review.objects.create(pair=pair, reviewer=make_user("omar"), status="done")
    ReviewItem.objects.create(review=other, position=0, state="accepted", start=0, end=5, label="ORG")
    assert export()["report"]["files"][0]["entities"] == {"PER": 1}


def test_silver_comes_from_the_run_that_is_shown(export: Export, project: Project) -> None:
    old, new = make_run(project), make_run(project)
    pair = make_pair(project, run=old, suggestions=[((0, 2), (0, 2), "PER")])
    PairResult.objects.create(run=new, pair=pair, status="done")
    source = pair.source_entities.get()
    Candidate.objects.create(
        run=new, pair=pair, source_entity=source, rank=0, start=4, end=5, label="LOC", score=1
    )
    SentencePair.objects.filter(pk=pair.pk).update(shown_run=new)
    report = export(silver=True)["report"]
    assert report["files"][0]["entities"] == {"LOC": 1}
    assert [row["run"] for row in report["signatures"]] == [new.pk]


def test_silver_that_overlaps_is_settled_and_said(export: Export, project: Project) -> None:
    pair = make_pair(project, suggestions=[((0, 2), (0, 2), "PER"), ((4, 5), (1, 3), "LOC")])
    Candidate.objects.filter(pair=pair, start=0).update(confidence=0.2)
    report = export(silver=True)["report"]
    assert report["files"][0]["entities"] == {"LOC": 1}
    (loss,) = report["losses"]
    assert (loss["n"], loss["examples"]) == (1, [{"pair": pair.pk, "span": [0, 2], "label": "PER"}])


def test_every_language_has_its_file(export: Export, project: Project, corpus: list) -> None:
    review(make_pair(project, target="Ana Ruiz anaishi Madrid .", language="sw"), (3, 4, "LOC"))
    contents = export()
    assert {name for name in contents if name.endswith(".conll")} == {"names.es.conll", "names.sw.conll"}
    contents = export(languages=("sw",))
    assert {name for name in contents if name.endswith(".conll")} == {"names.sw.conll"}


def test_domains_are_chosen_and_divided(export: Export, corpus: list) -> None:
    assert export(domains=("sport",))["report"]["sentences"] == 1
    contents = export(per_domain=True)
    assert [file["name"] for file in contents["report"]["files"]] == [
        "names.es.news.conll",
        "names.es.none.conll",
        "names.es.sport.conll",
    ]


def test_the_source_side_runs_beside_the_target(export: Export, corpus: list) -> None:
    contents = export(source=True, silver=True)
    target, source = contents["names.es.conll"], contents["names.es.source.conll"]
    assert target.count("\n\n") == source.count("\n\n")
    assert "lives -X- O O" in source
    assert "Ana -X- O B-PER\nRuiz -X- O I-PER\nlives" in source
    assert contents["report"]["sentences"] == 4


def test_a_pair_without_source_is_left_out_beside_the_source(export: Export, project: Project) -> None:
    pair = make_pair(project, suggestions=[])
    review(pair)
    review(make_pair(project))
    SentencePair.objects.filter(pk=pair.pk).update(source_text="", source_offsets=[])
    assert export()["report"]["sentences"] == 2
    report = export(source=True)["report"]
    assert report["sentences"] == 1
    assert report["losses"][0]["what"].startswith("a pair without a source")


def test_documents_stay_together_in_a_split(export: Export, project: Project) -> None:
    run = make_run(project)
    for number in range(60):
        review(make_pair(project, run=run, external_id=f"s{number}", document=f"d{number // 3}"))
    report_of = {}
    contents = export(split=parse_split("60/20/20"), seed=1)
    for name, content in contents.items():
        if name.endswith("ids.tsv"):
            report_of[name.split(".")[2]] = {line.split("\t")[2] for line in content.splitlines()[1:]}
    assert set(report_of) == {"train", "dev", "test"}
    assert sum(len(documents) for documents in report_of.values()) == 20
    shares = contents["report"]["shares"]
    assert sum(shares.values()) == pytest.approx(1)
    assert contents["report"]["sentences"] == 60


def test_a_document_keeps_its_part_when_the_corpus_grows() -> None:
    split = parse_split("80/10/10")
    parts = [part_of(f"doc {n}", split, 7) for n in range(5000)]
    assert parts[:100] == [part_of(f"doc {n}", split, 7) for n in range(100)]
    assert parts != [part_of(f"doc {n}", split, 8) for n in range(5000)]
    assert parts.count("train") / 5000 == pytest.approx(0.8, abs=0.02)
    assert parts.count("dev") / 5000 == pytest.approx(0.1, abs=0.02)


def test_without_header_and_documents_only_sentences_are_left(export: Export, corpus: list) -> None:
    contents = export(format="conll2002", header=False, docstart=False)
    assert contents["names.es.conll"].startswith("Ana B-PER\nRuiz B-PER\n")
    assert "DOCSTART" not in contents["names.es.conll"]


def test_jsonl_says_where_everything_came_from(export: Export, corpus: list) -> None:
    contents = export(format="jsonl", silver=True, links=True, reviewers=True)
    first, second, _third, silver = map(json.loads, contents["names.es.jsonl"].splitlines())
    assert (first["id"], first["document"], first["domain"], first["kind"]) == ("a1", "d1", "news", "gold")
    assert first["target"] == ["Ana", "Ruiz", "vive", "en", "Madrid", "."]
    assert first["target_text"] == "Ana Ruiz vive en Madrid ."
    added, _other, suggested = first["target_entities"]
    assert (added["source_entity"], added["confidence"]) == (None, None)
    assert suggested == {
        "start": 4,
        "end": 5,
        "start_char": 17,
        "end_char": 23,
        "label": "LOC",
        "source_entity": 1,
        "confidence": 0.9,
    }
    assert first["source_entities"][1]["label"] == "LOC"
    assert (first["signature"], first["reviewer"], first["links"][0]) == (
        "test signature",
        "olga",
        [0, 0, 0.9],
    )
    assert second["target_entities"] == []
    assert (silver["kind"], "reviewer" in silver) == ("silver", False)


def test_silver_says_what_it_left_out_and_where_that_may_be(export: Export, project: Project) -> None:
    suggestions = [((0, 2), None, "PER"), ((4, 5), (4, 5), "LOC"), ((2, 3), None, "ORG")]
    pair = make_pair(project, suggestions=suggestions, alternatives={0: [(0, 1), (0, 2)], 1: [(3, 5)]})
    Candidate.objects.filter(pair=pair, start=None).update(confidence=0.6)
    done = make_pair(project, suggestions=suggestions, alternatives={0: [(0, 1)]})
    review(done, (4, 5, "LOC"))
    silver, gold = map(json.loads, export(format="jsonl", silver=True)["names.es.jsonl"].splitlines())
    assert silver["left_out"] == [
        {"start": 0, "end": 1, "start_char": 0, "end_char": 3, "label": "PER", "source_entity": 0,
         "confidence": 0.6}
    ]  # fmt: skip
    assert "left_out" not in gold


def test_an_exported_jsonl_can_be_imported(export: Export, corpus: list, tmp_path: Path) -> None:
    contents = export(format="jsonl", silver=True)
    (tmp_path / "x.jsonl").write_text(contents["names.es.jsonl"])
    make_project("Copy", owner=make_user("eva"))
    call_command("import_corpus", "Copy", str(tmp_path / "x.jsonl"))
    pairs = SentencePair.objects.filter(project__name="Copy").order_by("pk")
    spans = [list(p.reference_spans.order_by("start").values_list("start", "end", "label")) for p in pairs]
    assert spans == [[(0, 1, "PER"), (1, 2, "PER"), (4, 5, "LOC")], [], [(0, 2, "ORG")], []]
    assert [p.has_reference for p in pairs] == [True, True, True, False]
    assert pairs[0].source_text == corpus[0].source_text


# --- the command


def test_queries_do_not_grow_with_the_corpus(
    export: Export, project: Project, django_assert_max_num_queries
) -> None:
    run = make_run(project)
    for number in range(40):
        review(make_pair(project, run=run, external_id=str(number)), (0, 2, "PER"))
    for choices in ({"source": True, "silver": True}, {"format": "jsonl", "links": True, "reviewers": True}):
        with django_assert_max_num_queries(9):
            export(**choices)
