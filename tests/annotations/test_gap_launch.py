"""Gap reports from a page: which sentences are tested, a real one by a worker's task, leases."""

import json
import shlex
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.urls import reverse

from annotations import tasks
from annotations.actions.gap_inputs import write_gap_inputs
from annotations.actions.gap_launch import cancel_gap_report, launch_gap_report, resume_gap_report
from annotations.actions.gap_reports import report_files
from annotations.models import AuditEntry, GapReport, PairResult, Project, SentencePair
from factories import make_pair, make_training
from gap_requests import fill, launch, learns_from, options, review, use_folders, written
from tests.workers.tiny_models import tiny_xlmr
from workers import store
from workers.tasks.gap_reports import KEPT, make_gap_report


@pytest.fixture(autouse=True)
def folders(settings, tmp_path: Path, monkeypatch) -> Path:
    return use_folders(settings, tmp_path, monkeypatch)


@pytest.fixture
def filled(project: Project) -> Project:
    return fill(project)


def test_the_reviewed_sentences_are_written_by_domain(filled: Project, settings) -> None:
    make_pair(filled)  # nobody has reviewed it
    report = launch(filled)
    first, second = report.inputs["domains"]
    assert (first["name"], second["name"]) == ("news", "a b c")
    gold = written(report, first["gold"], settings)
    assert (
        gold.startswith("Ana B-PER\nRuiz I-PER\nvive O\nen O\nMadrid O\n0 O\n\n") and gold.count("\n\n") == 4
    )
    source = written(report, first["source"], settings)
    assert source.startswith("Ana B-PER\nRuiz I-PER\nlives O\nin O\nMadrid B-LOC\n")
    assert not first["tagged_source"] and first["language"] == "es"
    assert report.inputs["facts"][0]["source_gold"] == 4 and report.inputs["left_out"] == {}


@pytest.mark.parametrize(("group_by", "names"), [("language", ["es", "sw"]), ("all", ["all"])])
def test_tests_are_grouped_as_asked(filled: Project, group_by: str, names: list[str]) -> None:
    review(filled, 7, language="sw")
    report = launch(filled, group_by=group_by)
    assert [domain["name"] for domain in report.inputs["domains"]] == names


def test_the_limit_takes_sentences_evenly_and_says_so(filled: Project, settings) -> None:
    report = launch(filled, limit=2)
    gold = written(report, "test-1.gold.conll", settings)
    assert "0 O" in gold and "2 O" in gold and gold.count("\n\n") == 2
    assert report.inputs["left_out"] == {"limit": 2}


def test_what_a_training_has_learnt_from_is_left_out_and_counted(filled: Project, settings) -> None:
    """By pair, and by the same words in another document."""
    pairs = list(filled.pairs.order_by("pk"))
    again = review(filled, 9, words="Ana Ruiz vive en Madrid 0")
    training = learns_from(filled, pairs[:3], settings)
    report = launch(filled, trainings=[training])
    assert report.inputs["left_out"] == {"learnt": 4}
    assert report.inputs["trainings"] == [{"training": training, "by_file": True}]
    assert sum(fact["sentences"] for fact in report.inputs["facts"]) == 3
    assert again.target_text == pairs[0].target_text
    cancel_gap_report(report=report)
    everything = launch(filled, trainings=[training], with_learnt=True)
    assert everything.inputs["left_out"] == {}


def test_without_its_file_a_trainings_documents_are_told_by_their_split(filled: Project, settings) -> None:
    training = make_training(filled, status="done", dev_percent=50)
    report = launch(filled, trainings=[training.pk])
    assert report.inputs["trainings"] == [{"training": training.pk, "by_file": False}]
    assert 0 < report.inputs["left_out"]["learnt"] < 6


def test_nothing_left_is_said(filled: Project, settings, sign_in, olga) -> None:
    report = launch(filled, trainings=[learns_from(filled, list(filled.pairs.all()), settings)])
    assert report.status == "failed"
    assert report.error.startswith("No reviewed sentence is left to test on: 6 a chosen training has learnt")
    page = sign_in(olga).get(report.get_absolute_url()).content.decode()
    assert "No reviewed sentence is left" in page and "Resume" in page


def test_a_source_that_only_a_tagger_has_read_is_told_apart(filled: Project, settings) -> None:
    first, second, third = filled.pairs.order_by("pk")[:3]
    for pair in (first, second, third):
        SentencePair.objects.filter(pk=pair.pk).update(has_source_labels=False)
        pair.source_entities.update(run=pair.shown_run)
    PairResult.objects.filter(pair=second).delete()
    SentencePair.objects.filter(pk=third.pk).update(source_text="", source_offsets=[])
    report = launch(filled)
    news = report.inputs["domains"][0]
    assert news["tagged_source"] and report.inputs["facts"][0]["tagged"] == 1
    assert report.inputs["left_out"] == {"untagged": 1, "no-source": 1}
    assert written(report, news["source"], settings).startswith("Ana B-PER\nRuiz I-PER\nlives O")
    cancel_gap_report(report=report)
    without = launch(filled, projections=[], taggers=[["a", "x"]])
    assert without.inputs["left_out"] == {} and without.inputs["domains"][0]["source"] == ""


@pytest.fixture
def started(filled: Project, folders: Path) -> GapReport:
    """Two taggers of toy size and a projection, their sentences written."""
    model = str(tiny_xlmr(folders / "models" / "tiny"))
    return launch(filled, taggers=[["one", model], ["two", model]], noises=["lower", "merge"])


def test_the_command_on_its_files_makes_the_same_report(
    started: GapReport, sign_in, olga, tmp_path: Path, monkeypatch
) -> None:
    make_gap_report(started.pk)
    started.refresh_from_db()
    assert (started.status, started.error, started.step, started.n_steps) == ("done", "", 18, 18)
    client = sign_in(olga)
    page = client.get(started.get_absolute_url()).content.decode()
    assert "As people labelled them" in page and "a b c" in page and "hx-trigger" not in page
    monkeypatch.chdir(tmp_path)
    for path in report_files(started):
        address = reverse("annotations:gap_report_file", args=[started.pk, path.name])
        if path.suffix == ".conll":
            (tmp_path / path.name).write_bytes(b"".join(client.get(address)))
    _, command, *words = shlex.split(started.report["command"])
    call_command(command, *words)
    again = json.loads((tmp_path / "gap-report" / "report.json").read_text())
    assert again["signature"] == started.signature and again["cells"] == started.report["cells"]
    assert not Path(report_files(started)[0].parent, KEPT).exists()
    assert make_gap_report(started.pk) == {}  # a message that comes twice


def test_a_cancelled_report_keeps_what_was_found(started: GapReport, settings, monkeypatch) -> None:
    real, told = store.report_job, []

    def cancel_at_the_fourth(claim, **values) -> None:  # noqa: ANN001, ANN003
        told.append(values)
        if len(told) == 4:
            cancel_gap_report(report=started)
        real(claim, **values)

    monkeypatch.setattr(store, "report_job", cancel_at_the_fourth)
    make_gap_report(started.pk)
    started.refresh_from_db()
    assert (started.status, started.claim_token, started.report) == ("cancelled", None, {})
    kept = Path(settings.MEDIA_ROOT, started.folder, KEPT).read_text()
    assert kept.count("\n") == 4 and KEPT not in {path.name for path in report_files(started)}
    resume_gap_report(report=started)
    write_gap_inputs(started.pk)
    make_gap_report(started.pk)
    started.refresh_from_db()
    assert started.status == "done" and len(started.report["cells"]) == 18
    kinds = AuditEntry.objects.filter(kind__startswith="gap-report").values_list("kind", flat=True)
    assert sorted(kinds) == ["gap-report-cancelled", "gap-report-launched", "gap-report-resumed"]


def test_a_lost_report_is_taken_up_and_not_for_ever(filled: Project) -> None:
    report = launch(filled)
    assert store.jobs_to_wake() == [(make_gap_report.name, report.pk)]
    first = store.claim_gap_report(report.pk, uuid4())
    assert first is not None and store.claim_gap_report(report.pk, uuid4()) is None
    assert store.jobs_to_wake() == []
    for _ in range(3):
        GapReport.objects.update(lease_until="2020-01-01T00:00Z")
        store.claim_gap_report(report.pk, uuid4())
    report.refresh_from_db()
    assert (report.status, report.error) == (
        "failed",
        "3 workers in a row were lost while they worked on it",
    )
    with pytest.raises(store.ClaimLost):
        store.report_job(first.claim, step=1)


def test_a_report_whose_sentences_are_not_written_is_woken_for_that(filled: Project) -> None:
    report = launch_gap_report(
        project=filled, user=filled.created_by, name="First", options=options(trainings=[])
    )
    assert store.jobs_to_wake() == [(tasks.write_gap_inputs.name, report.pk)]
    assert store.claim_gap_report(report.pk, uuid4()) is None


def test_only_one_report_at_a_time(filled: Project) -> None:
    first = launch(filled)
    with pytest.raises(ValidationError, match="already under way"):
        launch(filled)
    cancel_gap_report(report=first)
    with pytest.raises(ValidationError, match="cancelled already"):
        cancel_gap_report(report=first)
    second = launch(filled)
    with pytest.raises(ValidationError, match="already under way"):
        resume_gap_report(report=first)
    assert second.is_active


def test_what_goes_wrong_is_said(filled: Project) -> None:
    report = launch(filled, taggers=[["a", "/etc"]])
    make_gap_report(report.pk)
    report.refresh_from_db()
    assert report.status == "failed" and "'/etc' is not where models may lie" in report.error
