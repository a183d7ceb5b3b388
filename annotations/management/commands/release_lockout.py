"""`manage.py release_lockout WHO`: let somebody who is locked out try again at once."""

from argparse import ArgumentParser
from ipaddress import ip_address
from typing import Any

from axes.utils import reset
from django.core.management.base import BaseCommand

from annotations.throttle import release


class Command(BaseCommand):
    help = "Forget the failed sign-ins and password resets of a user name, an e-mail or a network address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("who", help="a user name, an e-mail address or a network address")

    def handle(self, *, who: str, **options: Any) -> None:
        n = reset(username=who) + release(who.lower())
        if _is_address(who):
            n += reset(ip=who)
        self.stdout.write(f"Forgot {n} counts of {who}." if n else f"Nothing was counted for {who}.")


def _is_address(who: str) -> bool:
    try:
        ip_address(who)
    except ValueError:
        return False
    return True
