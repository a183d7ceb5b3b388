"""Two addresses for load balancers and supervisors: does the process answer, and can it do its work?

Both are open to anybody and say nothing that a stranger could use: words, no addresses and no versions.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu import Connection
from kombu.exceptions import OperationalError as BrokerError

BROKER_ANSWERS_WITHIN_S = 2


@require_safe
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """200 while this process answers requests; it asks nobody else."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """200 when database and broker answer and the schema is this release's, else 503 and what is wrong."""
    parts = {name: look() for name, look in PARTS.items()}
    is_ready = all(answer == "ok" for answer in parts.values())
    parts["status"] = "ok" if is_ready else "unavailable"
    return JsonResponse(parts, status=200 if is_ready else 503)


def look_at_database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "does not answer"
    return "ok"


def look_at_schema() -> str:
    """Whether every migration of this release was run. What was once true stays true for the process."""
    if not _schema_was_seen_complete:
        try:
            if pending_migrations():
                return "migrations are to be run"
        except DatabaseError:
            return "unknown"
        _schema_was_seen_complete.append(True)
    return "ok"


def look_at_broker() -> str:
    return "ok" if broker_answers() else "does not answer"


def pending_migrations() -> list[str]:
    """Names of migrations that the database has not seen, in the order in which they would run."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def broker_answers() -> bool:
    timeouts = dict.fromkeys(("socket_timeout", "socket_connect_timeout"), BROKER_ANSWERS_WITHIN_S)
    with Connection(
        settings.CELERY_BROKER_URL, connect_timeout=BROKER_ANSWERS_WITHIN_S, transport_options=timeouts
    ) as broker:
        try:
            broker.ensure_connection(max_retries=1, timeout=BROKER_ANSWERS_WITHIN_S)
        except (BrokerError, OSError):
            return False
    return True


_schema_was_seen_complete: list[bool] = []
PARTS: dict[str, Callable[[], str]] = {
    "database": look_at_database,
    "schema": look_at_schema,
    "broker": look_at_broker,
}
