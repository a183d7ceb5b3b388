"""`manage.py doctor`: what is wrong with this installation, and how to mend it."""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connection
from django.utils import timezone

from projector_site.operations.backup import server_version
from projector_site.operations.health import broker_answers, pending_migrations

GRADES = OK, WARNING, FAULT = ("ok", "warning", "fault")
OLDEST_POSTGRESQL = 15
LEAST_FREE_BYTES = 2_000_000_000
LARGEST_CLOCK_DIFFERENCE_S = 5
SHORTEST_KEY = 50
LOCAL_NAMES = {"localhost", "127.0.0.1", "[::1]"}
WORKER_ANSWERS_WITHIN_S = 2.0


@dataclass(frozen=True, slots=True)
class Finding:
    """grade: OK, WARNING (it runs, but) or FAULT (it does not). mend: what to do, "" when nothing is."""

    subject: str
    grade: str
    text: str
    mend: str = ""


def examine() -> Iterator[Finding]:
    """One finding after the other; what needs the database is left out when that does not answer."""
    yield from look_at_packages()
    yield from look_at_folder()
    yield from look_at_settings()
    yield from look_at_addresses()
    yield from look_at_models()
    found = list(look_at_database())
    yield from found
    if found[0].grade != FAULT:
        yield from look_at_runs()
    yield from look_at_workers()


def look_at_packages() -> Iterator[Finding]:
    wrong = [
        f"{name} {installed or 'is missing'} (wanted {wanted})"
        for name, wanted in pinned_packages()
        if (installed := installed_version(name)) != wanted
    ]
    if wrong:
        yield Finding("packages", FAULT, "; ".join(wrong), "pip install -r requirements.txt")
    else:
        yield Finding("packages", OK, "as requirements.txt asks for")


def pinned_packages() -> list[tuple[str, str]]:
    """(name, version) of the lines of requirements.txt that name a version."""
    lines = (Path(settings.BASE_DIR) / "requirements.txt").read_text().splitlines()
    return [(m[1], m[2]) for line in lines if (m := re.match(r"([\w-]+)(?:\[[\w,]+\])?==([\w.+]+)", line))]


def installed_version(name: str) -> str:
    try:
        return version(name).split("+")[0]
    except PackageNotFoundError:
        return ""


def look_at_folder() -> Iterator[Finding]:
    folder = settings.DATA_FOLDER
    media = Path(settings.MEDIA_ROOT)
    if not media.is_dir() or not os.access(media, os.W_OK):
        yield Finding(
            "files",
            FAULT,
            f"{media} cannot be written",
            "make it, owned by the account that runs the site, or name another with PROJECTOR_DATA",
        )
        return
    free = shutil.disk_usage(media).free
    if free < LEAST_FREE_BYTES:
        yield Finding("files", WARNING, f"{free / 1e9:.1f} GB are free on the disk of {media}", "make room")
    else:
        yield Finding("files", OK, f"{media}, {free / 1e9:.0f} GB free")
    for secret in (folder.secret_key_file, folder.postgres_password_file):
        if secret.exists() and stat.S_IMODE(secret.stat().st_mode) & 0o077:
            yield Finding("secrets", FAULT, f"others can read {secret}", f"chmod 600 {secret}")
    if not (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
        mend = "python manage.py collectstatic --noinput"
        yield Finding("static files", FAULT, "they were not collected", mend)


def look_at_settings() -> Iterator[Finding]:
    problems = checks.run_checks(include_deployment_checks=settings.HTTPS)
    for problem in problems:
        grade = FAULT if problem.level >= checks.ERROR else WARNING
        yield Finding("settings", grade, f"{problem.id}: {problem.msg}", problem.hint or "")
    if not problems:
        note = "" if settings.HTTPS else " (HTTPS is off: not for others to reach over a network)"
        yield Finding("settings", OK, f"nothing to say{note}")


def look_at_addresses() -> Iterator[Finding]:
    """Secrets and names that only show their fault once others come by."""
    if len(settings.SECRET_KEY) < SHORTEST_KEY:
        text = f"SECRET_KEY has {len(settings.SECRET_KEY)} characters"
        yield Finding("secrets", WARNING, text, f"use {SHORTEST_KEY} random ones; people sign in anew then")
    names = set(settings.ALLOWED_HOSTS)
    if "*" in names:
        mend = "name the site in ALLOWED_HOSTS"
        yield Finding("addresses", WARNING, "ALLOWED_HOSTS takes any name", mend)
    elif settings.HTTPS and names <= LOCAL_NAMES:
        text = f"ALLOWED_HOSTS has only {', '.join(sorted(names))}: behind the proxy every page is refused"
        yield Finding("addresses", FAULT, text, "add the name that people use")
    for origin in settings.CSRF_TRUSTED_ORIGINS:
        if origin.startswith("https:") != settings.HTTPS:
            text = f"CSRF_TRUSTED_ORIGINS has {origin}, and HTTPS is {'on' if settings.HTTPS else 'off'}"
            yield Finding("addresses", WARNING, text, "let both say how people reach the site")
    if settings.DEBUG:
        yield Finding("settings", FAULT, "DEBUG shows the inside to whoever meets an error", "unset DEBUG")


def look_at_models() -> Iterator[Finding]:
    """The folders that runs may name models of; the default one need not be there."""
    default = settings.DATA_FOLDER.root / "models"
    for folder in settings.MODEL_FOLDERS:
        if folder.is_dir() and os.access(folder, os.R_OK | os.X_OK):
            yield Finding("models", OK, f"{folder}, {sum(1 for _ in folder.iterdir())} entries")
        elif folder.exists() or folder != default:
            mend = "make it, readable by the account of the workers, or leave it out of MODEL_FOLDERS"
            yield Finding("models", FAULT, f"{folder} is no folder that can be read", mend)


def look_at_database() -> Iterator[Finding]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_encoding'), clock_timestamp()")
            encoding, clock = cursor.fetchone()
        major = server_version()
        pending = pending_migrations()
    except DatabaseError as error:
        where = "start `manage.py up`" if settings.EMBEDDED_DATABASE else "look at DATABASE_URL"
        reason = " ".join(str(error).split())
        yield Finding("database", FAULT, f"does not answer: {reason}", f"{where}, and at the server")
        return
    if major < OLDEST_POSTGRESQL:
        yield Finding("database", FAULT, f"PostgreSQL {major}", f"use {OLDEST_POSTGRESQL} or newer")
    elif encoding != "UTF8":
        mend = "make the database with ENCODING 'UTF8'"
        yield Finding("database", FAULT, f"its encoding is {encoding}", mend)
    else:
        yield Finding("database", OK, f"PostgreSQL {major}, {encoding}")
    if pending:
        text = f"{len(pending)} migrations are to be run, first {pending[0]}"
        yield Finding("schema", FAULT, text, "python manage.py migrate")
    else:
        yield Finding("schema", OK, "as this release wants it")
    difference = abs((timezone.now() - clock).total_seconds())
    if difference > LARGEST_CLOCK_DIFFERENCE_S:
        text = f"{difference:.0f} s between this machine's clock and the database's"
        yield Finding("clock", WARNING, text, "let both keep their time (NTP)")


def look_at_runs() -> Iterator[Finding]:
    """Runs that should go on and do not."""
    from annotations.models import ProjectionRun, RunChunk

    try:
        for run in ProjectionRun.objects.active().select_related("project"):
            chunks = RunChunk.objects.filter(run=run)
            if chunks.exists() and not chunks.held().exists():
                text = f"run {run.pk} of {run.project} is {run.status} and nobody works on it"
                yield Finding("runs", WARNING, text, "start a worker for its queue, or cancel it on its page")
    except DatabaseError as error:
        yield Finding("runs", FAULT, " ".join(str(error).split()), "python manage.py migrate")


def look_at_workers() -> Iterator[Finding]:
    if not broker_answers():
        where = "start `manage.py up`" if settings.EMBEDDED_BROKER else "look at CELERY_BROKER_URL"
        yield Finding("broker", FAULT, "does not answer", f"{where}, and at the server")
        return
    yield Finding("broker", OK, "answers")
    from projector_site.celery import app

    queues = app.control.inspect(timeout=WORKER_ANSWERS_WITHIN_S).active_queues() or {}
    if not queues:
        mend = "celery -A projector_site worker --queues cpu"
        yield Finding("workers", FAULT, "none answers: runs, imports and exports wait", mend)
    for name, served in queues.items():
        yield Finding("workers", OK, f"{name} serves {', '.join(sorted(q['name'] for q in served))}")


def worst(findings: list[Finding]) -> str:
    """The gravest grade among them."""
    return max((finding.grade for finding in findings), key=GRADES.index, default=OK)
