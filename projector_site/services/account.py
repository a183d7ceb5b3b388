"""The account that the embedded servers run under: PostgreSQL refuses to run as root."""

import os
import pwd
import shutil
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path

from projector_site.services.errors import ServiceError


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int

    def can_enter(self, folder: Path) -> bool:
        """Whether mode bits let the account pass through `folder`."""
        found = folder.stat()
        if found.st_uid == self.uid:
            return bool(found.st_mode & 0o100)
        if found.st_gid == self.gid:
            return bool(found.st_mode & 0o010)
        return bool(found.st_mode & 0o001)

    def closed_parent(self, path: Path) -> Path | None:
        """The outermost folder on the way to `path` that the account may not enter."""
        folders = [folder for folder in reversed(path.resolve().parents) if folder.is_dir()]
        return next((folder for folder in folders if not self.can_enter(folder)), None)

    def own(self, folder: Path, *, mode: int = 0o700) -> None:
        """Make `folder` the account's own."""
        folder.mkdir(exist_ok=True)
        if folder.stat().st_uid != self.uid:
            os.chown(folder, self.uid, self.gid)
        folder.chmod(mode)


def servers_account() -> Account | None:
    """None: run the servers as who we are. As root: `postgres` where there is one, else `nobody`."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise ServiceError(
        "PostgreSQL does not run as root and there is no account `postgres` or `nobody`: "
        "run as an ordinary user, or set DATABASE_URL."
    )


def check_parents(root: Path, account: Account) -> None:
    """Raise ServiceError if the account cannot come as far as the data folder."""
    closed = account.closed_parent(root)
    if closed:
        raise ServiceError(
            f"As root, PostgreSQL runs as the account `{account.name}`, which may not enter {closed}: "
            "choose another data folder with --data-folder, or run as an ordinary user."
        )


def reachable_package(
    programs: Path, package: Distribution, folders: tuple[str, ...], account: Account | None
) -> Path:
    """Where the package's `folders` are for the account: installed, or copied when it cannot come there.

    A virtual environment under /root is closed to everybody but root.
    """
    installed = Path(str(package.locate_file("")))
    if account is None or account.closed_parent(installed / folders[0]) is None:
        return installed
    copy = programs / f"{package.name}-{package.version}"
    if not copy.exists():
        partial = programs / "partial"
        shutil.rmtree(partial, ignore_errors=True)
        for folder in folders:
            if (installed / folder).exists():
                shutil.copytree(installed / folder, partial / folder, symlinks=True)
        partial.rename(copy)
    return copy
