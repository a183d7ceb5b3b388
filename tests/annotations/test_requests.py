"""Whatever an owner's browser sends to whatever address: an answer in a second, no 500, nothing half done.

A short run in the suite; `tests/fuzz/run.py` makes the long one through FUZZ_REQUESTS.
"""

from __future__ import annotations

import importlib
import inspect
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote, quote_from_bytes

import pytest
from django import forms
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, reverse

from annotations.models import Project, User
from annotations.urls import urlpatterns
from fuzz.inputs import make_inputs, odd_values
from projector_site import urls as site_urls
from tests.annotations.test_roles import RULES, world  # noqa: F401 (a fixture)

N = int(os.environ.get("FUZZ_REQUESTS", "240"))
SEED = os.environ.get("FUZZ_SEED", "1")
BATCH = 60  # requests after which the project is as it was
SLOW_S = 5  # of processor; the first request of a process imports what it needs
FORM_MODULES = (
    "annotations.forms",
    "annotations.people_forms",
    "annotations.review_forms",
    "annotations.preferences_form",
    "annotations.launch_form",
    "annotations.training_form",
    "annotations.imports.forms",
    "annotations.export.forms",
    "annotations.views.audit",
    "annotations.views.models",
)
OTHER_FIELDS = [
    *("labels-TOTAL_FORMS", "labels-INITIAL_FORMS", "labels-0-name", "labels-0-key", "labels-0-DELETE"),
    *("uses", "show", "other", "keep_good", "next", "page", "stage", "system", "severity", "answer-0"),
    *("username", "password", "email", "old_password", "new_password1", "new_password2", "version", "run"),
]
METHODS = ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"]
BOUNDARY = "boundary"


@dataclass(frozen=True)
class Sent:
    """One request, to be shown when it breaks something."""

    method: str
    address: str
    body: bytes
    content_type: str
    headers: dict[str, str]

    def __str__(self) -> str:
        body = self.body if len(self.body) < 400 else self.body[:400] + b"..."
        return f"{self.method} {self.address[:600]} {self.content_type} {self.headers} {body!r}"


def field_names() -> list[str]:
    """The fields of every form, and those that views read without one."""
    names = set(OTHER_FIELDS)
    for name in FORM_MODULES:
        for _, found in inspect.getmembers(importlib.import_module(name), inspect.isclass):
            if issubclass(found, forms.BaseForm):
                names.update(getattr(found, "base_fields", {}))
    return sorted(names)


def choose_address(known: dict[str, Any], dice: Random, odd: Iterator[str]) -> tuple[str, str]:
    """A method and an address of the site: one that is there, with other ids, or with rubbish in it."""
    own = [pattern for pattern in site_urls.urlpatterns if isinstance(pattern, URLPattern)]
    pattern = dice.choice(urlpatterns if dice.random() < 0.85 else own)
    converters = pattern.pattern.converters
    values = {key: known.get(key, "x") for key in converters}
    for key, converter in converters.items():
        if dice.random() < 0.25:
            numbers = [0, 1, 2**31, 2**63 - 1, 2**63, 10**30]
            is_number = type(converter).__name__ == "IntConverter"
            values[key] = dice.choice(numbers) if is_number else next(odd)[:300].replace("/", "") or "x"
    route = str(pattern.pattern)
    for key in converters:
        before, _, rest = route.partition("<")
        _, _, after = rest.partition(">")
        route = before + quote(str(values[key]).encode(errors="surrogatepass"), safe="") + after
    rule = RULES.get(pattern.name or "")
    usual = "POST" if rule and rule.method == "post" else dice.choice(["GET", "POST"])
    return usual if dice.random() < 0.85 else dice.choice(METHODS), f"/{route}"


def fields(
    known: dict[str, Any], names: list[str], dice: Random, odd: Iterator[str]
) -> list[tuple[str, str]]:
    sent = [(dice.choice(names), next(odd)) for _ in range(dice.randrange(0, 7))]
    if dice.random() < 0.6:
        rule = dice.choice(list(RULES.values()))
        sent += [
            (key, str(value)) for key, value in (rule.data or {}).items() if isinstance(value, (str, int))
        ]
        sent.append(("run", str(known["run_id"])))
        sent += [(key, str(known[key])) for key in ("pair_id", "member_id") if dice.random() < 0.3]
    dice.shuffle(sent)
    return sent


def encoded(sent: list[tuple[str, str]]) -> bytes:
    def quoted(text: str) -> str:
        return quote_from_bytes(text.encode(errors="surrogatepass"))

    return "&".join(f"{quoted(name)}={quoted(value)}" for name, value in sent).encode()


def multipart(sent: list[tuple[str, str]], dice: Random, files: Iterator[bytes]) -> bytes:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
        + value.encode(errors="surrogatepass")
        + b"\r\n"
        for name, value in sent
        if '"' not in name
    ]
    file_names = [
        "a.tsv",
        "../../etc/passwd",
        "x\0y",
        "a" * 3000,
        "=1+1.csv",
        "\u202efdp.exe",
        ".",
        "",
        "a/b\\c",
    ]
    for side in ("pairs", "source", "target"):
        if dice.random() < 0.5:
            head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{side}"; '
            head += f'filename="{dice.choice(file_names)}"\r\nContent-Type: text/plain\r\n\r\n'
            parts.append(head.encode() + next(files) + b"\r\n")
    body = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
    return body if dice.random() < 0.8 else body[: dice.randrange(len(body))]


def make_requests(known: dict[str, Any], seed: str) -> Iterator[Sent]:
    dice, odd, files = Random(seed), odd_values(seed), make_inputs(seed, 10**9)  # noqa: S311
    names = field_names()
    while True:
        method, address = choose_address(known, dice, odd)
        sent = fields(known, names, dice, odd)
        short = [(name, value[:2000]) for name, value in fields(known, names, dice, odd)]
        if method in {"GET", "HEAD"} or dice.random() < 0.3:
            address += f"?{encoded(short).decode()}"
        body, content_type = b"", "application/octet-stream"
        if method not in {"GET", "HEAD"}:
            match dice.randrange(8):
                case 0:
                    body, content_type = b"[" * 100_000, "application/json"
                case 1 | 2 | 3:
                    body = multipart(sent, dice, files)
                    content_type = f"multipart/form-data; boundary={BOUNDARY}"
                case 4:
                    body = b"a=1&" * dice.choice([10, 2000, 800_000])
                    content_type = "application/x-www-form-urlencoded"
                case _:
                    body, content_type = encoded(sent), "application/x-www-form-urlencoded"
        headers = {"HX-Request": "true"} if dice.random() < 0.4 else {}
        if dice.random() < 0.2:
            odd_header = next(odd)[:500].encode("ascii", "ignore").decode()
            headers |= {"HX-Current-URL": odd_header, "Accept-Language": odd_header, "Referer": odd_header}
        yield Sent(method, address, body, content_type, headers)


def stored() -> list[tuple[str, str]]:
    """A digest of every table of the domain, but for the counts against guessing."""
    names = [name for name in connection.introspection.table_names() if name.startswith("annotations_")]
    names = [name for name in names if name != "annotations_throttle"]
    one = "SELECT '{0}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {0} t"
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(one.format(name) for name in names))
        return sorted(cursor.fetchall())


def send(client: Client, sent: Sent) -> int:
    started = time.process_time()
    try:
        response = client.generic(
            sent.method, sent.address, sent.body, content_type=sent.content_type, headers=sent.headers
        )
        if response.streaming:
            b"".join(response.streaming_content)
    except Exception as error:
        raise AssertionError(f"{sent} raised {error!r}") from error
    took = time.process_time() - started
    is_unready = response.status_code == 503 and sent.address.startswith("/health/")  # as it should say
    assert response.status_code < 500 or is_unready, sent
    assert took < SLOW_S, f"{took:.1f} s for {sent}"
    return response.status_code


def test_no_request_breaks_a_page(world: dict, sign_in, settings, mail_at_once: None) -> None:  # noqa: F811
    settings.SENDS_MAIL = True
    owner: User = world["people"]["owner"]
    requests = make_requests(world, SEED)
    statuses: dict[int, int] = {}
    for _ in range(-(-N // BATCH)):
        with transaction.atomic():
            client = sign_in(owner)
            for _, sent in zip(range(BATCH), requests, strict=False):
                before = stored() if sent.method == "POST" else []
                status = send(client, sent)
                statuses[status] = statuses.get(status, 0) + 1
                is_refused = status >= 400 and sent.method == "POST"
                assert not is_refused or before == stored(), f"{status}, but something was written: {sent}"
                if "_auth_user_id" not in client.session:
                    client.force_login(owner)
            transaction.set_rollback(True)
    assert len(statuses) > 3, statuses
    assert statuses[200] > N // 20, statuses


@pytest.mark.parametrize("name", ["settings", "member_add", "import_check", "exports"])
def test_a_body_that_is_too_large_is_refused(world: dict, sign_in, name: str) -> None:  # noqa: F811
    key = {"import_check": world["batch_id"]}.get(name, world["project_id"])
    client = sign_in(world["people"]["owner"])
    address = reverse(f"annotations:{name}", args=[key])
    for body in (b"a=" + b"x" * 3_000_000, b"a=1&" * 1_500):
        answer = client.generic("POST", address, body, content_type="application/x-www-form-urlencoded")
        assert answer.status_code in {400, 413}


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"a":' * 100_000])
def test_the_admin_refuses_json_without_a_bottom(project: Project, sign_in, deep: str) -> None:
    root = sign_in(User.objects.create_superuser("root"))
    forms_with_json = [
        (reverse("admin:annotations_project_change", args=[project.pk]), "labels"),
        (reverse("admin:annotations_projectionrun_add"), "method_options"),
    ]
    for address, field in forms_with_json:
        answer = root.post(address, {field: deep, "project": project.pk})
        assert answer.status_code == 200
        assert field in answer.context["adminform"].form.errors
