"""A training through a real broker and a real worker: to its end, and on from its checkpoint past kill -9."""

from pathlib import Path

import pytest

from annotations import tasks
from annotations.actions.training import launch_training
from annotations.models import Review, ReviewItem, TrainingRun
from factories import make_pair, make_project
from tests.workers.tiny_models import tiny_xlmr

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def launched(folder: Path, **options) -> TrainingRun:
    """Twenty reviewed sentences and a model of toy size, sent to the workers."""
    project = make_project()
    for number in range(20):
        pair = make_pair(project, document=f"d{number}")
        review = Review.objects.create(
            pair=pair,
            reviewer=project.created_by,
            status=Review.Status.DONE,
            is_gold=True,
            run=pair.shown_run,
        )
        ReviewItem.objects.create(
            review=review, position=0, start=0, end=2, label="PER", state=ReviewItem.State.ACCEPTED
        )
        type(pair).objects.filter(pk=pair.pk).update(status="reviewed")
    base = tiny_xlmr(folder / "tiny", ["Ana Ruiz vive en Madrid ."] * 20, labels=("O", "B-X", "I-X"))
    given = {"model": str(base), "batch_size": 2, "learning_rate": 0.01} | options
    training = launch_training(
        project=project, user=project.created_by, data="gold", dev_percent=50, options=given
    )
    tasks.write_training.delay(training.pk)
    return training


@pytest.fixture(autouse=True)
def of_this_test(monkeypatch, settings, tmp_path: Path) -> None:
    """Dead workers are noticed within seconds; models lie in the test's own folder."""
    monkeypatch.setenv("RUN_LEASE_S", "3")
    monkeypatch.setenv("MODEL_FOLDERS", str(tmp_path))
    settings.MODEL_FOLDERS = [tmp_path]


def test_it_goes_on_when_the_worker_is_killed(start_worker, wait_until, tmp_path: Path) -> None:
    worker = start_worker()
    training = launched(tmp_path, epochs=40, patience=40)

    def has_scores() -> bool:
        training.refresh_from_db()
        return any("dev_f1" in point for point in training.curve)

    wait_until(has_scores, why="an epoch is scored", within_s=150)
    worker.kill()
    training.refresh_from_db()
    before = training.step
    start_worker()

    def has_ended() -> bool:
        training.refresh_from_db()
        return not training.is_active

    wait_until(has_ended, why="the training has ended", within_s=200)
    assert (training.status, training.error) == ("done", "")
    assert training.step > before and training.scores["n_sentences"] == training.n_dev
    assert (Path(training.model_folder) / "model.safetensors").is_file()
