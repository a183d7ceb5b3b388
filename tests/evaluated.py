"""Evaluations as a worker makes them, in one call, and the reviews and trainings that they are made of."""

import json
from pathlib import Path

from annotations.actions.evaluation import evaluation_folder, launch_evaluation, write_evaluation
from annotations.models import Evaluation, Project, Review, ReviewItem, TrainingRun
from factories import make_training
from workers.tasks.evaluation import evaluate_systems


def review(pair, olga, spans=((0, 2, "PER"),)) -> None:
    gold = Review.objects.create(
        pair=pair, reviewer=olga, status=Review.Status.DONE, is_gold=True, run=pair.shown_run
    )
    for position, (start, end, label) in enumerate(spans):
        ReviewItem.objects.create(
            review=gold, position=position, start=start, end=end, label=label, state=ReviewItem.State.ACCEPTED
        )
    type(pair).objects.filter(pk=pair.pk).update(status="reviewed")


def launch(project: Project, system: dict, **choices) -> Evaluation:
    given = {"limit": 100} | choices
    return launch_evaluation(project=project, user=project.created_by, system=system, **given)


def written(evaluation: Evaluation) -> Evaluation:
    write_evaluation(evaluation.pk)
    evaluation.refresh_from_db()
    return evaluation


def done(evaluation: Evaluation) -> Evaluation:
    evaluate_systems(written(evaluation).pk)
    evaluation.refresh_from_db()
    return evaluation


def rows(evaluation: Evaluation, name: str = "gold.jsonl") -> list[dict]:
    return [json.loads(line) for line in (evaluation_folder(evaluation) / name).read_text().splitlines()]


def trained(project: Project, folder: str, learnt: list[dict], settings) -> TrainingRun:
    """A training that is done and learnt from these rows; its model is in the folder."""
    training = make_training(project, status="done", model_folder=folder, dev_percent=50)
    path = Path(settings.MEDIA_ROOT, training.folder)
    path.mkdir(parents=True)
    (path / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in learnt))
    (path / "dev.jsonl").write_text("")
    return training
