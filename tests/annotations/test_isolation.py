"""Nobody gets in where they do not belong: every address, every method, everybody, every other project."""

# ruff: noqa: F811 (the world is a fixture of another module)

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from annotations.models import User
from annotations.urls import urlpatterns
from factories import make_comparison, make_pair, make_project, make_run, make_training, make_user
from projector_site import urls as site_urls
from tests.annotations.test_roles import (
    EVERYBODY,
    NAMES,
    OWNERS,
    REVIEWERS,
    RULES,
    address,
    request,
    world,  # noqa: F401 (a fixture)
)

World = dict[str, Any]
SignIn = Callable[[User], Client]
GONE = 10**9
# Pages that also take a POST, and from whom. Every other address that is declared for GET refuses one.
ALSO_POST = {
    "project_create": EVERYBODY,
    "preferences": EVERYBODY,
    "settings": OWNERS,
    "run_launch": OWNERS,
    "training_launch": OWNERS,
    "gap_report_launch": OWNERS,
    "evaluation_launch": OWNERS,
    "imports": OWNERS,
    "invitations": OWNERS,
    "assignments": OWNERS,
    "comments": REVIEWERS,
    "adjudication": {"owner", "adjudicator"},
    "fast_lanes": {"owner", "adjudicator"},
    "fast_lane": {"owner", "adjudicator"},
    "name": {"owner", "adjudicator"},
    "exports": EVERYBODY - {"stranger"},
}
# Addresses beside those of projects, and who gets in: anybody, whoever is signed in, or superusers.
SITE = {
    "health_live": "anybody",
    "health_ready": "anybody",
    "metrics": "anybody",  # who has the token; see tests/site/test_health.py
    "set_language": "anybody",
    "javascript_catalog": "anybody",
    "login": "anybody",
    "sign_in_link": "anybody",
    "logout": "signed in",
    "password": "signed in",
    "password_reset": "anybody",
    "password_reset_done": "anybody",
    "password_reset_confirm": "anybody",
    "password_reset_complete": "anybody",
    "join": "anybody",
}


def keys_of(name: str) -> list[str]:
    pattern = next(pattern for pattern in urlpatterns if pattern.name == name)
    return [key for key in pattern.pattern.converters if key.endswith("_id")]


def each(names: Iterable[str]) -> Iterator[str]:
    """The names, one after the other, each in the world as it was."""
    for name in names:
        with transaction.atomic():
            yield name
            transaction.set_rollback(True)


def text_of(response: HttpResponse) -> str:
    """The page, but for its token."""
    content = b"".join(response) if response.streaming else response.content
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", content.decode(errors="replace"))


def test_every_address_of_the_site_is_declared() -> None:
    """A new address has its row here, or in the table of test_roles.py where it belongs to projects."""
    own = {pattern.name for pattern in site_urls.urlpatterns if isinstance(pattern, URLPattern)}
    assert own - {None} <= set(SITE), "declare who may use the new address"
    included = [found for found in get_resolver().url_patterns if isinstance(found, URLResolver)]
    assert {str(found.pattern) for found in included} == {"admin/", ""}


@pytest.mark.parametrize("who", ["an owner of something else", "a superuser"])
def test_what_is_another_projects_is_as_what_is_not_there(who: str, world: World, sign_in: SignIn) -> None:
    person = make_user("boss", is_superuser="super" in who, is_staff="super" in who)
    make_project("Elsewhere", owner=person)
    client = sign_in(person)
    for name in each(name for name in NAMES if keys_of(name)):
        theirs = request(client, name, world)
        nothing = request(client, name, world | dict.fromkeys(keys_of(name), GONE) | gone_pair(name))
        assert theirs.status_code == nothing.status_code == 404, name
        assert text_of(theirs) == text_of(nothing), name


def gone_pair(name: str) -> dict[str, int]:
    return {"done_pair_id": GONE} if name == "review_correct" else {}


def test_every_other_method_is_refused(world: World, sign_in: SignIn) -> None:
    client = sign_in(world["people"]["owner"])
    for name in NAMES:
        allowed = {"get": {"GET", "HEAD"}, "post": {"POST"}}[RULES[name].method]
        allowed = allowed | ({"POST"} if name in ALSO_POST else set())
        for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - allowed:
            assert client.generic(method, address(name, world)).status_code == 405, (name, method)


def test_who_may_look_may_not_always_send(world: World, sign_in: SignIn) -> None:
    for role, person in world["people"].items():
        client = sign_in(person)
        for name in each(ALSO_POST):
            status = client.post(address(name, world), {}).status_code
            expected = {200, 302, 400, 409, 422} if role in ALSO_POST[name] else {404}
            assert status in expected, (role, name)


def test_every_post_wants_a_token(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world["people"]["owner"])
    for name in NAMES:
        if RULES[name].method == "post" or name in ALSO_POST:
            assert client.post(address(name, world), RULES[name].data or {}).status_code == 403, name


def test_nothing_is_exempt_from_the_token() -> None:
    def views(patterns: list[Any]) -> list[Any]:
        return [
            view
            for found in patterns
            for view in (views(found.url_patterns) if isinstance(found, URLResolver) else [found.callback])
        ]

    found = views(get_resolver().url_patterns)
    assert len(found) > 100
    assert [view for view in found if getattr(view, "csrf_exempt", False)] == []


def test_the_admin_is_for_staff_with_the_right(world: World, sign_in: SignIn) -> None:
    lists = [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in admin.site._registry
    ]
    assert len(lists) >= 8
    root = sign_in(User.objects.create_superuser("root"))
    staff = sign_in(make_user("staff", is_staff=True))
    owner = sign_in(world["people"]["owner"])
    for page in lists:
        assert root.get(page).status_code == 200, page
        assert staff.get(page).status_code == 403, page
        assert Client().get(page).status_code == 302, page
        assert owner.get(page, follow=True).status_code == 404, page


MARK = "Geheimnis"


@pytest.fixture
def secret(world: World) -> dict[str, int]:
    """Another project in which everything says so, and the ids of what is in it."""
    other = make_project(MARK, owner=make_user(f"{MARK}-boss"))
    words = f"{MARK} lives in {MARK} ."
    pair = make_pair(other, words, words, document=MARK, external_id=MARK, domain=MARK)
    run = make_run(other, "de")
    return {
        "pair": pair.pk,
        "run": pair.shown_run_id,
        "other": run.pk,
        "comparison": make_comparison(pair.shown_run, run).pk,
        "training": make_training(other).pk,
        "person": other.memberships.get().pk,
        "reviewer": other.created_by_id,
        "project": other.pk,
    }


def digest(project_id: int) -> list[Any]:
    tables = {"annotations_project": "id", "annotations_sentencepair": "project_id"}
    tables |= {"annotations_projectionrun": "project_id", "annotations_membership": "project_id"}
    tables |= {"annotations_trainingrun": "project_id", "annotations_runcomparison": "project_id"}
    tables |= {"annotations_gapreport": "project_id"}
    with connection.cursor() as cursor:
        rows = []
        for table, key in tables.items():
            cursor.execute(f"SELECT t::text FROM {table} t WHERE {key} = %s ORDER BY 1", [project_id])  # noqa: S608
            rows += cursor.fetchall()
        return rows


def test_ids_of_another_project_are_worth_nothing(
    world: World, secret: dict[str, int], sign_in: SignIn
) -> None:
    """Every address of one's own, with every field that takes an id set to another project's."""
    client = sign_in(world["people"]["owner"])
    before = digest(secret["project"])
    fields = {"run": "run", "other": "other", "comparison": "comparison", "ahead": "pair", "uses": "pair"}
    fields |= {"person": "person", "reviewer": "reviewer", "assigned": "reviewer", "review": "pair"}
    fields |= {"gold": "pair", "after": "pair", "before": "pair", "pair": "pair", "document": "project"}
    foreign = {field: secret[key] for field, key in fields.items()}
    for name in each(NAMES):
        for method in ("get", "post"):
            data = (RULES[name].data or {}) | foreign | {"language": "es", "name": "Ana Ruiz", "version": 0}
            answer = getattr(client, method)(address(name, world), data)
            assert answer.status_code in {200, 204, 302, 400, 404, 405, 409, 422}, (name, method)
            assert MARK not in text_of(answer), (name, method)
            assert MARK not in str(answer.headers), (name, method)
        assert digest(secret["project"]) == before, name
