"""Put life into the demo corpus of a running site: what every page needs to have something to show.

Real runs, a real training and a real gap report by the site's workers; people who agree, differ, ask and
comment, through the same actions as the pages. Once is enough for a data folder; `screenshots.py --furnish`
does it.
"""

from __future__ import annotations

import random
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone

from annotations import tasks
from annotations.actions.adjudication import PICK, SeenReviews, adjudicate
from annotations.actions.assignment import Choice, assign_pairs
from annotations.actions.bulk import begin_bulk
from annotations.actions.comparisons import ask_comparison, compare
from annotations.actions.discussion import add_comment, toggle_verdict
from annotations.actions.evaluation import launch_evaluation
from annotations.actions.exports import make_export, promise_export
from annotations.actions.fast_lane import answer_lane, open_lane, pairs_to_accept
from annotations.actions.guidelines import keep_guidelines
from annotations.actions.invitations import make_invitation
from annotations.actions.reports import make_report, promise_report
from annotations.actions.review import Seen, accept_review, edit_review, flag_review, skip_review
from annotations.actions.staged_imports import commit_import, stage_import
from annotations.actions.training import launch_training
from annotations.edits import Edit, EditRefused
from annotations.export.options import ExportOptions
from annotations.imports.records import ImportOptions
from annotations.models import (
    BulkChange,
    Evaluation,
    FastLane,
    Project,
    ProjectionRun,
    ProjectReport,
    Review,
    SentencePair,
    TrainingRun,
    User,
)
from annotations.systems import run_system, training_system

NAME = "Demo corpus"
CAST = {"ana": "annotator", "ben": "annotator", "chi": "adjudicator", "vera": "viewer"}
BAD_LINES = "The mayor of Lima resigned.\tEl alcalde de Lima dimitió.\nonly one column\n\t\n"


def furnish(password: str) -> None:
    """Fill the demo corpus, whose owner gets the password."""
    dice = random.Random(7)  # noqa: S311 (no secret: the same people say the same things every time)
    project = Project.objects.get(name=NAME)
    owner = project.created_by
    owner.set_password(password)
    owner.save()
    people = {name: join(project, name, role) for name, role in CAST.items()}
    for language, methods in {"es": ["word-to-word", ""], "ar": [""], "zh": [""]}.items():
        for method in methods:
            options = {"method": method} if method else {}
            call_command("run_projection", project.name, language=language, **options)
    review_as(people["ana"], pairs_of(project, "es")[:40], dice, change=0.2)
    review_as(people["ben"], pairs_of(project, "es")[10:45], dice, change=0.35)
    review_as(people["ana"], pairs_of(project, "ar")[:12], dice, change=0.2)
    review_as(people["ben"], pairs_of(project, "ar")[5:15], dice, change=0.3)
    spread_over_weeks(project)
    talk(project, owner, people)
    decide(project, people["chi"])
    corpus_work(project, owner)
    files(project, owner)
    learn(project, owner)
    for kind in ProjectReport.Kind.values:
        report = promise_report(project, kind)
        if report is not None:
            make_report(report.pk)


def join(project: Project, name: str, role: str) -> User:
    user, _is_new = User.objects.get_or_create(username=name, defaults={"email": f"{name}@example.org"})
    project.memberships.get_or_create(user=user, defaults={"role": role})
    return user


def pairs_of(project: Project, language: str) -> list[SentencePair]:
    return list(project.pairs.filter(target_language=language, shown_run__isnull=False).order_by("pk"))


def review_as(person: User, pairs: list[SentencePair], dice: random.Random, *, change: float) -> None:
    """Finish the pairs; in some of them change something first: an edge, a label, or take one out."""
    for pair in pairs:
        version = 0
        if dice.random() < change:
            edits = [Edit("end-in", "", 0), Edit("label", "MISC", 0), Edit("reject", "", 0)]
            try:
                seen = Seen(0, pair.shown_run_id)
                edit_review(pair=pair, reviewer=person, seen=seen, edit=dice.choice(edits))
                version = 1
            except EditRefused:
                version = 0
        try:
            accept_review(pair=pair, reviewer=person, seen=Seen(version, pair.shown_run_id))
        except EditRefused:
            skip_review(pair=pair, reviewer=person, seen=Seen(version, pair.shown_run_id))


def spread_over_weeks(project: Project) -> None:
    """The reviews end over six weeks, as if people had worked on them now and then."""
    for number, review in enumerate(Review.objects.filter(pair__project=project).order_by("pk")):
        done_at = timezone.now() - timedelta(days=42 - number * 42 // 100)
        Review.objects.filter(pk=review.pk, status="done").update(done_at=min(done_at, timezone.now()))


def talk(project: Project, owner: User, people: dict[str, User]) -> None:
    waiting = list(project.pairs.awaiting_review().filter(target_language="es").order_by("pk"))
    for pair, note in zip(waiting, ["Is a brand a name?", "The translation lacks half of it."], strict=False):
        flag_review(pair=pair, reviewer=people["ana"], seen=Seen(0, pair.shown_run_id), note=note)
        add_comment(pair=pair, author=people["ben"], text="I would say so: see the guidelines, “works”.")
        add_comment(pair=pair, author=people["ana"], text="Then every one of them is.\nI change mine.")
    for pair, kind in zip(
        pairs_of(project, "es"), ["too-long", "too-short", "wrong-label", "dropped"], strict=False
    ):
        toggle_verdict(
            pair=pair, reviewer=people["ana"], kind=kind, position=None if kind == "dropped" else 0
        )
    assign_pairs(project=project, assignee=people["ben"], created_by=owner, choice=Choice(n=8, language="zh"))
    project.guidelines = project.guidelines.rstrip() + "\n\nBrands are names of organisations only as firms."
    project.save(update_fields=["guidelines"])
    keep_guidelines(project=project, author=owner)
    for role, note in [("annotator", "Dana"), ("viewer", "the sponsors")]:
        make_invitation(project=project, created_by=owner, role=role, note=note)


def decide(project: Project, adjudicator: User) -> None:
    """Some of the disagreements; the others stay for the pictures."""
    for row in project.disagreements.order_by("pk")[:4]:
        reviews = list(row.pair.reviews.order_by("pk"))
        gold = next((review.pk for review in reviews if review.is_gold), None)
        seen = SeenReviews(chosen=reviews[-1].pk, version=reviews[-1].version, gold=gold, own=0)
        adjudicate(pair=row.pair, adjudicator=adjudicator, seen=seen, decision=PICK)


def corpus_work(project: Project, owner: User) -> None:
    runs = list(ProjectionRun.objects.filter(project=project, target_language="es").order_by("pk"))
    compare(ask_comparison(first=runs[0], second=runs[-1], user=owner).pk)
    chinese = ProjectionRun.objects.get(project=project, target_language="zh")
    lane = open_lane(run=chinese, person=owner, threshold=0.5)
    answers = ["wrong" if one["is_seeded"] else "right" for one in lane.sample]
    lane = answer_lane(lane=lane, answers=answers)
    accept_some(lane)


def accept_some(lane: FastLane) -> None:
    pairs = pairs_to_accept(lane)[:6]
    detail = {"lane": lane.pk, "threshold": lane.threshold, "run": lane.run_id, "pairs": pairs}
    kind = BulkChange.Kind.FAST_LANE
    begin_bulk(project=lane.project, actor=lane.person, kind=kind, n_wanted=len(pairs), detail=detail)


def files(project: Project, owner: User) -> None:
    make_export(promise_export(project=project, user=owner, options=ExportOptions()).pk)
    options = ImportOptions(source_language="en", target_language="es")
    upload = SimpleUploadedFile("pairs.tsv", BAD_LINES.encode())
    stage_import(project=project, user=owner, uploads={"pairs": upload}, options=options)
    good = SimpleUploadedFile("more.tsv", BAD_LINES.splitlines()[0].encode() + b"\n")
    batch = stage_import(project=project, user=owner, uploads={"pairs": good}, options=options)
    commit_import(batch=batch, keep_good=False, actor=owner)


def learn(project: Project, owner: User) -> None:
    options = {"epochs": 2, "layers": 1, "batch_size": 16}
    training = launch_training(
        project=project, user=owner, data="gold", dev_percent=20, curve_parts=1, options=options
    )
    tasks.write_training.delay(training.pk)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        call_command("export_corpus", project.name, folder, language=["es"], source=True, no_docstart=True)
        gold, source = sorted(folder.glob("*.conll"), key=lambda path: ".source" in path.name)
        words = (
            "--projection soft=soft --projection words=word-to-word --noise typos diacritics --severity 0.2"
        )
        words = f"{words} --limit 12 --bootstrap 200 --domain news={gold},{source} -o {folder / 'report'}"
        call_command("gap_report", *words.split(), project=project.name)
    wait_for(training)
    runs = list(ProjectionRun.objects.filter(project=project, target_language="es").order_by("pk"))
    systems = [training_system(training), run_system(runs[-1])]
    for system, baseline in [(systems[0], systems[1]), (run_system(runs[0]), systems[1])]:
        evaluation = launch_evaluation(
            project=project, user=owner, system=system, baseline=baseline, limit=500, leaves_out_learnt=False
        )
        tasks.write_evaluation.delay(evaluation.pk)
        wait_for(evaluation)


def wait_for(job: TrainingRun | Evaluation) -> None:
    while job.is_active:
        time.sleep(1)
        job.refresh_from_db()
