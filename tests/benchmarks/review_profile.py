"""What an accept cycle costs, played through the real WSGI stack in one process, without a network.

Run as `bench_review.py profile`. CPU time counts, which a busy machine changes less than what a clock says:
of this process, and of the PostgreSQL backend where it runs on this machine.
"""

from __future__ import annotations

import cProfile
import io
import pstats
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import psutil
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.template.backends.django import Template

from annotations.models import Membership, Project, User


def sign_in(user: User) -> str:
    """The key of a new session; signing in itself is not what is measured."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


WARM_UP = 30


class Wsgi:
    """A signed-in browser that speaks WSGI. headers: of the last answer."""

    def __init__(self, user: User) -> None:
        self.session = sign_in(user)
        self.csrf = ""
        self.application = get_wsgi_application()
        self.headers: dict[str, str] = {}

    def send(
        self, method: str, address: str, form: dict | None = None, *, htmx: bool = True
    ) -> tuple[int, str]:
        parts, body = urlsplit(address), urlencode(form or {}).encode()
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost:8000",
            "HTTP_ACCEPT_LANGUAGE": "en",
            "HTTP_COOKIE": f"{settings.SESSION_COOKIE_NAME}={self.session}; csrftoken={self.csrf}",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
        }
        if htmx:
            environ["HTTP_HX_REQUEST"] = "true"
        status = 0

        def start_response(line: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
            nonlocal status
            status, self.headers = int(line.split()[0]), dict(headers)

        answer = self.application(environ, start_response)
        text = b"".join(answer).decode()
        if hasattr(answer, "close"):
            answer.close()
        if cookie := re.search(r"csrftoken=(\w+)", self.headers.get("Set-Cookie", "")):
            self.csrf = cookie[1]
        return status, text


class Reviewer(Wsgi):
    """Accepts sentence after sentence."""

    def __init__(self, project: Project, name: str) -> None:
        user, _ = User.objects.get_or_create(username=name)
        Membership.objects.get_or_create(project=project, user=user, defaults={"role": "annotator"})
        super().__init__(user)
        status, _ = self.send("GET", f"/projects/{project.pk}/review/")
        assert status == 302, status
        _, self.page = self.send("GET", self.headers["Location"])

    def seen(self) -> dict[str, str]:
        """What the form of the page sends."""
        names = {"csrfmiddlewaretoken": r"\w+", "version": r"\d+", "run": r"\d+", "text": r"\d+"}
        found = {
            name: re.search(rf'name="{name}" value="({value})"', self.page) for name, value in names.items()
        }
        return {name: match[1] for name, match in found.items() if match}

    @property
    def pair(self) -> str:
        return re.search(r'data-pair="(\d+)"', self.page)[1]

    def look_ahead(self) -> None:
        status, _ = self.send("POST", f"/sentences/{self.pair}/ahead/", self.seen())
        assert status == 200, status

    def accept(self) -> None:
        status, self.page = self.send("POST", f"/sentences/{self.pair}/accept/", self.seen())
        assert status == 200, self.page[:500]


class Meter:
    """Statements and seconds of SQL and of templates while it is on."""

    def __init__(self) -> None:
        self.statements: Counter[str] = Counter()
        self.seconds: Counter[str] = Counter()

    @contextmanager
    def on(self) -> Iterator[None]:
        def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            started = time.thread_time()
            try:
                return execute(sql, params, many, context)
            finally:
                self.seconds["sql"] += time.thread_time() - started
                self.statements[" ".join(str(sql).split())[:150]] += 1

        render = Template.render

        def timed(template: Template, *args: Any) -> str:
            started, before = time.thread_time(), self.seconds["sql"]
            try:
                return render(template, *args)
            finally:
                within = self.seconds["sql"] - before
                self.seconds["templates"] += time.thread_time() - started - within

        Template.render = timed
        try:
            with connection.execute_wrapper(count):
                yield
        finally:
            Template.render = render


def profile(project: Project, n_cycles: int, *, n_functions: int = 0) -> None:
    """Print what a cycle costs. n_functions: how many of the costliest to list, in a run of its own."""
    reviewer = Reviewer(project, "bench-profile")
    for _ in range(WARM_UP):
        reviewer.accept()
    meter = Meter()
    with meter.on():
        for _ in range(WARM_UP):
            reviewer.accept()
    for name, request in (("accept and next", reviewer.accept), ("look ahead", reviewer.look_ahead)):
        request()
        backend = backend_process()
        used, started, cpu = backend_cpu(backend), time.perf_counter(), time.process_time()
        for _ in range(n_cycles):
            request()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - started
        used = backend_cpu(backend) - used
        per = 1000 / n_cycles
        print(
            f"{name}, {n_cycles} times: {per * cpu:.2f} ms CPU in Python, {per * wall:.1f} ms in all; ",
            end="",
        )
        print(f"PostgreSQL {per * used:.2f} ms" if backend else "PostgreSQL is elsewhere")
    share = {part: 1000 * seconds / WARM_UP for part, seconds in meter.seconds.items()}
    print(f"of accept and next: SQL {share['sql']:.2f} ms, templates {share.get('templates', 0):.2f} ms")
    print(f"page: {len(reviewer.page.encode()):,} bytes")
    print(f"{sum(meter.statements.values()) / WARM_UP:.1f} statements beside BEGIN and COMMIT:")
    for statement, n in meter.statements.most_common():
        print(f"  {n / WARM_UP:.1f} {statement}")
    if n_functions:
        profiler = cProfile.Profile()
        profiler.runcall(lambda: [reviewer.accept() for _ in range(n_cycles)])
        pstats.Stats(profiler).sort_stats("tottime").print_stats(n_functions)


def backend_process() -> psutil.Process | None:
    """The process that serves this connection, if it is on this machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    return psutil.Process(pid) if Path(f"/proc/{pid}").exists() else None


def backend_cpu(process: psutil.Process | None) -> float:
    times = process.cpu_times() if process else None
    return times.user + times.system if times else 0.0
