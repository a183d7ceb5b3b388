"""The files of docs/production: what they start exists, what they set is read, and the parts fit together."""

from __future__ import annotations

import configparser
import re
import shlex
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from gunicorn.app.wsgiapp import WSGIApplication

from annotations.models.workforce import QUEUES

ROOT = Path(__file__).parents[2]
FILES = ROOT / "docs" / "production"
COMPOSE = yaml.safe_load((FILES / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
UNITS = sorted(FILES.glob("*.service"))
KNOWN = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "production.md").read_text(), re.MULTILINE))


def unit(path: Path) -> configparser.ConfigParser:
    found = configparser.ConfigParser(strict=False, interpolation=None)
    found.optionxform = str  # type: ignore[assignment,method-assign]
    found.read(path)
    return found


def commands() -> list[str]:
    """Every command that starts one of our processes."""
    docker = re.search(r"CMD (\[.*?\])", (FILES / "Dockerfile").read_text(), re.DOTALL)
    assert docker
    image = yaml.safe_load(docker[1].replace("\\\n", ""))
    composed = [service["command"] for service in SERVICES.values() if service.get("image") == "projector"
                and "command" in service]  # fmt: skip
    units = [re.sub(r"^\S+/bin/", "", unit(path)["Service"]["ExecStart"]) for path in UNITS]
    return [shlex.join(image), *composed, *units]


def test_our_processes_are_started_as_they_can_be() -> None:
    found = commands()
    assert len(found) >= 7
    for command in found:
        words = shlex.split(command)
        if words[0] == "celery":
            queues = words[words.index("--queues") + 1].split(",")
            assert set(queues) <= set(QUEUES), command
            assert words[words.index("-A") + 1] == "projector_site"
        elif words[0] == "gunicorn":
            application = WSGIApplication.__new__(WSGIApplication)
            application.usage = application.prog = None
            application.load_default_config()
            parser = application.cfg.parser()
            given = parser.parse_args(words[1:])
            assert given.args == ["projector_site.wsgi"]
            assert given.preload_app, "metrics of the processes are counted together"
        else:
            assert words[:2] == ["sh", "-c"], command
            assert "manage.py migrate" in command


def test_only_settings_that_are_read_are_set() -> None:
    ours = COMPOSE["x-projector"]["environment"]
    assert set(ours) <= KNOWN
    for path in UNITS:
        for name in re.findall(r"^Environment=(\w+)=", path.read_text(), re.MULTILINE):
            assert name in KNOWN, path


def test_services_wait_for_services_and_keep_what_is_theirs() -> None:
    for name, service in SERVICES.items():
        assert set(service.get("depends_on", {})) <= set(SERVICES), name
        for volume in service.get("volumes", []):
            assert volume.partition(":")[0] in COMPOSE["volumes"], name
    hosts = {"database": "DATABASE_URL", "broker": "CELERY_BROKER_URL"}
    for host, variable in hosts.items():
        assert host in SERVICES
        assert re.search(rf"[@/]{host}\b", COMPOSE["x-projector"]["environment"][variable])


def test_the_page_names_every_file() -> None:
    page = (ROOT / "docs" / "production.md").read_text()
    for path in FILES.iterdir():
        assert f"](production/{path.name})" in page, path.name
    for target in re.findall(r"\]\(([\w/.@-]+)\)", page):
        assert (ROOT / "docs" / target).exists(), target


def test_units_restart_and_stop_as_workers_need_it() -> None:
    for path in UNITS:
        service = unit(path)["Service"]
        assert service["Restart"] == "on-failure"
        assert service["EnvironmentFile"] == "/etc/projector.env"
        if "celery" in service["ExecStart"]:
            assert service["KillMode"] == "mixed"
            assert int(service["TimeoutStopSec"]) >= 60


def test_the_proxy_says_what_the_settings_believe() -> None:
    proxy = (FILES / "nginx.conf").read_text()
    for header, value in (("X-Forwarded-Proto", "$scheme"), ("X-Forwarded-For", "$remote_addr")):
        assert f"proxy_set_header {header} {value};" in proxy
    bound = re.search(r"--bind (\S+)", unit(FILES / "projector-web.service")["Service"]["ExecStart"])
    assert bound
    assert f"proxy_pass http://{bound[1]};" in proxy
    most = re.search(r"client_max_body_size (\d+)m;", proxy)
    assert most
    assert int(most[1]) * 1_000_000 >= 3 * settings.IMPORT_MAX_UPLOAD_BYTES


@pytest.mark.slow
def test_the_settings_of_the_compose_file_pass_the_deployment_checks(run_manage, database_url: str) -> None:
    values = {"POSTGRES_PASSWORD": "p", "SECRET_KEY": "k3y-of-f1fty" * 6, "HOST_NAME": "projector.example"}
    given = {
        name: re.sub(r"\$\{(\w+)\}", lambda found: values[found[1]], value)
        for name, value in COMPOSE["x-projector"]["environment"].items()
    }
    done = run_manage(
        "check", "--deploy", "--fail-level", "WARNING", **given | {"DATABASE_URL": database_url}
    )
    assert done.returncode == 0, done.stderr
