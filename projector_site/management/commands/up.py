"""`manage.py up`: the whole of Projector on one machine, until Ctrl-C."""

import contextlib
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, OutputWrapper

from projector_site.services.account import Account, servers_account
from projector_site.services.broker import broker_program, requeue_unacknowledged
from projector_site.services.data_folder import DataFolder, default_data_folder
from projector_site.services.errors import ServiceError, StopRequested
from projector_site.services.postgres import make_database, postgres_program
from projector_site.services.programs import (
    LOOPBACK_HOSTS,
    QUEUES,
    WILDCARD_HOSTS,
    free_port,
    prepare_program,
    visible_address,
    web_program,
    worker_program,
)
from projector_site.services.supervisor import Supervisor

STDOUT_FILENO = 1
DESCRIPTION = """\
Run Projector: PostgreSQL, task broker, Celery worker and web server, until Ctrl-C.

The database, the queue, uploads and logs live in the data folder; nothing else is written.
A second `up` on the same data folder is refused. A server that dies is started again.
With DATABASE_URL or CELERY_BROKER_URL in the environment, that embedded server is not started.
Only the web port is opened; the database and the broker listen on unix sockets in the data folder.
"""


class Command(BaseCommand):
    help = DESCRIPTION
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.add_argument(
            "--host",
            default="127.0.0.1",
            help="address to listen on (default: 127.0.0.1, this machine only; 0.0.0.0 for everybody)",
        )
        parser.add_argument(
            "--port", type=port_number, default=8000, help="web port (default: 8000; 0 for any free one)"
        )
        parser.add_argument(
            "--data-folder",
            type=Path,
            default=default_data_folder(),
            help="where everything is kept (default: PROJECTOR_DATA, else /var/lib/projector as root, "
            "else ~/.local/share/projector; here: %(default)s)",
        )
        parser.add_argument(
            "--workers",
            type=worker_count,
            default=default_worker_count(),
            help="processes that run projections, each with its own models, about 1 GB (default: one per "
            "core, at most 4; here: %(default)s)",
        )
        parser.add_argument(
            "--queues",
            type=queue_names,
            default=",".join(QUEUES),
            help="whose tasks the worker does: cpu, gpu, or both (default: %(default)s)",
        )
        parser.add_argument("--no-demo", action="store_true", help="start without the demo corpus")

    def handle(
        self,
        *,
        host: str,
        port: int,
        data_folder: Path,
        workers: int,
        queues: str,
        no_demo: bool,
        **options: Any,
    ) -> None:
        folder = DataFolder(data_folder.expanduser().absolute())
        supervisor = Supervisor(folder.logs, self.say)
        supervisor.handle_signals()
        try:
            account = servers_account()
            folder.prepare(account)
            with folder.locked(), contextlib.suppress(StopRequested):
                try:
                    port = free_port(host, port)
                    self.start_all(supervisor, folder, account, host, port, workers, queues, no_demo)
                    supervisor.watch()
                finally:
                    supervisor.stop()
        except ServiceError as error:
            self.stderr.write(f"Projector cannot run: {error}")
            sys.exit(1)
        self.say("Projector has stopped.")

    def start_all(
        self,
        supervisor: Supervisor,
        folder: DataFolder,
        account: Account | None,
        host: str,
        port: int,
        workers: int,
        queues: str,
        no_demo: bool,
    ) -> None:
        """In this order: database, broker, preparation, worker, web; stopped in the reverse order."""
        address = visible_address(host, port)
        folder.write_address(address)
        self.say(f"Starting Projector on the data folder {folder.root} ...")
        if settings.EMBEDDED_DATABASE:
            supervisor.start(postgres_program(folder, account))
        if settings.EMBEDDED_BROKER:
            supervisor.start(broker_program(folder, account))
            supervisor.wait_until_ready("broker")
        if settings.EMBEDDED_DATABASE:
            supervisor.wait_until_ready("database")
            make_database(folder)

        environment = environment_for(folder, host)
        prepare = prepare_program(environment, address=address, with_demo=not no_demo)
        how_to_sign_in = supervisor.run(prepare)
        requeue = partial(requeue_unacknowledged, folder) if settings.EMBEDDED_BROKER else None
        supervisor.start(
            worker_program(environment, n_processes=workers, queues=queues, before_start=requeue)
        )
        supervisor.start(web_program(environment, host=host, port=port))
        supervisor.wait_until_ready("web")
        self.say(f"Projector is at {address}\n{how_to_sign_in.strip()}\nCtrl-C stops it.")
        if folder.root != default_data_folder():
            self.say(f"For other commands of manage.py set PROJECTOR_DATA={folder.root}")

    def say(self, text: str) -> None:
        try:
            self.stdout.write(text)
            self.stdout.flush()
        except OSError:  # the terminal is gone; what is left to do must still be done
            self.stdout = OutputWrapper(open(os.devnull, "w"))  # noqa: SIM115
            os.dup2(self.stdout.fileno(), STDOUT_FILENO)


def environment_for(folder: DataFolder, host: str) -> dict[str, str]:
    """What the child processes must know to be of this installation."""
    environment = {"PROJECTOR_DATA": str(folder.root), "PYTHONUNBUFFERED": "1"}
    if host not in LOOPBACK_HOSTS and "ALLOWED_HOSTS" not in os.environ:
        environment["ALLOWED_HOSTS"] = "*" if host in WILDCARD_HOSTS else f"{host},localhost,127.0.0.1"
    if settings.EMBEDDED_DATABASE:
        environment["PGPASSWORD"] = ""  # a password meant for another server would be tried on ours
    return environment


def port_number(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise ArgumentTypeError(f"{text!r} is not a port: 0 to 65535")
    return int(text)


def queue_names(text: str) -> str:
    names = [name.strip() for name in text.split(",")]
    if unknown := [name for name in names if name not in QUEUES]:
        raise ArgumentTypeError(f"unknown queue {unknown[0]!r}; known: {', '.join(QUEUES)}")
    return ",".join(names)


def worker_count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise ArgumentTypeError(f"{text!r} is not a number of workers: 1 to 64")
    return int(text)


def default_worker_count() -> int:
    return min(4, os.cpu_count() or 1)
