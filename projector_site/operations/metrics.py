"""Figures for Prometheus at /metrics, for whoever knows METRICS_TOKEN; without one there is no such page.

Requests are counted by every web process in files of the data folder, so that any of them can answer for
all. What is in the database is asked for when Prometheus asks: a few sums over small tables.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from annotations.models import PairCount, Project, ProjectionRun, RunChunk
from projector_site.operations.counting import FOLDER_VARIABLE

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

REQUESTS = Counter("projector_requests", "Requests answered", ["page", "method", "status"])
SECONDS = Histogram("projector_request_seconds", "Time in the server", ["page"], buckets=BUCKETS_S)


class MetricsMiddleware:
    """Counts and times every request by the name of its page, so that ids make no series of their own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.METRICS_TOKEN:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        page = match.view_name if match else "none"
        REQUESTS.labels(page, request.method, response.status_code).inc()
        SECONDS.labels(page).observe(time.perf_counter() - started)
        return response


class DatabaseCollector(Collector):
    """Pairs, runs and chunks by their state."""

    def collect(self) -> Iterable[Metric]:
        totals = PairCount.objects.all().totals()
        pairs = GaugeMetricFamily("projector_pairs", "Sentence pairs", labels=["state"])
        for field, total in totals.items():
            pairs.add_metric([field.removeprefix("n_")], total)
        yield pairs
        yield GaugeMetricFamily("projector_projects", "Projects", value=Project.objects.count())
        yield _by_status("projector_runs", "Projection runs", ProjectionRun.objects.active())
        active_chunks = RunChunk.objects.filter(run__in=ProjectionRun.objects.active())
        yield _by_status("projector_chunks", "Pieces of the runs that are not finished", active_chunks)


def _by_status(name: str, help_text: str, rows) -> GaugeMetricFamily:  # noqa: ANN001
    family = GaugeMetricFamily(name, help_text, labels=["status"])
    for row in rows.values("status").annotate(n=Count("pk")).order_by("status"):
        family.add_metric([row["status"]], row["n"])
    return family


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures as text. Asks for `Authorization: Bearer METRICS_TOKEN`; anybody else finds no page."""
    expected = f"Bearer {settings.METRICS_TOKEN}"
    offered = request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN or not secrets.compare_digest(offered.encode(), expected.encode()):
        raise Http404("no such page")
    registry = CollectorRegistry()
    if os.environ.get(FOLDER_VARIABLE):
        MultiProcessCollector(registry)
    else:
        for metric in (REQUESTS, SECONDS):
            registry.register(metric)
    registry.register(DatabaseCollector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
