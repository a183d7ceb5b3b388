"""`manage.py sign_in_link USERNAME`: a one-time link for somebody without a password."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from annotations.models import User
from annotations.sign_in import make_login_link


class Command(BaseCommand):
    help = "Print a link that signs a user in once. Earlier unused links of that user stop working."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--hours", type=int, default=24, help="how long the link works (default: 24)")
        parser.add_argument("--address", help="where the site is reached (default: as started by `up`)")

    def handle(self, *, username: str, hours: int, address: str | None, **options: Any) -> None:
        if hours < 1:
            raise CommandError(f"--hours {hours}: at least 1")
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            names = ", ".join(User.objects.filter(is_active=True).values_list("username", flat=True)[:20])
            raise CommandError(f"There is no active user {username!r}. There are: {names or 'none'}.")
        address = address or settings.DATA_FOLDER.running().get("address", "http://localhost:8000")
        self.stdout.write(address + make_login_link(user, lives=timedelta(hours=hours)))
