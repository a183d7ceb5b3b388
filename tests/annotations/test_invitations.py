"""Inviting by a link, and a new password by mail."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations.actions.invitations import InvitationClosed, accept_invitation, invitation_token
from annotations.models import Invitation, Membership, Project, User
from factories import make_user

ACCOUNT = {
    "username": "carla",
    "email": "carla@example.org",
    "password1": "long-enough-9",
    "password2": "long-enough-9",
}


@pytest.fixture
def link(project: Project, olga: User, sign_in) -> str:
    """Made on the page by the owner, as the page shows it."""
    client, address = sign_in(olga), reverse("annotations:invitations", args=[project.pk])
    client.post(address, {"role": "adjudicator", "note": "Carla"})
    page = client.get(address).content.decode()
    return re.search(r"http://testserver(/join/[^\"]+)", page).group(1)


def test_it_makes_an_account_and_a_member_and_signs_in(link: str, project: Project) -> None:
    client = Client()
    assert "olga invites you as adjudicator" in client.get(link).content.decode()
    response = client.post(link, ACCOUNT)
    assert response.url == reverse("annotations:project", args=[project.pk])
    assert client.get(response.url).status_code == 200
    assert Membership.objects.get(user__username="carla").role == "adjudicator"


def test_somebody_with_an_account_joins_with_one_button(
    link: str, project: Project, stranger: User, sign_in
) -> None:
    client = sign_in(stranger)
    assert "Join as stranger" in client.get(link).content.decode()
    assert not Membership.objects.filter(user=stranger).exists()
    client.post(link)
    assert Membership.objects.get(user=stranger).project == project


def test_it_works_once(link: str, stranger: User, sign_in) -> None:
    sign_in(stranger).post(link)
    assert Client().get(link).status_code == 410
    assert sign_in(make_user("late")).post(link).status_code == 410
    assert Client().post(link, ACCOUNT).status_code == 410
    assert not User.objects.filter(username="carla").exists()


def test_of_two_at_once_one_joins(link: str, stranger: User) -> None:
    token = link.split("/")[2]
    accept_invitation(token=token, user=stranger)
    with pytest.raises(InvitationClosed):
        accept_invitation(token=token, user=make_user("late"))


@pytest.mark.parametrize("change", ["old", "revoked", "forged"])
def test_an_old_revoked_or_forged_link_does_not_work(
    link: str, olga: User, stranger: User, sign_in, change: str
) -> None:
    if change == "old":
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    if change == "revoked":
        key = Invitation.objects.get().pk
        sign_in(olga).post(reverse("annotations:invitation_revoke", args=[key]))
    if change == "forged":
        link = link[:-3] + ("A" if link[-3] != "A" else "B") + link[-2:]
    assert sign_in(stranger).post(link).status_code == 410
    assert not Membership.objects.filter(user=stranger).exists()


def test_a_member_keeps_the_role_and_the_link_stays_good(link: str, ana: User, sign_in) -> None:
    sign_in(ana).post(link)
    assert Membership.objects.get(user=ana).role == "annotator"
    assert Invitation.objects.get().used_at is None


def test_a_weak_password_is_refused(link: str) -> None:
    page = Client().post(link, ACCOUNT | {"password1": "12345678", "password2": "12345678"})
    assert page.status_code == 200
    assert not User.objects.filter(username="carla").exists()


def test_the_token_is_kept_nowhere(link: str) -> None:
    invitation = Invitation.objects.get()
    assert invitation_token(invitation) not in str(vars(invitation))


def test_a_new_password_comes_by_mail(settings, ana: User, mail_at_once: None) -> None:
    settings.SENDS_MAIL = True
    User.objects.filter(pk=ana.pk).update(email="ana@example.org")
    client = Client()
    client.post(reverse("password_reset"), {"email": "ana@example.org"})
    [message] = mail.outbox
    address = re.search(r"http://testserver(\S+)", message.body).group(1)
    form = client.get(address, follow=True)
    new = {"new_password1": "another-long-7", "new_password2": "another-long-7"}
    client.post(form.redirect_chain[-1][0], new)
    entered = {"username": "ana", "password": "another-long-7"}
    assert Client().post(reverse("login"), entered).status_code == 302
    assert "This link does not work" in Client().get(address, follow=True).content.decode()


def test_an_unknown_address_gets_the_same_answer_and_no_mail(settings, db: None, mail_at_once: None) -> None:
    settings.SENDS_MAIL = True
    response = Client().post(reverse("password_reset"), {"email": "nobody@example.org"})
    assert response.url == reverse("password_reset_done")
    assert mail.outbox == []


def test_without_a_mail_server_nothing_is_offered(db: None) -> None:
    assert Client().get(reverse("password_reset")).status_code == 404
    assert "Forgotten password" not in Client().get(reverse("login")).content.decode()
