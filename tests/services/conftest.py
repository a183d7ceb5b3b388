"""An installation of a test module's own."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.running import Up


@pytest.fixture(scope="module")
def data_folder() -> Iterator[Path]:
    """A path for a data folder that other accounts can reach, as the servers' account must as root."""
    parent = Path(tempfile.mkdtemp(prefix="projector-up-"))
    parent.chmod(0o755)
    yield parent / "data"
    shutil.rmtree(parent, ignore_errors=True)


@pytest.fixture(scope="module")
def start_up(data_folder: Path, wait_until: Callable[..., None]) -> Iterator[Callable[..., Up]]:
    """Start `up` on the module's data folder and wait for its page."""
    started: list[Up] = []

    def start(*options: str, terminal: int | None = None, **environment: str) -> Up:
        up = Up(data_folder, *options, terminal=terminal, **environment)
        started.append(up)
        if terminal is None:
            wait_until(lambda: up.address or up.process.poll() is not None, why="the address is shown")
            assert up.address, up.output
        return up

    yield start
    for up in started:
        up.stop()
