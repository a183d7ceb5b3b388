"""The folder's names, its lock, its secrets, and who may come to it."""

import os
import subprocess
import sys
from pathlib import Path

import dj_database_url
import pytest

from projector_site.services.account import Account, check_parents, servers_account
from projector_site.services.data_folder import (
    LONGEST_SOCKET_PATH,
    DataFolder,
    default_data_folder,
    refuse_strangers_folder,
)
from projector_site.services.errors import ServiceError
from projector_site.services.postgres import is_server_of, wait_for_old_server

NOBODY = Account("nobody", 65534, 65534)


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "data")
    folder.prepare(None)
    return folder


def test_a_second_process_cannot_lock(folder: DataFolder) -> None:
    program = (
        "import sys; from pathlib import Path; from projector_site.services.data_folder import DataFolder\n"
        "with DataFolder(Path(sys.argv[1])).locked(): pass"
    )
    command = [sys.executable, "-c", program, str(folder.root)]
    root = Path(__file__).parent.parent.parent
    with folder.locked():
        folder.write_address("http://127.0.0.1:1234")
        refused = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert f"(process {os.getpid()}, http://127.0.0.1:1234); stop it first" in refused.stderr
    assert subprocess.run(command, cwd=root).returncode == 0


def test_the_key_is_made_once(folder: DataFolder) -> None:
    key = folder.secret_key()
    assert len(key) >= 50
    folder.prepare(None)
    assert folder.secret_key() == key
    assert folder.secret_key_file.stat().st_mode & 0o777 == 0o600
    assert folder.root.stat().st_mode & 0o777 == 0o700


def test_a_long_path_gets_a_short_socket_folder(tmp_path: Path) -> None:
    deep = DataFolder(tmp_path / ("long" * 30))
    assert deep.sockets == DataFolder(deep.root).sockets != DataFolder(deep.root / "other").sockets
    assert len(str(deep.sockets / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH
    assert DataFolder(Path("/srv/data")).sockets == Path("/srv/data/sockets")


def test_a_socket_folder_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ServiceError, match="belongs to somebody else"):
        refuse_strangers_folder(tmp_path / "link", {os.geteuid()})
    with pytest.raises(ServiceError, match="belongs to somebody else"):
        refuse_strangers_folder(tmp_path / "elsewhere", {os.geteuid() + 1})
    refuse_strangers_folder(tmp_path / "elsewhere", {os.geteuid()})


def test_the_database_url_reads_back(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "a folder & more")
    parsed = dj_database_url.parse(folder.database_url())
    assert (parsed["NAME"], parsed["USER"]) == ("projector", "postgres")
    assert parsed["OPTIONS"] == {"host": str(folder.sockets), "passfile": str(folder.postgres_password_file)}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"PROJECTOR_DATA": "/srv/p"}, "/srv/p"),
        ({"PROJECTOR_DATA": "~/p", "HOME": "/home/ada"}, "/home/ada/p"),
    ],
)
def test_the_environment_names_the_folder(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert default_data_folder() == Path(expected)


@pytest.mark.parametrize(
    ("uid", "environment", "expected"),
    [
        (0, {"HOME": "/root"}, "/var/lib/projector"),
        (1000, {"HOME": "/home/ada"}, "/home/ada/.local/share/projector"),
        (1000, {"HOME": "/home/ada", "XDG_DATA_HOME": "/data/ada"}, "/data/ada/projector"),
    ],
)
def test_the_default_folder(
    monkeypatch: pytest.MonkeyPatch, uid: int, environment: dict[str, str], expected: str
) -> None:
    for name in ("PROJECTOR_DATA", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    assert default_data_folder() == Path(expected)


def test_a_closed_parent_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "data").mkdir(parents=True)
    for parent in (closed, *tmp_path.parents):
        if parent.stat().st_uid == os.geteuid() and parent.is_relative_to(tmp_path.parents[2]):
            parent.chmod(0o755)
    tmp_path.chmod(0o755)
    assert NOBODY.closed_parent(closed / "data") is None
    closed.chmod(0o700)
    with pytest.raises(ServiceError, match=f"may not enter {closed}"):
        check_parents(closed / "data", NOBODY)


def test_only_root_needs_another_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert servers_account() is None
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    account = servers_account()
    assert account is not None
    assert account.uid != 0


def test_a_stale_pid_file_is_removed(tmp_path: Path) -> None:
    (tmp_path / "postmaster.pid").write_text(f"{os.getpid()}\n/somewhere\n")  # alive, but no server of it
    assert not is_server_of(os.getpid(), tmp_path)
    wait_for_old_server(tmp_path)
    assert not (tmp_path / "postmaster.pid").exists()
