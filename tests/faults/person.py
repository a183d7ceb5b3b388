"""Somebody who uses the site over HTTP and, when something breaks, tries again as people do."""

from __future__ import annotations

import http.client
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http.cookiejar import CookieJar
from typing import Any, TypeVar

import psycopg
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from faults.form_fields import read_form

T = TypeVar("T")

GIVES_UP_AFTER_S = 180
BROKEN = (urllib.error.URLError, http.client.HTTPException, OSError)


class SiteError(Exception):
    """An answer that is not one: 500 and above, with the page that says why."""

    def __init__(self, message: str, page: str) -> None:
        super().__init__(message)
        self.page = page


class Person:
    """Signed in with a one-time link; every request may be repeated."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def send(self, path: str, data: dict[str, Any] | None = None, **headers: str) -> tuple[int, str, str]:
        """Status, path after redirects, text. Raises SiteError or one of BROKEN."""
        body = None
        if data is not None:
            token = next((c.value for c in self.cookies if c.name == "csrftoken"), "")
            body = encode_multipart(BOUNDARY, {"csrfmiddlewaretoken": token} | data)
            headers |= {"Content-Type": MULTIPART_CONTENT}
        request = urllib.request.Request(self.address + path, data=body, headers=headers)  # noqa: S310
        try:
            answer = self.opener.open(request, timeout=20)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            text = answer.read().decode(errors="replace")
            if answer.status >= 500:
                raise SiteError(f"{answer.status} at {path}", text)
            return answer.status, answer.url.removeprefix(self.address), text

    def insist(self, path: str, data: dict[str, Any] | None = None) -> tuple[int, str, str]:
        return insist(lambda: self.send(path, data))

    # --- what people do

    def bring_in(self, project: int, lines: list[dict[str, Any]], state: Callable[[str], Any]) -> None:
        """Upload pairs and confirm, until they are imported; what is there already is not doubled."""
        text = "".join(json.dumps(line) + "\n" for line in lines).encode()
        address = f"/projects/{project}/imports/"
        query = f"SELECT status FROM annotations_importbatch WHERE id = {{}} AND project_id = {project}"

        def upload() -> str:
            form = read_form(self.insist(address)[2], address)
            # a file of its own for each try: one that was sent is at its end
            answer = insist(
                lambda: self.send(address, form | {"pairs": SimpleUploadedFile("pairs.jsonl", text)})
            )
            if found := re.match(r"/imports/(\d+)/", answer[1]):
                return found[1]
            raise RuntimeError(
                f"the upload ended at {answer[1]}: {re.findall('errorlist.*?</ul>', answer[2])}"
            )

        batch = upload()
        end = time.monotonic() + GIVES_UP_AFTER_S
        while (status := state(query.format(batch))) != "done":
            if status == "staged":
                self.insist(f"/imports/{batch}/commit/", {})
            elif status == "failed":
                batch = upload()
            check_time(end, f"import {batch} is {status}")

    def launch(self, project: int, state: Callable[[str], Any]) -> None:
        """Launch a run over everything and resume it until it is done."""
        self.see_through(self.ask_for_run(project, state), state)

    def ask_for_run(self, project: int, state: Callable[[str], Any]) -> int:
        newest = f"SELECT coalesce(max(id), 0) FROM annotations_projectionrun WHERE project_id = {project}"
        before = state(newest)
        address = f"/projects/{project}/runs/new/"
        choices = {"method": "word-to-word", "aligner": "simalign", "chunk_size": "20"}
        end = time.monotonic() + GIVES_UP_AFTER_S
        while (run := state(newest)) == before:
            form = read_form(self.insist(address)[2], address) | choices
            answer = self.insist(address, form)
            check_time(end, f"no run was launched: {re.findall('errorlist.*?</ul>', answer[2])}")
        return int(run)

    def see_through(self, run: int, state: Callable[[str], Any]) -> None:
        end = time.monotonic() + GIVES_UP_AFTER_S
        query = f"SELECT status FROM annotations_projectionrun WHERE id = {run}"
        while (status := state(query)) != "done":
            if status in {"failed", "cancelled"}:
                self.insist(f"/runs/{run}/resume/", {})
            check_time(end, f"run {run} is {status}")

    def review(self, project: int, n_pairs: int, acknowledged: set[int]) -> None:
        """Accept sentences one after the other; what the site confirmed is kept in `acknowledged`."""
        end = time.monotonic() + GIVES_UP_AFTER_S
        goal = len(acknowledged) + n_pairs
        while len(acknowledged) < goal:
            _, path, page = self.insist(f"/projects/{project}/review/")
            if not re.match(r"/sentences/\d+/", path):
                return  # nothing is left
            pair = int(path.split("/")[2])
            form = read_form(page, f"/sentences/{pair}/accept/")
            try:
                status, _, _ = self.send(f"/sentences/{pair}/accept/", form)
            except (SiteError, *BROKEN):
                continue  # nobody said that it was done
            if status == 200:
                acknowledged.add(pair)
            check_time(end, f"{len(acknowledged)} of {goal} sentences are reviewed")

    def take_out(self, project: int, state: Callable[[str], Any]) -> str:
        """Ask for gold as CoNLL and download it when it is offered."""
        address = f"/projects/{project}/exports/"
        end = time.monotonic() + GIVES_UP_AFTER_S
        while True:
            form = read_form(self.insist(address)[2], address) | {"format": "conll2002"}
            export = re.search(r"/exports/(\d+)/", self.insist(address, form)[1])
            query = f"SELECT status FROM annotations_export WHERE id = {export[1] if export else 0}"
            while export and (status := state(query)) == "working":
                self.insist(f"/exports/{export[1]}/ask-again/", {})
                check_time(end, f"export {export[1]} is {status}")
            if export and status == "ready":
                page = self.insist(f"/exports/{export[1]}/")[2]
                name = re.search(rf"/exports/{export[1]}/files/[^\"]+\.conll", page)[0]
                return self.insist(name)[2]
            check_time(end, "no export was offered")


def insist(ask: Callable[[], T]) -> T:
    """Ask until there is an answer."""
    end = time.monotonic() + GIVES_UP_AFTER_S
    while True:
        try:
            return ask()
        except (SiteError, psycopg.OperationalError, *BROKEN) as error:
            check_time(end, str(error))


def check_time(end: float, why: str) -> None:
    if time.monotonic() > end:
        raise TimeoutError(f"gave up after {GIVES_UP_AFTER_S} s: {why}")
    time.sleep(0.3)
