"""Each page that looks over many rows, alone, and what workers compute for them; for bench_scale.py."""

from __future__ import annotations

import resource
import time
from urllib.parse import quote

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotations.actions.reports import make_report, promise_report
from annotations.models import Project, ProjectReport, ReviewEvent, User


def pages_of(project: Project) -> dict[str, str]:
    """Name to address of the pages that look over many rows."""
    at = f"/projects/{project.pk}"
    event = ReviewEvent.objects.filter(review__pair__project=project).latest("pk")
    pair = event.review.pair
    chosen = {
        **{f"queue {order}": f"?order={order}" for order in ("hardest", "easiest", "corpus")},
        **{f"queue of {label}": f"?label={label}" for label in ("PER", "MISC")},
        **{f"queue {doubt}": f"?doubt={doubt}" for doubt in ("missing", "disputed", "extra", "names")},
        "queue of a language": "?language=sw&order=hardest",
        "queue of the skipped": "?skipped=on",
    }
    searched = {
        "search, frequent word": "?q=said",
        "search, rare words": f"?q={quote(' '.join(pair.target_tokens[:3]))}",
        "search, nothing found": "?q=xyzzy",
        "list of a label": "?label=MISC",
        "list of a reviewer": "?reviewer=scale-3",
        "list of the flagged": "?status=flagged",
        "list of a document": f"?document={pair.document}",
        "list of a name": f"?id={pair.external_id}",
        "list, far in": f"?after={pair.pk}",
    }
    return {
        "home": "/",
        "project": f"{at}/",
        **{name: f"{at}/review/{query}" for name, query in chosen.items()},
        "sentence": f"/sentences/{pair.pk}/",
        "history": f"/sentences/{pair.pk}/history/",
        "sentences": f"{at}/sentences/",
        **{name: f"{at}/sentences/{query}" for name, query in searched.items()},
        **{
            name: f"{at}/{name}/"
            for name in (
                *("figures", "names", "rerun", "fast-lane", "flags", "comments", "disagreements"),
                *("people", "assignments", "runs", "imports", "exports", "activity", "adjudicate"),
            )
        },
        "run": f"/runs/{project.runs.latest('pk').pk}/",
        "fast lane count": f"{at}/fast-lane/?threshold=0.9",
        "export count": f"{at}/exports/count/?format=conll2003&scheme=IOB2&seed=0",
        **{
            f"admin {table}": f"/admin/annotations/{table}/"
            for table in ("sentencepair", "candidate", "review", "reviewevent", "projectionrun", "project")
        },
    }


def promote(project: Project, user: User) -> User:
    """Make somebody an owner who may look into Django admin as well."""
    project.memberships.update_or_create(user=user, defaults={"role": "owner"})
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    return user


def measure_pages(project: Project, only: str) -> None:
    """Each page in this process: statements, seconds of them, seconds of processor time, bytes."""
    settings.ALLOWED_HOSTS = ["*"]
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    client = Client(raise_request_exception=False)
    client.force_login(promote(project, project.created_by))
    print(
        "| page | status | statements | ms in them | ms of processor here | kB |\n|---|---|---|---|---|---|"
    )
    for name, address in pages_of(project).items():
        if only not in name:
            continue
        client.get(address)  # what is loaded once
        started = time.process_time()
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(address)
            size = len(answer.getvalue() if answer.streaming else answer.content)
        spent = 1000 * (time.process_time() - started)
        waited = 1000 * sum(float(query["time"]) for query in captured.captured_queries)
        n = len(captured.captured_queries)
        print(f"| {name} | {answer.status_code} | {n} | {waited:.0f} | {spent:.0f} | {size / 1000:.0f} |")


def measure_reports(project: Project) -> None:
    """What workers compute for the dashboard and the names."""
    for kind in ProjectReport.Kind.values:
        ProjectReport.objects.filter(project=project, kind=kind, status="working").delete()
        report = promise_report(project, kind)
        assert report is not None
        started = time.perf_counter()
        make_report(report.pk)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"report {kind}: {time.perf_counter() - started:.1f} s, {peak:.0f} MB at most")
