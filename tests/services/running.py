"""`manage.py up` as a user runs it: a process of its own, a data folder of its own, a free port."""

import os
import re
import signal
import subprocess
import sys
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import psutil

PROJECT_ROOT = Path(__file__).parent.parent.parent
NOT_INHERITED = {"DATABASE_URL", "CELERY_BROKER_URL", "PROJECTOR_DATA", "SECRET_KEY"}


def answer_a_closed_terminal() -> None:
    """As in a user's shell, also when the test suite itself runs under nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Up:
    """A running `manage.py up`."""

    def __init__(
        self, data_folder: Path, *options: str, terminal: int | None = None, **environment: str
    ) -> None:
        self.data_folder = data_folder
        self.output_file = data_folder.parent / "output"
        inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
        command = [sys.executable, "manage.py", "up", "--data-folder", str(data_folder), "--workers", "1"]
        with open(self.output_file, "w") as output:
            self.process = subprocess.Popen(
                [*command, "--port", "0", *options],
                cwd=PROJECT_ROOT,
                env=inherited | environment,
                stdin=subprocess.DEVNULL if terminal is None else terminal,
                stdout=output if terminal is None else terminal,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=answer_a_closed_terminal,
            )

    @property
    def output(self) -> str:
        return self.output_file.read_text()

    @property
    def address(self) -> str:
        found = re.search(r"Projector is at (\S+)", self.output)
        return found[1] if found else ""

    @property
    def sign_in_path(self) -> str:
        found = re.search(r"http://[^/]+(/sign-in/\S+/)", self.output)
        assert found, self.output
        return found[1]

    def children(self) -> dict[str, psutil.Process]:
        """The servers by name."""
        marks = {"database": "bin/postgres", "broker": "valkey-server", "worker": "celery", "web": "gunicorn"}
        found = {}
        for process in psutil.Process(self.process.pid).children():
            try:
                command = " ".join(process.cmdline())
            except psutil.Error:  # it has just ended
                continue
            found |= {name: process for name, mark in marks.items() if mark in command}
        return found

    def all_processes(self) -> list[psutil.Process]:
        supervisor = psutil.Process(self.process.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)


class Browser:
    """Just enough of one: cookies, forms with their CSRF token, redirects."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies = CookieJar()
        self.opener = build_opener(HTTPCookieProcessor(self.cookies))

    def get(self, path: str) -> tuple[int, str, str]:
        """Status, path after redirects, text."""
        return self._open(Request(self.address + path))

    def post(self, path: str, **fields: str) -> tuple[int, str, str]:
        token = next(cookie.value for cookie in self.cookies if cookie.name == "csrftoken")
        body = urlencode({"csrfmiddlewaretoken": token, **fields}).encode()
        return self._open(Request(self.address + path, data=body))

    def _open(self, request: Request) -> tuple[int, str, str]:
        try:
            answer = self.opener.open(request, timeout=10)
        except HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.url.removeprefix(self.address), answer.read().decode()
