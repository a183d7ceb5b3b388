"""A project with reviewed sentences, and gap reports asked of it, for the tests of both halves."""

import json
from pathlib import Path

from annotations.actions.gap_inputs import write_gap_inputs
from annotations.actions.gap_launch import launch_gap_report
from annotations.models import GapReport, Project, Review, ReviewItem, SentencePair
from factories import make_pair, make_training
from workers import model_cache


def use_folders(settings, tmp_path: Path, monkeypatch) -> Path:
    """Media and models below tmp_path."""
    monkeypatch.setattr(model_cache, "_policy", model_cache.policy())  # the worker's rules end with the test
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.MODEL_FOLDERS = [tmp_path / "models"]
    return tmp_path


def review(project: Project, number: int, **fields) -> SentencePair:
    """A reviewed sentence in a document of its own; it kept the person of the suggestions."""
    words = fields.pop("words", f"Ana Ruiz vive en Madrid {number}")
    pair = make_pair(project, f"Ana Ruiz lives in Madrid {number}", words, document=f"d{number}", **fields)
    gold = Review.objects.create(
        pair=pair, reviewer=project.created_by, status="done", is_gold=True, run=pair.shown_run
    )
    ReviewItem.objects.create(review=gold, position=0, start=0, end=2, label="PER", state="accepted")
    SentencePair.objects.filter(pk=pair.pk).update(status="reviewed")
    return pair


def fill(project: Project) -> Project:
    """Six reviewed sentences of two domains."""
    for number in range(6):
        review(project, number, domain="news" if number < 4 else "a=b, c")
    return project


def options(**changes) -> dict:
    request = {
        "taggers": [], "projections": [["word-to-word", "word-to-word", {}]], "target_tagger": "",
        "pairs": [], "noises": ["lower"], "severities": [0.5], "where": "both", "seeds": [0],
        "n_bootstrap": 20,
    }  # fmt: skip
    asked = {"trainings": [], "group_by": "domain", "languages": [], "limit": 100, "with_learnt": False}
    asked |= {key: value for key, value in changes.items() if key in asked}
    return asked | {"request": request | {k: v for k, v in changes.items() if k in request}}


def launch(project: Project, **changes) -> GapReport:
    report = launch_gap_report(
        project=project, user=project.created_by, name="First", options=options(**changes)
    )
    write_gap_inputs(report.pk)
    report.refresh_from_db()
    return report


def written(report: GapReport, name: str, settings) -> str:
    return Path(settings.MEDIA_ROOT, report.folder, name).read_text(encoding="utf-8")


def learns_from(project: Project, pairs: list[SentencePair], settings, **fields) -> int:
    training = make_training(project, status="done", **fields)
    path = Path(settings.MEDIA_ROOT, training.folder)
    path.mkdir(parents=True, exist_ok=True)
    rows = [json.dumps({"pair": pair.pk, "target_text": pair.target_text}) for pair in pairs]
    (path / "train.jsonl").write_text("\n".join(rows) + "\n")
    return training.pk
