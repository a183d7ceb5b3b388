"""Limits on what may be tried without signing in, counted in the database: the same for every web process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac

from annotations.models import Throttle


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` times within a while that starts with the first; `what` keeps limits apart."""

    what: str
    most: int
    within: timedelta

    def key(self, who: str) -> str:
        return salted_hmac("projector.throttle", f"{self.what}:{who}", algorithm="sha256").hexdigest()


# Failed sign-ins, beside the lockout of one name at one address (AXES_* in settings/people.py): many names
# tried from one address, and one name tried from many.
FAILED_BY_ADDRESS = Limit("failed sign-ins of an address", 100, timedelta(minutes=15))
FAILED_BY_NAME = Limit("failed sign-ins of a name", 100, timedelta(minutes=60))
RESETS_BY_ADDRESS = Limit("password resets of an address", 20, timedelta(minutes=60))
RESETS_BY_ACCOUNT = Limit("password resets of an account", 3, timedelta(minutes=60))
LIMITS = (FAILED_BY_ADDRESS, FAILED_BY_NAME, RESETS_BY_ADDRESS, RESETS_BY_ACCOUNT)


def count_one(limit: Limit, who: str) -> bool:
    """Count one more; whether that is still within the limit. One statement, so that no two count as one."""
    now = timezone.now()
    _forget_old()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO annotations_throttle AS t (key, n, until) VALUES (%(key)s, 1, %(until)s) "
            "ON CONFLICT (key) DO UPDATE SET n = CASE WHEN t.until < %(now)s THEN 1 ELSE t.n + 1 END, "
            "until = CASE WHEN t.until < %(now)s THEN excluded.until ELSE t.until END RETURNING n",
            {"key": limit.key(who), "now": now, "until": now + limit.within},
        )
        n: int = cursor.fetchone()[0]
    return n <= limit.most


def is_spent(limit: Limit, who: str) -> bool:
    """Whether one more would be too many; looking counts nothing."""
    counts = Throttle.objects.filter(key=limit.key(who), until__gte=timezone.now())
    return counts.filter(n__gte=limit.most).exists()


def release(who: str) -> int:
    """Forget what was counted for a name or an address. Returns how many counts that were."""
    keys = [limit.key(who) for limit in LIMITS]
    return Throttle.objects.filter(key__in=keys).delete()[0]


def _forget_old() -> None:
    """Rows whose time is over; those that somebody counts on at this moment are left for the next."""
    over = Throttle.objects.select_for_update(skip_locked=True).filter(until__lt=timezone.now())
    Throttle.objects.filter(pk__in=over.values("pk")).delete()
