"""How many statements each page may ask of the database: a stated number, however many rows there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from annotations.actions.discussion import add_comment, toggle_verdict
from annotations.actions.exports import make_export, promise_export
from annotations.actions.guidelines import keep_guidelines
from annotations.actions.import_work import rejected_path
from annotations.actions.invitations import make_invitation
from annotations.actions.review import Seen, accept_review, flag_review, note_review
from annotations.export.options import ExportOptions
from annotations.models import (
    Assignment,
    Disagreement,
    ImportBatch,
    Membership,
    NameUse,
    PairResult,
    ProjectReport,
    RunChunk,
    RunDifference,
    TrainingRun,
    WorkerReport,
)
from annotations.urls import urlpatterns
from factories import (
    make_bulk,
    make_comparison,
    make_evaluation,
    make_gap_report,
    make_lane,
    make_pair,
    make_project,
    make_run,
    make_run_disagreement,
    make_training,
    make_user,
)

FEW, MANY = 3, 12

# The most statements that a page may take, session and user included; MOST_OTHERWISE for those not here.
MOST = {"run": 12, "run_progress": 11, "models": 11, "names": 8}
MOST_OTHERWISE = 10
# Pages of the site that are not the product's own.
OTHERS = ("/admin/", "/password/")
FIGURES: dict[str, Any] = {
    "version": 2,
    "throughput": [],
    "decisions": {"label": [], "method": [], "language": [], "run": []},
    "verdicts": {"by_method": {}, "by_kind": {}},
    "calibration": [],
    "agreement": {
        "overall": dict.fromkeys(
            ("span_f1", "alpha", "fleiss", "fleiss_pairs", "fleiss_raters", "link_f1", "link_pairs"), 0
        ),
        "by_week": [],
        "by_label": [],
        "by_people": [],
    },
    "people": [],
}


class World:
    """A project that grows in everything a page may list."""

    def __init__(self) -> None:
        self.owner = make_user("owner", is_staff=True, is_superuser=True)
        self.ana = make_user("ana")
        self.project = make_project("News", owner=self.owner, annotator=self.ana)
        self.run = make_run(self.project)
        self.told = make_pair(self.project)  # whose history, comments and events grow
        self.training = make_training(self.project)
        self.gap_report = make_gap_report(self.project)
        self.evaluation = make_evaluation(self.told)
        accept_review(pair=self.told, reviewer=self.owner, seen=Seen(version=0, run=self.told.shown_run_id))
        options = ExportOptions(format="conll2003")
        self.export = promise_export(project=self.project, user=self.owner, options=options)
        make_export(self.export.pk)
        self.export.refresh_from_db()
        self.batch = ImportBatch.objects.create(
            **{"project": self.project, "created_by": self.owner, "status": "done", "format": "jsonl"},
            staged_path="imports/one",
        )
        rejected_path(self.batch).parent.mkdir(parents=True)
        rejected_path(self.batch).write_bytes(b"PK")
        self.comparison = make_comparison(make_run(self.project), make_run(self.project))
        ProjectReport.objects.create(
            project=self.project, kind="figures", status="ready", data=FIGURES, finished_at=timezone.now()
        )
        self.bulk = make_bulk(self.project)
        self.lane = make_lane(make_pair(self.project))
        self.n = 0

    def grow(self, n: int) -> None:
        for number in range(self.n, n):
            self._add_people(number)
            self._add_work(number)
            self._add_files()
        self.n = n
        spans = [((k, k + 1), (k, k + 1), "PER") for k in range(n)]
        words = " ".join(f"word{k}" for k in range(n))
        self.pair = make_pair(self.project, words, words, spans)  # the sentence on the review page
        names = [{"name": f"name {k}", "language": "es", "n": 2, "decisions": []} for k in range(n)]
        for kind, data in (("names", {"names": names}), ("rerun", {})):
            ProjectReport.objects.create(
                project=self.project, kind=kind, status="ready", data=data, finished_at=timezone.now()
            )

    def _add_people(self, number: int) -> None:
        person = make_user(f"person-{number}")
        Membership.objects.create(project=self.project, user=person)
        make_project(f"Other {number}", owner=self.owner)
        make_invitation(project=self.project, created_by=self.owner, role="viewer")
        Assignment.objects.create(
            project=self.project, assignee=person, created_by=self.owner, choice={}, n_pairs=1
        )
        self.project.guidelines = f"Rules {number}"
        keep_guidelines(project=self.project, author=self.owner)
        WorkerReport.objects.create(worker=f"w{number}", pid=number + 1, started_at=timezone.now())

    def _add_work(self, number: int) -> None:
        waiting, done = make_pair(self.project), make_pair(self.project)
        accept_review(pair=done, reviewer=self.ana, seen=Seen(0, done.shown_run_id))
        flag_review(pair=waiting, reviewer=self.ana, seen=Seen(0, waiting.shown_run_id), note="Why?")
        note_review(
            pair=self.told,
            reviewer=self.owner,
            seen=Seen(number + 1, self.told.shown_run_id),
            note=str(number),
        )
        add_comment(pair=self.told, author=self.ana, text="Why?")
        toggle_verdict(pair=done, reviewer=self.ana, kind="dropped", position=None)
        Disagreement.objects.create(
            pair=done, project=self.project, reviewers=[self.ana.pk, self.owner.pk], f1=0.5
        )
        make_run_disagreement(done)
        review = done.reviews.get()
        NameUse.objects.create(
            **{"project": self.project, "language": "es", "name": "madrid", "pair": done},
            **{"review": review, "position": 1, "words": f"Madrid {number % 2}", "label": "LOC"},
        )
        make_lane(done)
        RunDifference.objects.create(comparison=self.comparison, pair=done)

    def _add_files(self) -> None:
        make_comparison(self.run, make_run(self.project))
        failed = make_pair(self.project, status="new")
        PairResult.objects.filter(pair=failed, run=self.run).update(status="failed", message="x")
        RunChunk.objects.create(
            run=self.run,
            first_pair_id=failed.pk,
            last_pair_id=failed.pk,
            n_pairs=1,
            status="failed",
            signature=f"signature {failed.pk}",
        )
        type(self.run).objects.filter(pk=self.run.pk).update(n_failed=1, n_done=1, n_pairs=1)
        self.batch.pk = None
        self.batch.save()
        self.export.pk = None
        self.export.save()
        TrainingRun.objects.update(status="done")
        make_training(self.project, status="done")
        make_gap_report(self.project)
        make_evaluation(self.told)

    def addresses(self) -> dict[str, str]:
        """Name to address of every page, those of Django admin included."""
        project = self.project
        values = {
            "project_id": project.pk,
            "pair_id": self.pair.pk,
            "run_id": self.run.pk,
            "comparison_id": self.comparison.pk,
            "batch_id": self.batch.pk,
            "export_id": self.export.pk,
            "training_id": self.training.pk,
            "report_id": self.gap_report.pk,
            "evaluation_id": self.evaluation.pk,
            "lane_id": self.lane.pk,
            "bulk_id": self.bulk.pk,
            "kind": "figures",
            "form": "csv",
            "name": "news.es.conll",
            "member_id": project.memberships.earliest("pk").pk,
            "invitation_id": project.invitations.earliest("pk").pk,
            "comment_id": project.comments.earliest("pk").pk,
            "disagreement_id": project.run_disagreements.earliest("pk").pk,
        }
        pages = {}
        for pattern in urlpatterns:
            chosen = {key: values[key] for key in pattern.pattern.converters}
            if pattern.name in {"history", "comments"}:
                chosen["pair_id"] = self.told.pk
            pages[pattern.name] = reverse(f"annotations:{pattern.name}", kwargs=chosen)
        pages["name"] += "?language=es&name=madrid&decision=0"
        models = [model for model in admin.site._registry if model._meta.app_label == "annotations"]
        lists = [reverse(f"admin:annotations_{model._meta.model_name}_changelist") for model in models]
        return pages | {address: address for address in [*OTHERS, *lists]}


@pytest.fixture
def world(db: None, settings, tmp_path: Path) -> World:
    settings.MEDIA_ROOT = str(tmp_path)
    return World()


def count_statements(client: Client, address: str) -> tuple[int, int]:
    """Status, and how many statements it took that are not about transactions."""
    with CaptureQueriesContext(connection) as captured:
        status = client.get(address).status_code
    words = [str(query["sql"]).split(maxsplit=1)[0] for query in captured.captured_queries]
    return status, sum(word not in {"SAVEPOINT", "RELEASE", "ROLLBACK"} for word in words)


def test_no_page_takes_more_statements_for_more_rows(world: World, sign_in) -> None:
    client = sign_in(world.owner)
    counts: dict[str, list[int]] = {}
    for n in (FEW, MANY):
        world.grow(n)
        for name, address in world.addresses().items():
            status, n_statements = count_statements(client, address)
            if status != 405:  # of what is only posted to
                assert status in {200, 302}, f"{address}: {status}"
                counts.setdefault(name, []).append(n_statements)
    grown = {name: seen for name, seen in counts.items() if seen[1] > seen[0]}
    assert not grown, f"statements with {FEW} and with {MANY} rows"
    above = {name: max(seen) for name, seen in counts.items() if max(seen) > MOST.get(name, MOST_OTHERWISE)}
    assert not above
