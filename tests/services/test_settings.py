"""What the environment may say, and what it may not."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
RunManage = Callable[..., subprocess.CompletedProcess[str]]
PRODUCTION = {
    "SECRET_KEY": "a-key-of-fifty-characters-or-more-that-is-only-for-this-test",
    "ALLOWED_HOSTS": "projector.example.org",
    "HTTPS": "true",
}


def test_the_deployment_check_is_clean(run_manage: RunManage) -> None:
    done = run_manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("DEBUG", "maybe", "DEBUG='maybe' must be one of true, false, 1, 0, yes, no, on, off"),
        ("HTTPS", "si", "HTTPS='si' must be one of"),
        ("HSTS_SECONDS", "a year", "HSTS_SECONDS='a year' must be a whole number"),
    ],
)
def test_a_wrong_value_stops_the_start(run_manage: RunManage, name: str, value: str, message: str) -> None:
    done = run_manage("check", **(PRODUCTION | {name: value}))
    assert done.returncode != 0
    assert message in done.stderr


def test_a_site_without_a_key_does_not_start(run_manage: RunManage, tmp_path) -> None:
    done = run_manage(
        "shell", "-c", "import projector_site.wsgi", SECRET_KEY="", PROJECTOR_DATA=str(tmp_path)
    )
    assert done.returncode != 0
    assert "SECRET_KEY setting must not be empty" in done.stderr


def test_every_setting_is_documented() -> None:
    settings = "".join(path.read_text() for path in (ROOT / "projector_site" / "settings").glob("*.py"))
    names = {*re.findall(r'env_\w+\(\s*"(\w+)"', settings), "PROJECTOR_DATA"}
    documented = set(
        re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "production.md").read_text(), re.MULTILINE)
    )
    assert documented == names
