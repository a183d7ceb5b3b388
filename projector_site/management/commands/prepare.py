"""`manage.py prepare`: all that must be done before the servers start; safe to run again."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from django.urls import reverse
from kombu.exceptions import OperationalError as BrokerError

from annotations.sign_in import get_or_make_first_owner, make_login_link
from projector_site.celery import app


class Command(BaseCommand):
    help = (
        "Migrate the database, collect static files, load the demo corpus and make the first owner "
        "(the latter two only until that owner has signed in); say how to sign in."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--address", default="http://localhost:8000", help="where the site is reached")
        parser.add_argument("--no-demo", action="store_true", help="do not load the demo corpus")

    def handle(self, *, address: str, no_demo: bool, **options: Any) -> None:
        check_database()
        check_broker()
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        owner = get_or_make_first_owner()
        if owner.last_login:
            self.stdout.write(
                f"Sign in at {address}{reverse('login')} (no password? "
                f"`manage.py sign_in_link {owner.username}` makes a one-time link)."
            )
            return
        if not no_demo:
            call_command("load_demo", verbosity=0)
        link = address + make_login_link(owner)
        self.stdout.write(f"Sign in as the owner with this link, once and within 24 hours:\n{link}")


def check_database() -> None:
    try:
        connection.ensure_connection()
    except OperationalError as error:
        raise CommandError(f"The database does not answer: {str(error).strip()}") from error


def check_broker() -> None:
    with app.connection_for_write() as broker:
        try:
            broker.ensure_connection(max_retries=2, interval_step=0.5, timeout=10)
        except BrokerError as error:
            where = "CELERY_BROKER_URL" if not settings.EMBEDDED_BROKER else "the embedded broker"
            raise CommandError(f"{where} ({broker.as_uri()}) does not answer: {error}") from error
