"""What `manage.py up` runs beside the embedded servers: preparation, worker, web."""

import http.client
import os
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from projector_site.services.errors import ServiceError
from projector_site.services.process import Program

WEB_PROCESSES = 2
WEB_THREADS = 4
QUEUES = ("cpu", "gpu")  # of runs; imports and exports are for workers of cpu
MANAGE_PY = Path(__file__).parent.parent.parent / "manage.py"
LOOPBACK_HOSTS = {"127.0.0.1", "::1", "localhost"}
WILDCARD_HOSTS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - what a user may ask for


def prepare_program(environment: Mapping[str, str], *, address: str, with_demo: bool) -> Program:
    """Migrations, static files, demo corpus, first owner; it writes how to sign in."""
    command = [sys.executable, str(MANAGE_PY), "prepare", "--address", address]
    return Program("prepare", command + ([] if with_demo else ["--no-demo"]), environment)


def worker_program(
    environment: Mapping[str, str],
    *,
    n_processes: int,
    queues: str,
    before_start: Callable[[], object] | None,
) -> Program:
    """The Celery worker; each of its processes loads the models once, and they share the cores."""
    n_threads = max(1, (os.cpu_count() or 1) // n_processes)
    command = [sys.executable, "-m", "celery", "--workdir", str(MANAGE_PY.parent), "-A", "projector_site"]
    command += ["worker", "--queues", queues, "--concurrency", str(n_processes), "--loglevel", "INFO"]
    command += ["--without-gossip", "--without-mingle"]
    return Program(
        "worker",
        command,
        {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", str(n_threads)), **environment},
        before_start=before_start,
        stop_within_s=3,  # a task cut short is queued again at the next start
        follows="broker",
    )


def web_program(environment: Mapping[str, str], *, host: str, port: int) -> Program:
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    command = [sys.executable, "-m", "gunicorn", "projector_site.wsgi", "--bind", address, "--preload"]
    command += [
        "--chdir",
        str(MANAGE_PY.parent),
        "--worker-class",
        "gthread",
        "--workers",
        str(WEB_PROCESSES),
        "--threads",
        str(WEB_THREADS),
    ]
    command += ["--graceful-timeout", "3", "--no-control-socket"]
    if Path("/dev/shm").is_dir():  # noqa: S108 - gunicorn's heartbeat must not wait for a disk
        command += ["--worker-tmp-dir", "/dev/shm"]  # noqa: S108
    return Program("web", command, environment, ready=lambda: answers(host, port), stop_within_s=5)


def answers(host: str, port: int) -> bool:
    """Whether an HTTP server speaks there, whatever it says."""
    connection = http.client.HTTPConnection(WILDCARD_HOSTS.get(host, host), port, timeout=10)
    try:
        connection.request("HEAD", "/sign-in/", headers={"Host": "localhost"})
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def free_port(host: str, port: int) -> int:
    """`port`, or any free one for 0. Raises ServiceError if we may not listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            return int(probe.getsockname()[1])
    except PermissionError:
        raise ServiceError(f"Port {port} is reserved to root: choose one above 1023 with --port.") from None
    except OSError as error:
        raise ServiceError(
            f"Port {port} of {host} cannot be used ({error.strerror}): choose another with --port."
        ) from None


def visible_address(host: str, port: int) -> str:
    """What to type into a browser."""
    name = socket.gethostname() if host in WILDCARD_HOSTS else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"
