"""Evaluations: which sentences are taken, a real one by a worker's task, cancel, resume, and their form."""

import json
import shutil
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.urls import reverse

from annotations.actions.evaluation import cancel_evaluation, evaluation_folder, resume_evaluation
from annotations.models import AuditEntry, Evaluation, Project
from annotations.systems import model_system, run_system, training_system
from evaluated import done, launch, review, rows, trained, written
from factories import make_pair, make_project
from tests.workers.tiny_models import tiny_xlmr
from workers import model_cache, store
from workers.tasks.evaluation import evaluate_systems

HOSTILE = '<script>alert("x")</script>'
FORM = {"baseline": "", "limit": 100, "seed": 0, "leaves_out_learnt": "on"}


@pytest.fixture(autouse=True)
def folders(settings, tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.setattr(model_cache, "_policy", model_cache.policy())  # the worker's rules end with the test
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.MODEL_FOLDERS = [tmp_path / "models"]
    return tmp_path


@pytest.fixture
def filled(project: Project, olga) -> Project:
    """Twelve reviewed sentences of two domains and languages, no two of them alike."""
    for number in range(12):
        language, domain = ("ar", "web") if number % 4 == 3 else ("es", "news")
        target = f"Ana{number} Ruiz{number} vive en Madrid{number} ."
        review(make_pair(project, target=target, language=language, domain=domain), olga)
    return project


@pytest.fixture
def model(folders: Path) -> str:
    return str(tiny_xlmr(folders / "models" / "tiny", ["Ana Ruiz vive en Madrid ."] * 20))


def test_a_model_and_a_run_are_compared_by_a_worker(filled: Project, model: str, sign_in, olga) -> None:
    run = filled.runs.filter(target_language="es").get()
    evaluation = done(
        launch(filled, model_system(filled, "huggingface", {"model": model}), baseline=run_system(run))
    )
    assert (evaluation.status, evaluation.error) == ("done", "")
    assert (evaluation.n_sentences, evaluation.step, evaluation.n_steps) == (9, 18, 18)
    assert evaluation.facts["n_without_result"] == 3 and evaluation.facts["n_shown"] == 9
    report = evaluation.report
    assert (
        report["baseline"]["per_label"]["PER"]["f1"] == 1
        and report["baseline"]["errors"]["LOC"]["spurious"] == 9
    )
    assert report["differences"]["strict_f1"]["value"] < 0
    assert report["systems"][1] == "test signature" and report["systems"][0].startswith("huggingface:1")
    assert set(report["breakdown"]["language"]) == {"es"}
    assert evaluate_systems(evaluation.pk) == {}  # a message that comes twice
    page = sign_in(olga).get(evaluation.get_absolute_url()).content.decode()
    assert "hx-trigger" not in page and "saw the run&#x27;s suggestions" in page.replace("'", "&#x27;")
    told = set(AuditEntry.objects.values_list("kind", "detail__evaluation"))
    assert ("evaluation-launched", evaluation.pk) in told


def test_the_command_of_the_page_makes_the_same_report(
    filled: Project, model: str, settings, sign_in, olga, monkeypatch, tmp_path: Path
) -> None:
    """From the files that were downloaded, in a folder of their own."""
    pair = filled.pairs.order_by("pk").first()
    entities = [{"start": 0, "end": 2, "label": "PER"}]
    learnt = [
        {
            **{"pair": pair.pk, "kind": "gold", "target_text": pair.target_text},
            **{"target": ["Ana3", "Ruiz3"], "target_entities": entities},
        }
    ]
    training = trained(filled, model, learnt, settings)
    run = filled.runs.filter(target_language="es").get()
    evaluation = done(
        launch(filled, training_system(training), baseline=run_system(run), ignore=["ORG"], seed=7, limit=6)
    )
    client, folder = sign_in(olga), tmp_path / "downloads"
    folder.mkdir()
    page = client.get(evaluation.get_absolute_url()).context
    for name in page["files"]:
        answer = client.get(reverse("annotations:evaluation_file", args=[evaluation.pk, name]))
        (folder / name).write_bytes(b"".join(answer.streaming_content))
    monkeypatch.chdir(folder)
    out = StringIO()
    manage, command, *arguments = page["command"].split()
    call_command(command, *arguments, stdout=out)
    kept = json.loads((folder / "report.json").read_text())
    assert manage == "manage.py" and "--train" in arguments and "--baseline" in arguments
    made = json.loads(out.getvalue())
    assert made == {name: value for name, value in kept.items() if name not in ("systems", "signature")}
    assert "frequency" in made["breakdown"] and made["n_sentences"] == 6
    words = [line.split(" ")[0] for line in (folder / "predicted.conll").read_text().splitlines() if line]
    assert words == [token for row in rows(evaluation) for token in row["target"]]


def test_what_a_training_learnt_from_is_left_out(
    filled: Project, model: str, settings, sign_in, olga
) -> None:
    """By its number, and by its words where another pair has the same ones."""
    pairs = list(filled.pairs.order_by("pk"))
    review(make_pair(filled, target="Same words here", suggestions=[]), olga, [])
    learnt = [{"pair": pair.pk, "target_text": pair.target_text} for pair in pairs[:4]]
    learnt.append({"pair": 0, "target_text": "Same words here"})
    training = trained(filled, model, learnt, settings)
    evaluation = written(launch(filled, training_system(training)))
    assert {row["pair"] for row in rows(evaluation)} == {pair.pk for pair in pairs[4:]}
    assert evaluation.facts["n_learnt"] == 5
    cancel_evaluation(evaluation=evaluation)
    with_all = written(launch(filled, training_system(training), leaves_out_learnt=False))
    assert with_all.n_sentences == 13 and with_all.facts["n_learnt"] == 0
    cancel_evaluation(evaluation=with_all)
    shutil.rmtree(Path(settings.MEDIA_ROOT, training.folder))
    by_rule = written(launch(filled, training_system(training)))
    assert by_rule.facts["trainings"] == [{"training": training.pk, "by_file": False}]
    assert 0 < by_rule.facts["n_learnt"] < 13 and by_rule.n_sentences == 13 - by_rule.facts["n_learnt"]
    page = sign_in(olga).get(by_rule.get_absolute_url()).content.decode()
    assert "are not on this machine any more" in page


def test_the_tagger_of_a_run_leaves_out_what_it_learnt_from(filled: Project, model: str, settings) -> None:
    pair = filled.pairs.filter(target_language="es").order_by("pk").first()
    trained(filled, model, [{"pair": pair.pk, "target_text": pair.target_text}], settings)
    run = filled.runs.filter(target_language="es").get()
    run.target_tagger_options = {"model": model}
    run.save()
    evaluation = written(launch(filled, run_system(run)))
    assert evaluation.facts["n_learnt"] == 1 and evaluation.n_sentences == 8


def test_a_sample_is_the_same_for_the_same_seed(filled: Project, model: str) -> None:
    def sample(**choices) -> list[int]:
        evaluation = written(launch(filled, model_system(filled, "huggingface", {"model": model}), **choices))
        cancel_evaluation(evaluation=evaluation)
        return [row["pair"] for row in rows(evaluation)]

    five = sample(limit=5, seed=1)
    assert five == sample(limit=5, seed=1) == sorted(five) and len(five) == 5
    assert set(five) < set(sample(limit=8, seed=1))
    assert any(sample(limit=5, seed=seed) != five for seed in (2, 3))
    assert len(sample(languages=["ar"])) == 3 and len(sample(domains=["news"])) == 9


def test_nothing_to_test_on_says_why(project: Project, model: str) -> None:
    make_pair(project)
    evaluation = written(launch(project, model_system(project, "huggingface", {"model": model})))
    assert evaluation.status == "failed" and "0 are reviewed" in evaluation.error


def test_a_run_that_was_deleted_is_said(filled: Project) -> None:
    run = filled.runs.filter(target_language="es").get()
    evaluation = launch(filled, run_system(run) | {"id": 10**9})
    assert "is not there any more" in written(evaluation).error


def test_only_one_at_a_time(filled: Project, model: str) -> None:
    system = model_system(filled, "huggingface", {"model": model})
    first = launch(filled, system)
    with pytest.raises(ValidationError, match="already under way"):
        launch(filled, system)
    cancel_evaluation(evaluation=first)
    second = launch(filled, system)
    with pytest.raises(ValidationError, match="already under way"):
        resume_evaluation(evaluation=first)
    assert cancel_evaluation(evaluation=second).status == "cancelled"
    assert resume_evaluation(evaluation=first).status == "queued"


def test_one_that_was_cancelled_or_lost_goes_on(filled: Project, model: str, monkeypatch) -> None:
    from workers.evaluation import job

    monkeypatch.setattr(job, "BLOCK", 4)
    evaluation = written(launch(filled, model_system(filled, "huggingface", {"model": model})))
    real = store.report_job

    def cancel_at_the_second_block(claim, **values) -> None:  # noqa: ANN001
        if values.get("step") == 4:
            cancel_evaluation(evaluation=evaluation)
        real(claim, **values)

    with monkeypatch.context() as patch:
        patch.setattr(store, "report_job", cancel_at_the_second_block)
        assert evaluate_systems(evaluation.pk) == {}
    evaluation.refresh_from_db()
    parts = evaluation_folder(evaluation) / "predicted.parts"
    assert (evaluation.status, evaluation.claim_token, len(list(parts.iterdir()))) == ("cancelled", None, 1)
    resume_evaluation(evaluation=evaluation)
    assert store.claim_evaluation(evaluation.pk, uuid4()) is not None  # by a worker that is lost
    assert evaluate_systems(evaluation.pk) == {} and store.jobs_to_wake() == []
    Evaluation.objects.update(lease_until=evaluation.created_at)
    assert store.jobs_to_wake() == [("workers.tasks.evaluation.evaluate_systems", evaluation.pk)]
    evaluate_systems(evaluation.pk)
    evaluation.refresh_from_db()
    assert evaluation.status == "done" and not parts.exists()


def test_what_goes_wrong_is_said(filled: Project) -> None:
    evaluation = done(
        launch(filled, {"kind": "model", "tagger": "huggingface", "options": {"model": "/etc"}})
    )
    assert evaluation.status == "failed" and "'/etc' is not where models may lie" in evaluation.error


def test_the_form_launches(filled: Project, model: str, settings, sign_in, olga) -> None:
    client, address = sign_in(olga), reverse("annotations:evaluation_launch", args=[filled.pk])
    training = trained(filled, model, [], settings)
    run = filled.runs.filter(target_language="es").get()
    page = client.get(f"{address}?system=training-{training.pk}").content.decode()
    assert f'<option value="training-{training.pk}" selected>' in page
    client.post(
        address, FORM | {"system": f"training-{training.pk}", "baseline": f"run-{run.pk}", "domains": "web"}
    )
    evaluation = filled.evaluations.get()
    assert evaluation.system["options"] == {"model": model} and evaluation.baseline["id"] == run.pk
    assert (evaluation.domains, evaluation.leaves_out_learnt) == (["web"], True)
    refused = client.post(address, FORM | {"system": f"run-{run.pk}"})
    assert b"already under way" in refused.content
    progress = client.get(reverse("annotations:evaluation_progress", args=[evaluation.pk]))
    assert b'hx-trigger="every 2s"' in progress.content
    client.post(reverse("annotations:evaluation_cancel", args=[evaluation.pk]))
    client.post(address, FORM | {"system": "named", "named": model})  # a folder that the training made
    assert filled.evaluations.latest("pk").system["kind"] == "training"
    assert "Evaluation" in client.get(reverse("annotations:trainings", args=[filled.pk])).content.decode()


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "This field is required"),
        ({"system": "named"}, "Name a model"),
        ({"system": "named", "named": "/etc"}, "must lie below"),
        ({"system": "training-999999"}, "is not one of the available choices"),
        ({"system": f"run-{'9' * 40}"}, "is not one of the available choices"),
        ({"system": "run"}, "is not one of the available choices"),
        ({"system": "{run}", "baseline": "{run}"}, "Pick something else"),
        ({"system": "{run}", "languages": "ar"}, "which is not among the languages"),
        ({"system": "{run}", "limit": 10**6}, "less than or equal to 50000"),
        ({"system": "{run}", "labels": "PERSON"}, "is not like PERSON=PER"),
        ({"system": "{run}", "ignore": HOSTILE}, "is not one of the available choices"),
        ({"system": "{run}", "seed": "-1"}, "greater than or equal to 0"),
    ],
)
def test_what_cannot_be_is_refused(filled: Project, sign_in, olga, sent: dict, said: str) -> None:
    run = filled.runs.filter(target_language="es").get()
    data = {name: str(value).replace("{run}", f"run-{run.pk}") for name, value in (FORM | sent).items()}
    page = sign_in(olga).post(reverse("annotations:evaluation_launch", args=[filled.pk]), data)
    assert said in page.content.decode() and HOSTILE not in page.content.decode()
    assert not filled.evaluations.exists()


def test_another_projects_trainings_and_runs_are_not_offered(
    filled: Project, model, settings, sign_in, olga
) -> None:
    other = make_project("Elsewhere")
    pair, training = make_pair(other), trained(other, model, [], settings)
    client, address = sign_in(olga), reverse("annotations:evaluation_launch", args=[filled.pk])
    for key in (f"run-{pair.shown_run_id}", f"training-{training.pk}"):
        assert key not in client.get(f"{address}?system={key}").content.decode()
        client.post(address, FORM | {"system": key})
    assert not filled.evaluations.exists()


def test_text_from_outside_stays_text(project: Project, sign_in, olga, folders: Path) -> None:
    words = f"{HOSTILE} Ruiz vive en -DOCSTART- {HOSTILE}"
    pair = make_pair(project, target=words, domain=HOSTILE)
    review(pair, olga)
    run = pair.shown_run
    run.signature = HOSTILE
    run.save()
    named = {"kind": "model", "tagger": "huggingface", "options": {"model": f"../{HOSTILE}"}}
    evaluation = done(launch(project, run_system(run)))
    Evaluation.objects.filter(pk=evaluation.pk).update(baseline=named, domains=[HOSTILE], stage=HOSTILE)
    client = sign_in(olga)
    assert evaluation.status == "done"
    addresses = [
        evaluation.get_absolute_url(),
        reverse("annotations:evaluation_sentences", args=[evaluation.pk]),
    ]
    for page in (client.get(address).content.decode() for address in addresses):
        assert HOSTILE not in page and "&lt;script&gt;" in page
    assert HOSTILE not in client.get(reverse("annotations:trainings", args=[project.pk])).content.decode()
