"""A copy of everything that cannot be made again: the database and the files, in one folder.

    COPY/manifest.json     what is in it: release, schema, sizes and checksums
    COPY/database.dump     pg_dump's custom format: one consistent moment of the database
    COPY/media/            uploads and exports, copied after the dump

A copy appears under its name when it is complete, or not at all. Files are only ever added or removed, never
changed, so a file that the dump knows and that is gone by the time it would be copied was removed meanwhile.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from projector_site.services.errors import ServiceError
from projector_site.services.postgres import INSTALLATION, PACKAGE

MANIFEST, DUMP, MEDIA = "manifest.json", "database.dump", "media"


def make_backup(folder: Path) -> dict[str, Any]:
    """Write a copy to `folder`, which must not be there yet; returns its manifest. Raises ServiceError."""
    if folder.exists():
        raise ServiceError(f"{folder} is already there; name a new folder.")
    partial = folder.with_name(f"{folder.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700, parents=True)
        _run_postgres_tool("pg_dump", "--format=custom", f"--file={partial / DUMP}")
        _copy_files(Path(settings.MEDIA_ROOT), partial / MEDIA)
        manifest = describe(partial)
        (partial / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
        partial.rename(folder)
    except OSError as error:
        raise ServiceError(f"{folder} could not be written: {error.strerror or error}") from error
    return manifest


def restore_backup(folder: Path) -> dict[str, Any]:
    """Bring a copy into the configured database and media folder, both empty; returns its manifest.

    Nothing is changed when the copy is damaged or when there is something already; the database is filled in
    one transaction. Raises ServiceError.
    """
    manifest = check_backup(folder)
    if connection.introspection.table_names():
        name = connection.settings_dict["NAME"]
        raise ServiceError(
            f"The database {name} is not empty. Create a new one, and name it in DATABASE_URL."
        )
    media = Path(settings.MEDIA_ROOT)
    if media.exists() and any(media.iterdir()):
        raise ServiceError(f"{media} is not empty. Restore with another PROJECTOR_DATA, or move it away.")
    _run_postgres_tool(
        "pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", str(folder / DUMP)
    )
    _copy_files(folder / MEDIA, media)
    return manifest


def check_backup(folder: Path) -> dict[str, Any]:
    """The manifest of a copy whose files all are as they were written. Raises ServiceError."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError) as error:
        raise ServiceError(f"{folder} is not a copy made by `manage.py backup`: {error}") from error
    for name, expected in manifest["files"].items():
        path = folder / name
        if not path.is_file() or checksum(path) != expected["sha256"]:
            raise ServiceError(f"{path} is missing or damaged; this copy cannot be restored.")
    return manifest


def describe(folder: Path) -> dict[str, Any]:
    """What a manifest says of the files under `folder`."""
    applied = MigrationRecorder(connection).applied_migrations()
    return {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "postgresql": server_version(),
        "migrations": sorted(f"{app}.{name}" for app, name in applied if app == "annotations"),
        "files": {
            str(path.relative_to(folder)): {"bytes": path.stat().st_size, "sha256": checksum(path)}
            for path in _files(folder)
        },
    }


def server_version() -> int:
    """The major version of the configured server."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0]) // 10_000


def checksum(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _copy_files(source: Path, target: Path) -> None:
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in _files(source) if source.is_dir() else ():
        copy = target / path.relative_to(source)
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            shutil.copy2(path, copy)
        except FileNotFoundError:
            continue  # removed since it was listed


def _run_postgres_tool(name: str, *arguments: str) -> None:
    """pg_dump or pg_restore on the configured database."""
    database = connection.settings_dict
    options = database["OPTIONS"]
    environment = {
        "PGHOST": str(options.get("host") or database["HOST"]),
        "PGPORT": str(database["PORT"] or 5432),
        "PGUSER": database["USER"],
        "PGPASSWORD": database["PASSWORD"],
        "PGPASSFILE": str(options.get("passfile", "")),
        "PGSSLMODE": str(options.get("sslmode", "")),
    }
    command = [find_postgres_tool(name), f"--dbname={database['NAME']}", "--no-password", *arguments]
    done = subprocess.run(
        command,
        env=os.environ | {key: value for key, value in environment.items() if value},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ServiceError(f"{name} failed: {done.stderr.strip() or f'exit status {done.returncode}'}")


def find_postgres_tool(name: str) -> str:
    """The program that came with the embedded server, else the system's."""
    try:
        packaged = Path(str(distribution(PACKAGE).locate_file(f"{INSTALLATION}/bin/{name}")))
    except PackageNotFoundError:
        packaged = Path()
    if packaged.is_file():
        return str(packaged)
    found = shutil.which(name)
    if not found:
        raise ServiceError(f"{name} is missing: install PostgreSQL's client programs.")
    return found
