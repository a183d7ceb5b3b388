"""`manage.py restore`: bring a copy back into an empty installation."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from projector_site.operations.backup import restore_backup
from projector_site.services.errors import ServiceError


class Command(BaseCommand):
    help = (
        "Bring a copy made by `backup` into an empty database and an empty media folder. "
        "Run `migrate` afterwards when the copy is of an older release."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="what `manage.py backup` wrote")

    def handle(self, *, folder: Path, **options: Any) -> None:
        try:
            manifest = restore_backup(folder.absolute())
        except ServiceError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Restored the copy of {manifest['made_at']}, {len(manifest['files'])} files.")
