"""The folder that holds everything an installation keeps: database, queue, uploads, secrets, logs."""

import fcntl
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from projector_site.services.account import Account, check_parents
from projector_site.services.errors import ServiceError

# The kernel takes about 107 bytes for the path of a unix socket.
LONGEST_SOCKET_PATH = 100


def default_data_folder() -> Path:
    """`PROJECTOR_DATA`, else /var/lib/projector for root and the XDG data folder for anybody else."""
    if chosen := os.environ.get("PROJECTOR_DATA"):
        return Path(chosen).expanduser().absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/projector")
    xdg = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(xdg).expanduser().absolute() / "projector"


@dataclass(frozen=True)
class DataFolder:
    """Names of the files in a data folder. Every process derives the same names from the same root."""

    root: Path

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def broker(self) -> Path:
        return self.root / "broker"

    @property
    def programs(self) -> Path:
        return self.root / "programs"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def static(self) -> Path:
        return self.root / "static"

    @property
    def media(self) -> Path:
        return self.root / "media"

    @property
    def sockets(self) -> Path:
        """Where the servers listen; a short folder under /tmp when this one's path is too long."""
        inside = self.root / "sockets"
        if len(os.fsencode(inside / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH:
            return inside
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        return Path("/tmp") / f"projector-{digest}"  # noqa: S108 - its owner is checked before use

    @property
    def broker_socket(self) -> Path:
        return self.sockets / "broker"

    @property
    def secret_key_file(self) -> Path:
        return self.root / "secret-key"

    @property
    def postgres_password_file(self) -> Path:
        """In the format of libpq's passfile, which libpq reads at each connection."""
        return self.root / "postgres-password"

    @property
    def lock_file(self) -> Path:
        return self.root / "running.lock"

    def database_url(self, name: str = "projector") -> str:
        """Where the embedded PostgreSQL answers, password left to the passfile."""
        options = f"host={quote(str(self.sockets))}&passfile={quote(str(self.postgres_password_file))}"
        return f"postgres://postgres@/{name}?{options}"

    def broker_url(self) -> str:
        return f"redis+socket://{quote(str(self.broker_socket))}"

    def secret_key(self) -> str:
        """The generated key, or "" before the first start."""
        try:
            return self.secret_key_file.read_text().strip()
        except OSError:
            return ""

    def running(self) -> dict[str, Any]:
        """What the last start wrote down: its process id and the site's address."""
        try:
            return dict(json.loads(self.lock_file.read_text() or "{}"))
        except (OSError, ValueError):
            return {}

    def prepare(self, account: Account | None) -> None:
        """Make the folder, its parts and its secret; `account`, if any, must be able to enter it."""
        if account:
            check_parents(self.root, account)
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self.root.chmod(0o755 if account else 0o700)
            for part in (self.logs, self.static, self.media):
                part.mkdir(exist_ok=True)
            self.media.chmod(0o700)
            self.logs.chmod(0o700)
            self.sockets.mkdir(mode=0o700, exist_ok=True)
            if not self.secret_key():
                write_secret(self.secret_key_file, secrets.token_urlsafe(50))
        except OSError as error:
            raise ServiceError(
                f"The data folder {self.root} cannot be written ({error.strerror}: {error.filename}); "
                "choose another with --data-folder, or make it yours."
            ) from error
        owners = {os.geteuid(), account.uid} if account else {os.geteuid()}
        refuse_strangers_folder(self.sockets, owners)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process alone; the lock falls with the process, however it ends."""
        with open(self.lock_file, "a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                other = self.running()
                raise ServiceError(
                    f"Projector already runs on the data folder {self.root} "
                    f"(process {other.get('pid', 'unknown')}, {other.get('address', 'still starting')}); "
                    "stop it first, or choose another folder with --data-folder."
                ) from None
            self.lock_file.write_text(json.dumps({"pid": os.getpid()}))
            yield

    def write_address(self, address: str) -> None:
        """For other commands and for a refused second start."""
        self.lock_file.write_text(json.dumps({"pid": os.getpid(), "address": address}))


def write_secret(path: Path, text: str) -> None:
    """Create or replace `path` so that nobody else can read it and no half-written file is ever seen."""
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    partial.replace(path)


def refuse_strangers_folder(folder: Path, owners: set[int]) -> None:
    """A folder under /tmp may have been laid there by somebody else."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners:
        raise ServiceError(f"{folder} belongs to somebody else; choose a data folder with a shorter path.")
