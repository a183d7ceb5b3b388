"""`manage.py backup`: copy the database and the files while everything runs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from projector_site.operations.backup import make_backup
from projector_site.services.errors import ServiceError


class Command(BaseCommand):
    help = "Copy the database and the uploaded and exported files into a new folder, while everything runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="a folder that is not there yet")

    def handle(self, *, folder: Path, **options: Any) -> None:
        try:
            manifest = make_backup(folder.absolute())
        except ServiceError as error:
            raise CommandError(str(error)) from error
        size = sum(file["bytes"] for file in manifest["files"].values())
        self.stdout.write(f"{folder}: {len(manifest['files'])} files, {size / 1e6:.1f} MB.")
