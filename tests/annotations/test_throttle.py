"""What may be tried without signing in, how often, and how somebody is let in again."""

from __future__ import annotations

import threading
from datetime import timedelta
from io import StringIO

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from annotations import throttle
from annotations.models import Throttle, User
from annotations.sign_in import client_address
from annotations.throttle import (
    FAILED_BY_ADDRESS,
    FAILED_BY_NAME,
    RESETS_BY_ACCOUNT,
    RESETS_BY_ADDRESS,
    Limit,
    count_one,
    is_spent,
    release,
)
from factories import make_user

THREE = Limit("tries", 3, timedelta(minutes=5))


def sign_in_as(name: str, password: str, address: str = "192.0.2.1") -> int:
    fields = {"username": name, "password": password}
    return Client(REMOTE_ADDR=address).post(reverse("login"), fields).status_code


def ask_reset(email: str, address: str = "192.0.2.1"):  # noqa: ANN201
    return Client(REMOTE_ADDR=address).post(reverse("password_reset"), {"email": email})


def spend(limit: Limit, who: str) -> None:
    while not is_spent(limit, who):
        count_one(limit, who)


def test_it_counts_up_to_the_limit_and_each_alone(db: None) -> None:
    assert [count_one(THREE, "ana") for _ in range(5)] == [True, True, True, False, False]
    assert is_spent(THREE, "ana")
    assert count_one(THREE, "ben")
    assert not is_spent(THREE, "ben")
    assert not is_spent(Limit("other", 3, THREE.within), "ana")


def test_it_begins_again_when_its_time_is_over(db: None) -> None:
    spend(THREE, "ana")
    Throttle.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert not is_spent(THREE, "ana")
    assert count_one(THREE, "ana")


def test_it_keeps_neither_names_nor_addresses_nor_old_rows(db: None) -> None:
    count_one(THREE, "ana@example.org")
    row = Throttle.objects.get()
    assert "ana" not in str(vars(row))
    Throttle.objects.update(until=timezone.now() - timedelta(seconds=1))
    count_one(THREE, "ben")
    assert Throttle.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_none_is_lost() -> None:
    def count() -> None:
        for _ in range(5):
            count_one(THREE, "ana")
        connection.close()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Throttle.objects.get().n == 20


def test_many_names_from_one_address_are_too_many(db: None) -> None:
    make_user("ana")
    for number in range(3):
        assert sign_in_as(f"guess-{number}", "x") == 200
    assert Throttle.objects.filter(key=FAILED_BY_ADDRESS.key("192.0.2.1")).get().n == 3
    spend(FAILED_BY_ADDRESS, "192.0.2.1")
    assert sign_in_as("ana", "secret") == 429
    assert sign_in_as("ana", "secret", "192.0.2.2") == 302


def test_one_name_from_many_addresses_is_too_much(db: None) -> None:
    make_user("ana")
    assert sign_in_as("Ana", "x", "192.0.2.7") == 200
    spend(FAILED_BY_NAME, "ana")
    assert sign_in_as("ana", "secret", "192.0.2.8") == 429
    make_user("ben")
    assert sign_in_as("ben", "secret", "192.0.2.8") == 302


def test_signing_in_counts_nothing(db: None) -> None:
    make_user("ana")
    assert sign_in_as("ana", "secret") == 302
    assert not Throttle.objects.exists()


def test_a_command_releases_a_lockout(db: None) -> None:
    make_user("ana")
    while sign_in_as("ana", "wrong") != 429:
        pass
    assert sign_in_as("ana", "secret") == 429
    said = StringIO()
    call_command("release_lockout", "ana", stdout=said)
    assert said.getvalue().startswith("Forgot ")
    assert sign_in_as("ana", "secret") == 302
    call_command("release_lockout", "nobody", stdout=said)
    assert "Nothing was counted for nobody." in said.getvalue()


def test_a_command_releases_an_address(db: None) -> None:
    make_user("ana")
    spend(FAILED_BY_ADDRESS, "192.0.2.1")
    call_command("release_lockout", "192.0.2.1", stdout=StringIO())
    assert sign_in_as("ana", "secret") == 302


def test_superusers_see_sign_ins_failures_and_lockouts(db: None, sign_in) -> None:
    make_user("ana")
    sign_in_as("ana", "secret")
    sign_in_as("ana", "wrong")
    assert AccessLog.objects.filter(username="ana", ip_address="192.0.2.1").exists()
    assert AccessFailureLog.objects.filter(username="ana").exists()
    root = sign_in(User.objects.create_superuser("root"))
    for model in (AccessLog, AccessFailureLog, AccessAttempt):
        page = root.get(reverse(f"admin:axes_{model._meta.model_name}_changelist"))
        assert "192.0.2.1" in page.content.decode()
    assert "wrong" not in AccessAttempt.objects.get().post_data


@pytest.fixture
def sends_mail(settings, db: None, mail_at_once: None) -> None:
    settings.SENDS_MAIL = True
    make_user("ana", email="ana@example.org")


def test_one_account_gets_a_few_mails_and_everybody_the_same_answer(sends_mail: None) -> None:
    answers = {
        (email, ask_reset(email, f"192.0.2.{number}").url)
        for number in range(RESETS_BY_ACCOUNT.most + 2)
        for email in ("ana@example.org", "ANA@example.org", "nobody@example.org")
    }
    assert {url for _email, url in answers} == {reverse("password_reset_done")}
    assert len(mail.outbox) == RESETS_BY_ACCOUNT.most


def test_one_address_may_ask_some_times(sends_mail: None) -> None:
    spend(RESETS_BY_ADDRESS, "192.0.2.1")
    refused = ask_reset("ana@example.org")
    assert refused.status_code == 429
    assert "Too many attempts" in refused.content.decode()
    other = ask_reset("nobody@example.org")
    assert refused.content.partition(b"<main")[2] == other.content.partition(b"<main")[2]
    assert mail.outbox == []
    assert ask_reset("ana@example.org", "192.0.2.2").status_code == 302
    assert release("192.0.2.1") == 1


@pytest.mark.django_db(transaction=True)
def test_the_answer_does_not_wait_for_the_mail(settings, monkeypatch: pytest.MonkeyPatch, wait_until) -> None:
    settings.SENDS_MAIL = True
    make_user("ana", email="ana@example.org")
    answered = threading.Event()
    send = mail.EmailMultiAlternatives.send

    def send_late(self: mail.EmailMultiAlternatives, *args: object) -> int:
        assert answered.wait(30)
        return send(self)

    monkeypatch.setattr(mail.EmailMultiAlternatives, "send", send_late)
    assert ask_reset("ana@example.org").status_code == 302
    assert mail.outbox == []
    answered.set()
    wait_until(lambda: mail.outbox, why="the mail is sent")
    for thread in threading.enumerate():
        if thread.name == "meanwhile":
            thread.join()


@pytest.mark.parametrize("said", ["", "somebody", "192.0.2.1:80", "\udcff"])
def test_an_address_that_is_none_is_none(rf: RequestFactory, said: str) -> None:
    assert client_address(rf.get("/", REMOTE_ADDR=said)) is None


def test_every_limit_is_listed() -> None:
    found = {limit for limit in vars(throttle).values() if isinstance(limit, Limit)}
    assert found == set(throttle.LIMITS)
