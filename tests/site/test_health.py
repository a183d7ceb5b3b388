"""What load balancers, Prometheus and log collectors are told."""

import json
import logging
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from annotations.models import SentencePair
from factories import make_pair, make_project
from projector_site.operations import health
from projector_site.operations.counting import count_together, is_running
from projector_site.operations.logs import describe_task


def test_a_process_that_answers_is_alive_without_a_database(client: Client) -> None:
    response = client.get("/health/live/")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_ready_when_everything_answers(client: Client, live_broker: str) -> None:
    response = client.get("/health/ready/")
    assert response.json() == {"database": "ok", "schema": "ok", "broker": "ok", "status": "ok"}
    assert response.status_code == 200


@pytest.mark.django_db
def test_not_ready_without_a_broker(client: Client, settings) -> None:
    settings.CELERY_BROKER_URL = "redis+socket:///nowhere/at/all"
    response = client.get("/health/ready/")
    assert response.status_code == 503
    assert response.json()["broker"] == "does not answer"
    assert response.json()["database"] == "ok"


@pytest.mark.django_db
def test_not_ready_with_a_broker_that_hangs(client: Client, settings, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(health, "BROKER_ANSWERS_WITHIN_S", 0.2)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "b"))
        silent.listen()
        settings.CELERY_BROKER_URL = f"redis+socket://{tmp_path / 'b'}"
        assert client.get("/health/ready/").json()["broker"] == "does not answer"


@pytest.mark.django_db
def test_not_ready_before_the_migrations(client: Client, monkeypatch) -> None:
    monkeypatch.setattr(health, "_schema_was_seen_complete", [])
    monkeypatch.setattr(health, "pending_migrations", lambda: ["annotations.9999_next"])
    assert client.get("/health/ready/").json()["schema"] == "migrations are to be run"


@pytest.mark.django_db
def test_health_is_not_sent_to_tls(client: Client, settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/health/live/").status_code == 200
    assert client.get("/sign-in/").status_code == 301


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["", "Bearer wrong", "Bearer ", "Basic secret-token", "Bearer ключ"])
def test_metrics_are_for_those_who_know_the_token(client: Client, settings, header: str) -> None:
    settings.METRICS_TOKEN = "secret-token"
    assert client.get("/metrics", headers={"Authorization": header}).status_code == 404
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": header}).status_code == 404


@pytest.mark.django_db
def test_metrics_count_pairs_and_requests(settings) -> None:
    settings.METRICS_TOKEN = "secret-token"
    project = make_project()
    pairs = [make_pair(project) for _ in range(3)]
    SentencePair.objects.filter(pk=pairs[0].pk).update(status="reviewed")
    client = Client()
    client.get("/sign-in/")
    text = client.get("/metrics", headers={"Authorization": "Bearer secret-token"}).content.decode()
    assert 'projector_pairs{state="pairs"} 3.0' in text
    assert 'projector_pairs{state="reviewed"} 1.0' in text
    assert 'projector_requests_total{method="GET",page="login",status="200"}' in text
    assert 'projector_request_seconds_bucket{le="+Inf",page="login"}' in text


def test_processes_count_together(tmp_path) -> None:
    """What a process counted is seen by another; what an ended one left is dropped at the next start."""
    code = (
        "from pathlib import Path; import sys, os\n"
        "from projector_site.operations.counting import count_together\n"
        "count_together(Path(sys.argv[1]))\n"
        "from prometheus_client import CollectorRegistry, Counter, generate_latest\n"
        "from prometheus_client.multiprocess import MultiProcessCollector\n"
        "c = Counter('n', 'n')\n"
        "for _ in range(2):\n"
        "    if (pid := os.fork()) == 0:\n"
        "        c.inc(); os._exit(0)\n"
        "    os.waitpid(pid, 0)\n"
        "r = CollectorRegistry(); MultiProcessCollector(r); print(generate_latest(r).decode())\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "PROMETHEUS_MULTIPROC_DIR"}
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "n_total 2.0" in done.stdout
    assert list(tmp_path.rglob("*.db"))
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "n_total 2.0" in done.stdout


def test_only_files_of_ended_processes_are_dropped(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "kept")
    count_together(tmp_path)
    (folder,) = tmp_path.iterdir()
    mine = folder / f"counter_{os.getpid()}.db"
    ended = folder / "counter_4194305.db"  # above the largest pid of Linux
    mine.touch()
    ended.touch()
    count_together(tmp_path)
    assert mine.exists()
    assert not ended.exists()
    assert is_running(os.getpid())


@pytest.mark.django_db
def test_a_request_keeps_the_name_its_proxy_gave_it(client: Client) -> None:
    answer = client.get("/health/live/", headers={"X-Request-ID": "abc-123-def"})
    assert answer["X-Request-ID"] == "abc-123-def"
    forged = client.get("/health/live/", headers={"X-Request-ID": "x\r\nSet-Cookie: a"})
    assert len(forged["X-Request-ID"]) == 32
    assert client.get("/health/live/")["X-Request-ID"] != forged["X-Request-ID"]


def test_a_task_is_named_by_its_ids_alone() -> None:
    assert describe_task("workers.tasks.process_chunk", [12]) == "process_chunk(12)"
    assert describe_task("annotations.tasks.read", ["secret text", 7]) == "read(7)"


def test_lines_of_the_log_name_their_request(run_manage) -> None:
    """The whole logging configuration, in a process of its own."""
    code = (
        "import logging; from projector_site.operations import logs; "
        "logs._request_id.set('req-1'); logging.getLogger('x').warning('héllo')"
    )
    done = run_manage("shell", "-v", "0", "-c", code, LOG_FORMAT="json")
    line = json.loads(done.stderr.strip().splitlines()[-1])
    assert (line["message"], line["request_id"], line["task"]) == ("héllo", "req-1", "-")
    assert line["levelname"] == logging.getLevelName(logging.WARNING)
    done = run_manage("shell", "-v", "0", "-c", code)
    assert done.stderr.strip().splitlines()[-1].endswith("WARNING x [req-1 -]: héllo")


def test_an_unknown_log_format_stops_the_start(run_manage) -> None:
    done = run_manage("check", LOG_FORMAT="xml")
    assert done.returncode != 0
    assert "LOG_FORMAT='xml' must be one of plain, json" in done.stderr
