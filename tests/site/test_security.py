"""What an installation promises: cookies, TLS, secrets, exact versions."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
RunManage = Callable[..., subprocess.CompletedProcess[str]]
ASK = """
import json
from django.conf import settings
from django.test import Client
said = {name: getattr(settings, name) for name in dir(settings) if "COOKIE" in name}
client = Client()
for scheme in ("http", "https"):
    headers = {"X-Forwarded-Proto": scheme, "Host": "projector.example.org"}
    answer = client.get("/projects/1/", headers=headers)
    said[scheme] = [answer.status_code, answer.headers.get("Location", ""), dict(answer.headers)]
print(json.dumps(said, default=str))
"""


def ask(run_manage: RunManage, **environment: str) -> dict:
    key = "a-key-of-fifty-characters-or-more-that-is-only-for-this-test"
    done = run_manage(
        "shell", "-v0", "-c", ASK, SECRET_KEY=key, ALLOWED_HOSTS="projector.example.org", **environment
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("cookie", ["SESSION", "CSRF", "LANGUAGE"])
@pytest.mark.parametrize("behind_tls", [False, True])
def test_cookies_are_for_this_site_and_not_for_scripts(
    answers: dict[bool, dict], behind_tls: bool, cookie: str
) -> None:
    said = answers[behind_tls]
    assert said[f"{cookie}_COOKIE_HTTPONLY"] is True
    assert said[f"{cookie}_COOKIE_SAMESITE"] == "Lax"
    assert said[f"{cookie}_COOKIE_SECURE"] is behind_tls


@pytest.fixture(scope="module")
def answers(run_manage: RunManage) -> dict[bool, dict]:
    return {is_on: ask(run_manage, HTTPS=str(is_on).lower()) for is_on in (False, True)}


def test_behind_tls_browsers_are_sent_there_and_kept_there(answers: dict[bool, dict]) -> None:
    status, location, headers = answers[True]["http"]
    assert (status, location) == (301, "https://projector.example.org/projects/1/")
    status, location, headers = answers[True]["https"]
    assert (status, location.partition("?")[0]) == (302, "/sign-in/")
    assert headers["Strict-Transport-Security"] == f"max-age={30 * 24 * 3600}"


def test_without_tls_nothing_is_claimed(answers: dict[bool, dict]) -> None:
    """A header that anybody can send is not believed."""
    for scheme in ("http", "https"):
        status, _, headers = answers[False][scheme]
        assert status == 302
        assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize(
    "name", ["requirements.txt", "tests/requirements.txt", "tests/fuzz/requirements.txt"]
)
def test_every_package_is_pinned(name: str) -> None:
    lines = [line.partition("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
    packages = [line for line in lines if line]
    assert packages
    assert [line for line in packages if not re.match(r"[\w.-]+(\[[\w,]+\])?==[\w.]+( *;.*)?$", line)] == []
