"""One-time sign-in links: for the first owner, for people without a password, for a forgotten one."""

import hashlib
import secrets
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_address

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from annotations.models import LoginToken, User

LINK_LIVES = timedelta(hours=24)
FIRST_OWNER = "owner"


def make_login_link(user: User, *, lives: timedelta = LINK_LIVES) -> str:
    """The path of a link that signs `user` in once. Earlier unused links of the user stop working."""
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        LoginToken.objects.filter(user=user, used_at=None).delete()
        LoginToken.objects.create(
            user=user, token_sha256=hash_token(token), expires_at=timezone.now() + lives
        )
    return reverse("sign_in_link", args=[token])


def use_login_token(token: str) -> User | None:
    """The user whose link this is, once; None if it is unknown, used, too old, or the user is inactive.

    Compare and set: of two requests at once, one updates the row. The condition names columns of this row
    only, because PostgreSQL looks at those again after waiting for the other request.
    """
    now = timezone.now()
    mine = LoginToken.objects.filter(token_sha256=hash_token(token))
    if not mine.filter(used_at=None, expires_at__gt=now).update(used_at=now):
        return None
    user = mine.select_related("user").get().user
    return user if user.is_active else None


def is_usable(token: str) -> bool:
    """Whether the link would sign somebody in; looking does not use it up."""
    return LoginToken.objects.filter(
        token_sha256=hash_token(token), used_at=None, expires_at__gt=timezone.now(), user__is_active=True
    ).exists()


def client_address(request: HttpRequest) -> str | None:
    """Who knocks, for locking out; behind our proxy, the address that the proxy saw, which it puts last.

    None where there is none, as on a socket file.
    """
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.HTTPS else ""
    for said in (forwarded.rpartition(",")[2].strip(), request.META.get("REMOTE_ADDR", "")):
        with suppress(ValueError):
            return str(ip_address(said))
    return None


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def get_or_make_first_owner() -> User:
    """The oldest active superuser; an account without a password where there is none."""
    found = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    return found or User.objects.create_superuser(free_username(FIRST_OWNER))


def free_username(wanted: str) -> str:
    """`wanted`, or with a number behind it when an ordinary user already has the name."""
    taken = set(User.objects.filter(username__startswith=wanted).values_list("username", flat=True))
    candidates = [wanted, *(f"{wanted}{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in candidates if name not in taken)
