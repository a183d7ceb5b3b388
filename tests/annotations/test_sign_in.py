"""One-time links, passwords, lockout."""

import re
import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone

from annotations.models import LoginToken, User
from annotations.sign_in import (
    client_address,
    free_username,
    get_or_make_first_owner,
    make_login_link,
    use_login_token,
)

PASSWORD = "a-long-enough-phrase"


@pytest.fixture
def reviewer(db: None) -> User:
    return User.objects.create_user("reviewer", password=PASSWORD)


def token_of(link: str) -> str:
    return link.rstrip("/").rpartition("/")[2]


def test_it_stores_no_token(reviewer: User) -> None:
    token = token_of(make_login_link(reviewer))
    stored = LoginToken.objects.get()
    assert len(token) >= 40
    assert token not in {stored.token_sha256, str(stored)}


def test_it_signs_in_once(client: Client, reviewer: User) -> None:
    link = make_login_link(reviewer)
    assert client.get(link).status_code == 200
    assert client.post(link).url == "/"
    assert client.session["_auth_user_id"] == str(reviewer.pk)
    assert Client().post(link).status_code == 410


def test_it_asks_a_user_without_password_to_choose_one(client: Client, db: None) -> None:
    owner = get_or_make_first_owner()
    assert not owner.has_usable_password()
    assert client.post(make_login_link(owner)).url == "/password/"
    chosen = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    assert client.post("/password/", chosen).url == "/"
    client.post("/sign-out/")
    assert client.post("/sign-in/", {"username": owner.username, "password": PASSWORD}).status_code == 302


def test_it_wants_the_present_password_before_a_new_one(client: Client, reviewer: User) -> None:
    client.force_login(reviewer)
    chosen = {"new_password1": "another-long-phrase", "new_password2": "another-long-phrase"}
    assert client.post("/password/", chosen).status_code == 200
    reviewer.refresh_from_db()
    assert reviewer.check_password(PASSWORD)


@pytest.mark.parametrize("why", ["too old", "used", "unknown", "inactive user", "replaced"])
def test_it_refuses_a_link(client: Client, reviewer: User, why: str) -> None:
    link = make_login_link(reviewer)
    if why == "too old":
        LoginToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif why == "used":
        use_login_token(token_of(link))
    elif why == "unknown":
        link = link[:-5] + "abcd/"
    elif why == "inactive user":
        User.objects.update(is_active=False)
    elif why == "replaced":
        make_login_link(reviewer)
    assert "used already or is too old" in client.get(link).content.decode()
    assert client.post(link).status_code == 410
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_let_in() -> None:
    user = User.objects.create_user("reviewer")
    token = token_of(make_login_link(user))
    n_threads = 4
    start = threading.Barrier(n_threads)
    let_in: list[User | None] = []

    def use() -> None:
        connection.ensure_connection()
        start.wait()
        let_in.append(use_login_token(token))
        connection.close()

    threads = [threading.Thread(target=use) for _ in range(n_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found.pk for found in let_in if found) == [user.pk]
    assert len(let_in) == n_threads


def test_the_first_owner_is_made_once(db: None) -> None:
    owner = get_or_make_first_owner()
    assert (owner.username, owner.is_superuser, owner.is_staff) == ("owner", True, True)
    assert get_or_make_first_owner() == owner


def test_the_first_owner_gets_a_free_name(db: None) -> None:
    User.objects.create_user("owner")
    User.objects.create_user("owner2")
    assert free_username("owner") == "owner3"
    assert get_or_make_first_owner().username == "owner3"


def test_it_locks_after_too_many_attempts_for_that_name_only(client: Client, reviewer: User) -> None:
    User.objects.create_user("colleague", password=PASSWORD)
    statuses = [
        client.post("/sign-in/", {"username": "reviewer", "password": f"guess {n}"}).status_code
        for n in range(11)
    ]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    right = client.post("/sign-in/", {"username": "reviewer", "password": PASSWORD})
    assert right.status_code == 429
    assert "Too many attempts" in right.content.decode()
    assert client.post("/sign-in/", {"username": "colleague", "password": PASSWORD}).status_code == 302


@pytest.mark.parametrize(
    ("behind_proxy", "forwarded", "expected"),
    [
        (False, "198.51.100.7", "127.0.0.1"),
        (True, "198.51.100.7", "198.51.100.7"),
        (True, "a client's claim, 198.51.100.7", "198.51.100.7"),
        (True, "", "127.0.0.1"),
    ],
)
def test_it_knows_who_knocks(
    settings, rf: RequestFactory, behind_proxy: bool, forwarded: str, expected: str
) -> None:
    settings.HTTPS = behind_proxy
    assert client_address(rf.get("/sign-in/", headers={"X-Forwarded-For": forwarded})) == expected


def test_it_never_leaves_for_another_site(client: Client, reviewer: User) -> None:
    fields = {"username": "reviewer", "password": PASSWORD, "next": "https://example.org/"}
    assert client.post("/sign-in/", fields).url == "/"


def test_sign_out_is_a_post(client: Client, reviewer: User) -> None:
    client.force_login(reviewer)
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").status_code == 302
    assert "_auth_user_id" not in client.session


def test_the_admin_is_for_staff_only(client: Client, reviewer: User) -> None:
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/sign-in/?next=")
    client.force_login(reviewer)
    assert client.get("/admin/", follow=True).status_code == 404
    client.force_login(get_or_make_first_owner())
    assert client.get("/admin/").status_code == 200


def test_an_owner_makes_a_link_in_the_admin(client: Client, reviewer: User) -> None:
    client.force_login(get_or_make_first_owner())
    form = {"action": "make_sign_in_links", "_selected_action": [reviewer.pk]}
    page = client.post("/admin/annotations/user/", form, follow=True).content.decode()
    link = re.search(r"http://testserver(/sign-in/[^/]+/)", page)
    assert link
    assert Client().post(link[1]).url == "/"


def test_staff_cannot_make_links(client: Client, reviewer: User) -> None:
    staff = User.objects.create_user("staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    client.force_login(staff)
    form = {"action": "make_sign_in_links", "_selected_action": [reviewer.pk]}
    client.post("/admin/annotations/user/", form, follow=True)
    assert not LoginToken.objects.exists()
