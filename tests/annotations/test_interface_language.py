"""Who sees the interface in which language: chosen, by cookie, as the browser asks, English."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client, override_settings
from django.urls import reverse

from annotations.models import User

ARABIC = {"headers": {"accept-language": "ar-EG,ar;q=0.9,en;q=0.5"}}


def opening(client: Client, address: str, **asked) -> str:
    return re.search(r"<html[^>]*>", client.get(address, follow=True, **asked).content.decode()).group()


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("", 'lang="en" dir="ltr"'),
        ("fr-CA,fr;q=0.9", 'lang="fr" dir="ltr"'),
        ("sw", 'lang="sw" dir="ltr"'),
        ("ar-EG,ar;q=0.9,en;q=0.5", 'lang="ar" dir="rtl"'),
        ("is", 'lang="en" dir="ltr"'),
    ],
)
def test_who_has_not_chosen_gets_what_the_browser_asks_for(db: None, asked: str, expected: str) -> None:
    assert expected in opening(Client(), reverse("login"), headers={"accept-language": asked})


def test_a_choice_on_the_sign_in_page_stays(ana: User) -> None:
    client = Client()
    page = client.post(
        reverse("set_language"), {"language": "es", "next": reverse("login")}, follow=True, **ARABIC
    )
    assert 'lang="es"' in page.content.decode()
    client.force_login(ana)
    assert 'lang="es"' in opening(client, "/", **ARABIC)


def test_a_choice_leads_nowhere_else(db: None) -> None:
    sent = {"language": "fr", "next": "https://elsewhere.example/"}
    assert Client().post(reverse("set_language"), sent).url == "/"


def test_a_saved_choice_goes_with_the_person(ana: User, sign_in) -> None:
    client = sign_in(ana)
    address = reverse("annotations:preferences")
    fields = {name: field.initial for name, field in client.get(address).context["form"].fields.items()}
    page = client.post(address, fields | {"theme": "auto", "language": "fr"}, follow=True)
    assert 'lang="fr"' in page.content.decode()
    assert "Vos préférences sont enregistrées." in page.content.decode()
    elsewhere = sign_in(ana)
    assert 'lang="fr"' in opening(elsewhere, "/", **ARABIC)
    client.post(address, fields | {"theme": "auto", "language": ""})
    assert 'dir="rtl"' in opening(elsewhere, "/", **ARABIC)


def test_a_language_that_the_site_lacks_is_refused_or_passed_over(ana: User, sign_in) -> None:
    client = sign_in(ana)
    address = reverse("annotations:preferences")
    client.post(address, {"theme": "auto", "language": "tlh"})
    ana.refresh_from_db()
    assert "language" not in ana.preferences
    User.objects.filter(pk=ana.pk).update(preferences={"language": "tlh"})
    assert 'lang="en"' in opening(client, "/")


@override_settings(SENDS_MAIL=True)
def test_mail_speaks_the_language_of_who_gets_it(ana: User, mail_at_once: None) -> None:
    ana.email, ana.preferences = "ana@example.com", {"language": "fr"}
    ana.set_password("a-long-enough-phrase")
    ana.save()
    Client().post(reverse("password_reset"), {"email": ana.email}, **ARABIC)
    assert mail.outbox[0].subject == "Projector\u00a0: choisir un nouveau mot de passe"
    assert re.search(r"https?://\S+/password/new/", mail.outbox[0].body)
