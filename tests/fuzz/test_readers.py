"""Whatever bytes a file has, readers answer or refuse. A short run; `run.py` makes the long one.

What was found lies in found/TARGET/, each input as a file.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzz.inputs import make_inputs
from fuzz.targets import TARGETS

FOUND = Path(__file__).parent / "found"


@pytest.mark.parametrize("name", TARGETS)
def test_readers_answer_or_refuse(name: str) -> None:
    for content in make_inputs(f"{name} 1", 200):
        TARGETS[name](content)


@pytest.mark.parametrize(
    "path", sorted(FOUND.glob("*/*")), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_what_was_found_once_stays_mended(path: Path) -> None:
    TARGETS[path.parent.name](path.read_bytes())
