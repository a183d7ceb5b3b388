"""Small real rows for tests: a cast of people, a project, pairs with the candidates of a finished run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from django.conf import settings

from annotations.models import (
    BulkChange,
    Candidate,
    Evaluation,
    FastLane,
    GapReport,
    Membership,
    PairResult,
    Project,
    ProjectionRun,
    RunComparison,
    RunDisagreement,
    SentencePair,
    SourceEntity,
    TrainingRun,
    User,
)
from annotations.systems import run_system
from annotations.tokens import join_tokens, locate_tokens

Span = tuple[int, int]
_numbers = count(1)


def make_user(name: str = "", **fields) -> User:  # noqa: ANN003
    return User.objects.create_user(name or f"user-{next(_numbers)}", password="secret", **fields)


def make_project(name: str = "", **members: User) -> Project:
    """A project with one member per role: make_project(owner=olga, annotator=ana)."""
    owner = members.get("owner") or make_user()
    project = Project.objects.create(name=name or f"Project {next(_numbers)}", created_by=owner)
    for role, user in members.items():
        Membership.objects.create(project=project, user=user, role=role)
    return project


def make_run(project: Project, language: str = "es") -> ProjectionRun:
    return ProjectionRun.objects.create(
        project=project,
        target_language=language,
        tagger="spacy",
        aligner="simalign",
        method="ngram-candidates",
        status=ProjectionRun.Status.DONE,
        signature="test signature",
        created_by=project.created_by,
    )


def make_comparison(first: ProjectionRun, second: ProjectionRun) -> RunComparison:
    """Asked for, and not done yet."""
    return RunComparison.objects.create(project=first.project, first=first, second=second)


def make_pair(
    project: Project,
    source: str = "Ana Ruiz lives in Madrid .",
    target: str = "Ana Ruiz vive en Madrid .",
    suggestions: Sequence[tuple[Span, Span | None, str]] = (((0, 2), (0, 2), "PER"), ((4, 5), (4, 5), "LOC")),
    *,
    language: str = "es",
    run: ProjectionRun | None = None,
    alternatives: dict[int, Sequence[Span]] | None = None,
    confidence: float = 0.9,
    links: Sequence[tuple[int, int]] | None = None,
    text: str = "",
    **fields,  # noqa: ANN003
) -> SentencePair:
    """A pair as a finished run leaves it.

    suggestions: (source span, target span or None for a missing one, label), in source order.
    alternatives: number of the suggestion -> spans of rank 1, 2, ...; text: the target, where its tokens
    are not joined by single spaces.
    """
    source_text, source_offsets = join_tokens(source.split(" "))
    target_tokens = target.split(" ")
    target_text, target_offsets = join_tokens(target_tokens)
    if text:
        target_text, target_offsets = text, locate_tokens(text, target_tokens)
    run = run or project.runs.filter(target_language=language).first() or make_run(project, language)
    pair = SentencePair.objects.create(
        project=project,
        source_language="en",
        target_language=language,
        source_text=source_text,
        source_offsets=source_offsets,
        target_text=target_text,
        target_offsets=target_offsets,
        has_source_labels=True,
        fingerprint=f"{next(_numbers):064d}",
        status=fields.pop("status", SentencePair.Status.SUGGESTED),
        priority=fields.pop("priority", 1 - confidence),
        shown_run=run,
        **fields,
    )
    links = (
        links
        if links is not None
        else [(i, i) for i in range(min(len(source.split(" ")), len(target_tokens)))]
    )
    PairResult.objects.create(
        run=run,
        pair=pair,
        status=PairResult.Status.DONE,
        link_sources=[i for i, _ in links],
        link_targets=[j for _, j in links],
        link_scores=[0.9 for _ in links],
    )
    for number, (source_span, target_span, label) in enumerate(suggestions):
        entity = SourceEntity.objects.create(pair=pair, start=source_span[0], end=source_span[1], label=label)
        for rank, span in enumerate([target_span, *(alternatives or {}).get(number, ())]):
            Candidate.objects.create(
                run=run,
                pair=pair,
                source_entity=entity,
                rank=rank,
                start=span[0] if span else None,
                end=span[1] if span else None,
                label=label,
                score=1.0 - rank / 10,
                confidence=confidence if rank == 0 else None,
                margin=0.5 if rank == 0 else None,
                reason="close-call" if rank == 0 and confidence < 0.6 else "",
            )
    return pair


def make_training(project: Project, **fields) -> TrainingRun:  # noqa: ANN003
    """A training that waits for a worker, its sentences not yet written."""
    return TrainingRun.objects.create(
        project=project, created_by=project.created_by, folder="trainings/none", **fields
    )


def make_gap_report(project: Project, folder: str = "gap-reports/one", **fields) -> GapReport:  # noqa: ANN003
    """A saved report of one system on one sentence, with its files below MEDIA_ROOT."""
    match = {"value": 0.5, "low": 0.4, "high": 0.6}
    cell = {"system": "a", "domain": "news", "noise": "clean", "severity": 0.0, "jaccard": match}
    noisy = cell | {"noise": "typos & co", "severity": 0.1, "robustness": match, "faults": {}}
    gap = {"specific": "a", "general": "a", "domain": "news", "noise": "clean", "severity": 0.0, "gap": match}
    report = {
        "signature": "abc",
        "command": "manage.py gap_report",
        "systems": {"a": "tagger a"},
        "domains": {"news": {"sentences": 1, "entities": 1}},
        "pairs": [["a", "a"]],
        "cells": [cell | {"robustness": match, "faults": {"missed": 1}}, noisy],
        "areas": [{"system": "a", "domain": "news", "noise": "typos & co", "area": match}],
        "gaps": [gap, gap | {"noise": "typos & co", "severity": 0.1, "difference_in_differences": match}],
    }
    row = {
        "system": "a",
        "domain": "news",
        "noise": "clean",
        "severity": 0.0,
        "tokens": ["Ana", "sings"],
        "gold": [[0, 1, "PER"]],
        "predicted": [],
        "faults": [{"stage": "missed", "span": [0, 1], "label": "PER", "gold": True}],
    }
    path = Path(settings.MEDIA_ROOT, folder)
    path.mkdir(parents=True, exist_ok=True)
    (path / "sentences.jsonl").write_text(json.dumps(row) + "\n")
    (path / "news.es.conll").write_text("x")
    made = {"name": "First", "signature": "abc", "report": report, "folder": folder, "status": "done"}
    return GapReport.objects.create(project=project, **(made | fields))


def make_evaluation(pair: SentencePair, folder: str = "evaluations/one", **fields) -> Evaluation:  # noqa: ANN003
    """An evaluation that is done: the pair's run got a label wrong and missed a name, a model was right."""
    from workers.evaluation.data import TestSet
    from workers.evaluation.report import ReportSettings, build_report, faulty_rows

    tokens, language = [pair.target_tokens] * 2, pair.target_language
    gold = [["B-PER", "I-PER", "O", "O", "B-LOC", "O"]] * 2
    found = [["B-PER", "I-PER", "O", "O", "B-ORG", "O"], ["O", "O", "O", "O", "B-LOC", "O"]]
    test = TestSet(tokens, gold, {"language": [language] * 2, "domain": ["news", "web"]}, [pair.pk] * 2)
    settings_of = ReportSettings(n_bootstrap=50)
    report = build_report(test, found, gold, seen={("Madrid",): 3}, settings=settings_of)
    path = Path(settings.MEDIA_ROOT, folder)
    path.mkdir(parents=True, exist_ok=True)
    rows = faulty_rows(test, found, gold, settings_of)
    (path / "sentences.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name in ("news.es.conll", "gold.jsonl", "predicted.jsonl", "baseline.jsonl", "report.json"):
        (path / name).write_text("x")
    made = {
        "project": pair.project,
        "created_by": pair.project.created_by,
        "system": run_system(pair.shown_run),
        "baseline": {"kind": "model", "tagger": "huggingface", "options": {"model": "some/model"}},
        "status": Evaluation.Status.DONE,
        "limit": 5,
        "n_sentences": 2,
        "facts": {
            **{"n_reviewed": 9, "n_without_result": 1, "n_learnt": 2, "n_left": 6},
            **{"n_taken": 2, "n_chosen_by": 1, "n_shown": 1},
        },
        "report": report | {"systems": ["test signature", "huggingface:1"], "signature": "abc"},
        "signature": "abc",
        "folder": folder,
    }
    return Evaluation.objects.create(**made | fields)


def make_run_disagreement(pair: SentencePair) -> RunDisagreement:
    """As a report leaves it: the shown run would label the first entity of the gold differently."""
    return RunDisagreement.objects.create(
        project=pair.project,
        pair=pair,
        run=pair.shown_run,
        review=pair.reviews.get(),
        position=0,
        gold_start=0,
        gold_end=2,
        gold_label="PER",
        start=0,
        end=2,
        label="ORG",
    )


def make_bulk(project: Project) -> BulkChange:
    """A step that changed nothing, as its person left it."""
    return BulkChange.objects.create(
        project=project,
        actor=project.created_by,
        kind=BulkChange.Kind.CONSISTENCY,
        status=BulkChange.Status.DONE,
    )


def make_lane(pair: SentencePair) -> FastLane:
    """A check of one sentence that nobody has answered."""
    sample = [{"pair": pair.pk, "items": [[0, 2, "PER"]], "is_seeded": False}]
    return FastLane.objects.create(
        project=pair.project,
        person=pair.project.created_by,
        run=pair.shown_run,
        threshold=0.9,
        sample=sample,
        n_seeded=0,
    )
