"""A real Chromium on the live server, and people who are signed in."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotations.models import Project, SentencePair, User
from factories import make_pair, make_project, make_user

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]

expect.set_options(timeout=15_000)  # a busy machine is no failure


def pytest_configure() -> None:
    """Playwright runs an event loop in this thread; the ORM is used outside of it all the same."""
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    arguments = ARGUMENTS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    return browser_type_launch_args | {"executable_path": CHROMIUM, "args": arguments}


@pytest.fixture
def olga(transactional_db: None) -> User:
    return make_user("olga", is_staff=True, is_superuser=True)


@pytest.fixture
def ana(transactional_db: None) -> User:
    return make_user("ana")


@pytest.fixture
def project(olga: User, ana: User) -> Project:
    return make_project("News", owner=olga, annotator=ana)


@pytest.fixture
def open_as(
    browser: Browser, live_server: LiveServer, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Page]]:
    """open_as(user, address, **context options): a page in a browser of its own, errors collected.

    A script error or a refused resource fails the test.
    """
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def open_page(user: User, address: str, **options) -> Page:  # noqa: ANN003
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        client = Client()
        client.force_login(user)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
        )
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda m: troubles.append(m.text) if "Content Security Policy" in m.text else None)
        page.goto(address)
        return page

    yield open_page
    for number, context in enumerate(contexts):
        folder = os.environ.get("SCREENSHOTS_OF_FAILURES")
        if folder and context.pages:
            context.pages[0].screenshot(path=Path(folder) / f"{request.node.name}-{number}.png")
        context.close()
    wait_until_nothing_runs()
    assert not troubles


def wait_until_nothing_runs() -> None:
    """A page that is closed still gives its sentence back; the tables are emptied after that."""
    busy = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND state <> 'idle'"
    )
    n_quiet = 0
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute(busy)
            n_quiet = 0 if cursor.fetchone()[0] else n_quiet + 1
        if n_quiet == 3:
            return
        time.sleep(0.03)


@pytest.fixture
def review(open_as: Callable[..., Page], project: Project, ana: User) -> Callable[..., Page]:
    """The page of the next sentence, as the annotator sees it once its script runs."""

    def open_review(user: User = ana, **options) -> Page:  # noqa: ANN003
        page = open_as(user, f"/projects/{project.pk}/review/", **options)
        if options.get("java_script_enabled", True):
            expect(page.locator(".item:focus, .t:focus")).to_have_count(1)
        return page

    return open_review


@pytest.fixture
def pair(project: Project) -> SentencePair:
    return make_pair(project)
