"""Single sign-on against a real provider, in a process whose settings have it."""

import subprocess
from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from services.oidc_provider import Provider

RunManage = Callable[..., subprocess.CompletedProcess[str]]

# Signs in twice as the person of the provider; the browser's part is done by urllib.
SIGN_IN = """
from urllib.request import HTTPRedirectHandler, build_opener
from django.test import Client
from annotations.models import User

class Stop(HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None

User.objects.create_user("ana", email="ana@example.org")
for _ in range(2):
    client = Client()
    page = client.get("/sign-in/")
    assert "Our university" in page.content.decode()
    asked = client.post("/sso/oidc/sso/login/", {"next": "/preferences/"})
    assert asked.status_code == 302, asked.content.decode()
    opener = build_opener(Stop())
    try:
        opener.open(asked["Location"])
    except Exception as error:
        back = error.headers["Location"]
    done = client.get(back.partition("testserver")[2])
    print(done.status_code, done.get("Location"), client.get("/").status_code)
print(sorted(User.objects.values_list("username", flat=True)))
"""


@pytest.fixture
def own_database(transactional_db: None) -> Iterator[str]:
    """A database with the tables of single sign-on, which the suite's own lacks."""
    settings = connection.settings_dict
    name = f"{settings['NAME']}_sso"
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}"')
        admin.execute(f'CREATE DATABASE "{name}"')
        yield name
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.slow
def test_it_signs_in_and_knows_the_person_again(
    own_database: str, database_url: str, run_manage: RunManage
) -> None:
    address = database_url.replace(f"/{connection.settings_dict['NAME']}?", f"/{own_database}?")
    provider = Provider(
        {"sub": "17", "preferred_username": "ana", "email": "ana@example.org", "name": "Ana Ruiz"}
    )
    environment = {
        "DATABASE_URL": address,
        "ALLOWED_HOSTS": "testserver",
        "OIDC_ISSUER": provider.issuer,
        "OIDC_CLIENT_ID": "projector",
        "OIDC_CLIENT_SECRET": "secret",
        "OIDC_NAME": "Our university",
        "DEBUG": "true",
    }
    try:
        for command in (["migrate", "--verbosity", "0"], ["shell", "--verbosity", "0", "-c", SIGN_IN]):
            done = run_manage(*command, **environment)
            assert done.returncode == 0, done.stderr
    finally:
        provider.close()
    # An account of its own: an address alone opens nobody's.
    assert done.stdout.splitlines() == ["302 /preferences/ 200", "302 /preferences/ 200", "['ana', 'ana2']"]


def test_half_a_configuration_stops_the_start(run_manage: RunManage) -> None:
    done = run_manage("check", OIDC_ISSUER="https://id.example.org")
    assert done.returncode != 0
    assert "OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET" in done.stderr


@pytest.mark.django_db
def test_it_is_off_by_default() -> None:
    assert "/sso/" not in Client().get(reverse("login")).content.decode()
    assert Client().post("/sso/oidc/sso/login/").status_code == 404
