"""Trainings: what is written for them, a real one by a worker's task, cancel, resume, and their pages."""

import json
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from annotations import tasks
from annotations.actions.training import (
    cancel_training,
    launch_training,
    read_card,
    resume_training,
    write_training,
)
from annotations.models import Project, Review, ReviewItem, TrainingRun
from annotations.training_form import TrainingForm
from factories import make_gap_report, make_pair, make_training
from tests.workers.tiny_models import tiny_xlmr
from workers import model_cache
from workers.tasks.training import thinned, train_tagger
from workers.training.fit import TrainingStopped
from workers.training.options import LEFT_OUT, SIDES, WEIGHTS, TrainingOptions
from workers.training.save import read_record

FORM = {
    "learn_from": "both", "sides": "both", "left_out": "skip", "weights": "equal", "dev_percent": 50,
    "model": "packaged", "curve_parts": 0, "epochs": 3,
    "patience": 3, "frozen_layers": 0, "batch_size": 4, "learning_rate": "0.01", "seed": 0,
}  # fmt: skip


@pytest.fixture(autouse=True)
def folders(settings, tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.setattr(model_cache, "_policy", model_cache.policy())  # the worker's rules end with the test
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.MODEL_FOLDERS = [tmp_path / "models"]
    return tmp_path


@pytest.fixture
def filled(project: Project, olga) -> Project:
    """Twenty reviewed sentences and twenty suggested ones, each a document of its own."""
    for number in range(40):
        pair = make_pair(project, document=f"d{number}")
        if number < 20:
            review = Review.objects.create(
                pair=pair, reviewer=olga, status=Review.Status.DONE, is_gold=True, run=pair.shown_run
            )
            ReviewItem.objects.create(
                review=review, position=0, start=0, end=2, label="PER", state=ReviewItem.State.ACCEPTED
            )
            type(pair).objects.filter(pk=pair.pk).update(status="reviewed")
    return project


def launch(project: Project, **choices) -> TrainingRun:
    given = {"data": "both", "dev_percent": 50, "options": {"epochs": 1}} | choices
    return launch_training(project=project, user=project.created_by, **given)


def rows(training: TrainingRun, name: str, settings) -> list[dict]:
    path = Path(settings.MEDIA_ROOT, training.folder, name)
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize(
    ("data", "kinds"), [("gold", {"gold"}), ("silver", {"silver"}), ("both", {"gold", "silver"})]
)
def test_it_writes_what_is_asked_for(filled: Project, settings, data: str, kinds: set[str]) -> None:
    training = launch(filled, data=data)
    write_training(training.pk)
    training.refresh_from_db()
    train, dev = (rows(training, name, settings) for name in ("train.jsonl", "dev.jsonl"))
    assert {row["kind"] for row in train} == kinds
    assert {row["kind"] for row in dev} == ({"silver"} if data == "silver" else {"gold"})
    assert not {row["document"] for row in train} & {row["document"] for row in dev}
    assert (training.n_gold + training.n_silver, training.n_dev) == (len(train), len(dev))
    assert training.status == "queued"


def test_a_project_without_reviews_says_what_is_missing(project: Project) -> None:
    make_pair(project)
    training = launch(project, data="gold")
    write_training(training.pk)
    training.refresh_from_db()
    assert training.status == "failed" and "0 sentences to learn from" in training.error


def test_only_one_training_at_a_time(filled: Project) -> None:
    first = launch(filled)
    with pytest.raises(ValidationError, match="already under way"):
        launch(filled)
    cancel_training(training=first)
    second = launch(filled)
    with pytest.raises(ValidationError, match="already under way"):
        resume_training(training=first)
    cancel_training(training=second)
    assert resume_training(training=first).status == "queued"


def test_the_form_offers_what_a_training_knows(project: Project) -> None:
    form = TrainingForm(project=project)
    known = {"sides": SIDES, "left_out": LEFT_OUT, "weights": WEIGHTS}
    offered = {name: tuple(value for value, _label in form.fields[name].choices) for name in known}
    defaults = TrainingOptions().to_dict()
    assert offered == known
    assert {name: form.fields[name].initial for name in known} == {name: defaults[name] for name in known}


@pytest.fixture
def started(filled: Project, folders: Path) -> TrainingRun:
    """A written training on a model of toy size."""
    words = ["Ana Ruiz vive en Madrid .", "Ana Ruiz lives in Madrid ."]
    base = tiny_xlmr(folders / "models" / "tiny", words * 20, labels=("O", "B-X", "I-X"))
    options = {"model": str(base), "epochs": 12, "patience": 12, "batch_size": 4, "learning_rate": 0.02}
    training = launch(filled, options=options, curve_parts=1)
    write_training(training.pk)
    training.refresh_from_db()
    return training


def test_a_worker_trains_and_the_page_shows_it(started: TrainingRun, sign_in, olga) -> None:
    train_tagger(started.pk)
    started.refresh_from_db()
    assert (started.status, started.error) == ("done", "")
    assert started.scores["strict"]["f1"] > 0.9
    n_gold = started.n_gold
    assert [point["n_gold"] for point in started.learning_curve] == [0, n_gold // 2, n_gold]
    assert started.step == started.n_steps and started.curve[-1]["dev_f1"] > 0
    assert read_card(started)["signature"] == started.signature
    assert {path.name for path in Path(started.model_folder).parent.iterdir()} == {
        Path(started.model_folder).name
    }
    page = sign_in(olga).get(started.get_absolute_url()).content.decode()
    assert started.model_folder in page and "<svg" in page and "hx-trigger" not in page
    first, before, last = started.learning_curve
    assert first["gain"] == 0 and last["gain"] == pytest.approx(last["f1"] - before["f1"])
    assert last["gain_low"] <= last["gain"] <= last["gain_high"]
    project_page = sign_in(olga).get(reverse("annotations:project", args=[started.project_id]))
    assert "next hundred" in project_page.content.decode()
    assert "95 % interval goes from" in project_page.content.decode()
    assert train_tagger(started.pk) == {}  # a message that comes twice


def test_a_learning_curve_that_was_cancelled_keeps_the_tagger(started: TrainingRun, monkeypatch) -> None:
    from workers.training import job

    started.options |= {"epochs": 1}
    started.save()
    made: list[str] = []
    real = job.train

    def once(options, sentences, dev, folder, **kwargs):
        made.append(folder.name)
        if len(made) == 2:
            raise TrainingStopped("stopped after step 1")
        return real(options, sentences, dev, folder, **kwargs)

    monkeypatch.setattr(job, "train", once)
    train_tagger(started.pk)
    assert read_record(Path(started.model_folder)) is not None
    cancel_training(training=started)
    resume_training(training=started)
    train_tagger(started.pk)
    started.refresh_from_db()
    name = Path(started.model_folder).name
    half = f"{name}-{started.n_gold // 2}"
    assert started.status == "done" and made == [name, half, half, f"{name}-0"]
    assert len(started.learning_curve) == 3 and started.curve


def test_a_project_whose_curve_says_little_admits_it(project: Project, sign_in, olga) -> None:
    points = [
        {"n_gold": 100, "f1": 0.6, "low": 0.5, "high": 0.7, "gain": 0.0, "gain_low": 0.0, "gain_high": 0.0},
        {
            "n_gold": 300,
            "f1": 0.64,
            "low": 0.5,
            "high": 0.7,
            "gain": 0.04,
            "gain_low": -0.02,
            "gain_high": 0.1,
        },
    ]
    make_training(project, status="done", learning_curve=points)
    page = sign_in(olga).get(reverse("annotations:project", args=[project.pk])).content.decode()
    assert "worth about 2.0 points" in page and "from -1.0 to 5.0" in page and "It holds zero" in page


def test_a_cancelled_training_stops_and_goes_on(started: TrainingRun, monkeypatch) -> None:
    from workers import store

    monkeypatch.setattr("workers.tasks.training._asked_now_and_then", lambda ask: ask)
    real, asked = store.is_job_wanted, []

    def cancel_at_the_fifth(claim):  # noqa: ANN001, ANN202
        asked.append(1)
        if len(asked) == 5:
            cancel_training(training=started)
        return real(claim)

    monkeypatch.setattr(store, "is_job_wanted", cancel_at_the_fifth)
    assert train_tagger(started.pk) == {}
    started.refresh_from_db()
    assert started.status == "cancelled" and started.claim_token is None
    assert not Path(started.model_folder).exists()
    resume_training(training=started)
    asked += [1] * 5
    train_tagger(started.pk)
    started.refresh_from_db()
    assert started.status == "done"


def test_what_goes_wrong_is_said(started: TrainingRun) -> None:
    started.options["model"] = "/etc"
    started.save()
    train_tagger(started.pk)
    started.refresh_from_db()
    assert started.status == "failed" and "'/etc' is not where models may lie" in started.error


def test_a_training_that_somebody_holds_is_left_alone(started: TrainingRun) -> None:
    from uuid import uuid4

    from workers import store

    assert store.claim_training(started.pk, uuid4()) is not None
    assert store.claim_training(started.pk, uuid4()) is None
    assert store.jobs_to_wake() == []


def test_unheld_trainings_are_woken(project: Project, started: TrainingRun) -> None:
    from workers import store

    assert store.jobs_to_wake() == [(train_tagger.name, started.pk)]
    TrainingRun.objects.update(n_dev=0)
    assert store.jobs_to_wake() == [(tasks.write_training.name, started.pk)]


def test_the_form_launches(filled: Project, sign_in, olga, django_capture_on_commit_callbacks) -> None:
    make_pair(filled, language="sw")
    client = sign_in(olga)
    address = reverse("annotations:training_launch", args=[filled.pk])
    assert b"must" in client.post(address, FORM | {"epochs": 0}).content or not filled.trainings.exists()
    client.post(address, FORM | {"languages": ["es"]})
    training = filled.trainings.get()
    assert training.options["epochs"] == 3 and training.languages == ["es"]
    refused = client.post(address, FORM)
    assert b"already under way" in refused.content
    progress = client.get(reverse("annotations:training_progress", args=[training.pk]))
    assert b'hx-trigger="every 2s"' in progress.content
    client.post(reverse("annotations:training_cancel", args=[training.pk]))
    training.refresh_from_db()
    assert training.status == "cancelled"


def test_a_long_curve_is_thinned_and_keeps_its_scores() -> None:
    points = [
        {"step": step, "loss": 1.0} | ({"dev_f1": 0.5} if step % 100 == 99 else {}) for step in range(1000)
    ]
    kept = thinned(points)
    assert len(kept) <= 211 and sum("dev_f1" in point for point in kept) == 10


def test_a_saved_report_leads_to_its_sentences(project: Project, sign_in, olga) -> None:
    report = make_gap_report(project)
    client = sign_in(olga)
    page = client.get(report.get_absolute_url()).content.decode()
    assert "50.0" in page and "manage.py gap_report" in page
    assert "What noise leaves" in page and "Stages at fault" in page
    address = reverse("annotations:gap_report_sentences", args=[report.pk])
    assert f"{address}?domain=news&amp;system=a&amp;noise=clean&amp;severity=0.0&amp;stage=missed" in page
    assert "noise=typos+%26+co&amp;severity=0.1" in page
    found = client.get(address, {"stage": "missed", "system": "a"}).content.decode()
    assert "Ana sings" in found
    assert "No sentence is like that" in client.get(address, {"noise": "typos"}).content.decode()
    assert client.get(reverse("annotations:gap_report_file", args=[report.pk, "nothing"])).status_code == 404
    assert make_training(project) in project.trainings.all()


def test_a_run_is_scored_against_the_reviews_of_its_pairs(filled: Project) -> None:
    """The reviews kept the person of every suggestion and left its place out."""
    from io import StringIO

    from django.core.management import call_command

    out, run = StringIO(), filled.runs.get()
    call_command("evaluate_tagger", "--run", str(run.pk), "--json", "--bootstrap", "10", stdout=out)
    result = json.loads(out.getvalue())
    assert result["n_sentences"] == 20
    assert (result["per_label"]["PER"]["f1"], result["per_label"]["LOC"]["precision"]) == (1.0, 0.0)
    assert result["breakdown"]["language"]["es"]["recall"] == 1.0
