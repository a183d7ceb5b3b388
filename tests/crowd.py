"""Many scripted annotators over HTTP, each with a session and a connection of their own."""

from __future__ import annotations

import http.client
import random
import re
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.test import Client

from annotations.models import User


@dataclass
class Held:
    """One pair in one person's hands, from the answer that brought it to the request that let it go."""

    pair: int
    person: str
    since: float
    until: float = float("inf")


@dataclass
class Ledger:
    """What everybody got and did. expected: reviews that are to be finished by all together."""

    expected: int
    held: list[Held] = field(default_factory=list)
    n_finished: int = 0
    troubles: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_done(self) -> bool:
        return self.n_finished >= self.expected or bool(self.troubles)

    def served_twice(self) -> list[tuple[Held, Held]]:
        """Pairs that two people had at the same time."""
        by_pair: dict[int, list[Held]] = defaultdict(list)
        for held in sorted(self.held, key=lambda one: one.since):
            by_pair[held.pair].append(held)
        return [
            (one, other)
            for holdings in by_pair.values()
            for number, one in enumerate(holdings)
            for other in holdings[number + 1 :]
            if one.person != other.person and other.since < one.until
        ]


class Annotator(threading.Thread):
    """Reviews what the queue brings: accepts, corrects, looks ahead, and sometimes walks away."""

    def __init__(self, user: User, project_id: int, address: str, ledger: Ledger) -> None:
        super().__init__(name=user.username, daemon=True)
        client = Client()
        client.force_login(user)
        self.session = client.cookies[settings.SESSION_COOKIE_NAME].value
        self.queue = f"/projects/{project_id}/review/"
        self.connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
        self.ledger = ledger
        self.dice = random.Random(user.username)  # noqa: S311 (no secret)
        self.csrf = ""
        self.hands: dict[int, Held] = {}

    def run(self) -> None:
        try:
            while not self.ledger.is_done:
                page = self.come_in()
                while page is not None:
                    page = self.review(page)
        except Exception as error:
            self.ledger.troubles.append(f"{self.name}: {error!r}")
        finally:
            self.connection.close()

    def come_in(self) -> dict[str, str] | None:
        """The next sentence of the queue; None when others have all that is left."""
        status, location, body = self.send("GET", self.queue)
        if status == 302:
            status, _, body = self.send("GET", location)
        page = self.taken(body)
        if page is None:
            time.sleep(0.2)
        return page

    def review(self, page: dict[str, str]) -> dict[str, str] | None:
        """Decide one sentence in one of the ways people do. Returns the next one."""
        chance = self.dice.random()
        if chance < 0.06:
            self.let_go(page)
            self.post(page, "release")
            return None
        if chance < 0.2 and "item" in page:
            page = self.shown(self.post(page, "edit", position="0", edit="reject")[1]) or page
        form = {}
        if chance > 0.5:
            status, body = self.post(page, "ahead")
            ahead = self.taken(body) if status == 200 else None
            form = {"ahead": ahead["pair"]} if ahead else {}
        self.let_go(page)
        status, body = self.post(page, "accept", **form)
        if status != 200:
            raise AssertionError(f"accepting pair {page['pair']} answered {status}")
        with self.ledger.lock:
            self.ledger.n_finished += 1
        following = self.taken(body)
        for pair in set(self.hands) - {int(following["pair"])} if following else set(self.hands):
            raise AssertionError(f"pair {pair} was fetched ahead and not given")
        return following

    # --- pages

    def taken(self, body: str) -> dict[str, str] | None:
        """The sentence that an answer brings, written down as held from now."""
        page = self.shown(body)
        if page is not None and int(page["pair"]) not in self.hands:
            held = Held(int(page["pair"]), self.name, time.monotonic())
            self.hands[held.pair] = held
            self.ledger.held.append(held)
        return page

    def let_go(self, page: dict[str, str]) -> None:
        self.hands.pop(int(page["pair"])).until = time.monotonic()

    @staticmethod
    def shown(body: str) -> dict[str, str] | None:
        pair = re.search(r'id="review" data-pair="(\d+)"', body)
        if pair is None:
            return None
        item = {"item": "0"} if 'id="item-0"' in body else {}
        fields = {
            name: re.search(rf'name="{name}" value="(\w*)"', body) for name in ("version", "run", "text")
        }
        return {"pair": pair[1]} | item | {name: found[1] for name, found in fields.items() if found}

    def post(self, page: dict[str, str], verb: str, **more: str) -> tuple[int, str]:
        form = {name: page[name] for name in ("version", "run", "text") if name in page}
        status, _, body = self.send("POST", f"/sentences/{page['pair']}/{verb}/", form | more)
        return status, body

    def send(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={self.session}; csrftoken={self.csrf}"}
        body = None
        if form is not None:
            headers |= {"HX-Request": "true", "Content-Type": "application/x-www-form-urlencoded"}
            body = urlencode(form | {"csrfmiddlewaretoken": self.csrf})
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        text = response.read().decode()
        if cookie := re.search(r"csrftoken=(\w+)", response.headers.get("Set-Cookie", "")):
            self.csrf = cookie[1]
        if response.status >= 400:
            raise AssertionError(f"{method} {path} answered {response.status}: {text[:300]}")
        return response.status, response.headers.get("Location", ""), text


def work_together(
    people: list[User], project_id: int, address: str, expected: int, timeout_s: float
) -> Ledger:
    """Let everybody work until `expected` reviews are finished. Raises AssertionError otherwise."""
    ledger = Ledger(expected)
    crowd = [Annotator(person, project_id, address, ledger) for person in people]
    for annotator in crowd:
        annotator.start()
    deadline = time.monotonic() + timeout_s
    for annotator in crowd:
        annotator.join(max(0.0, deadline - time.monotonic()))
    if ledger.troubles:
        raise AssertionError("; ".join(ledger.troubles[:5]))
    if any(annotator.is_alive() for annotator in crowd):
        raise AssertionError(f"{ledger.n_finished} of {expected} reviews are done after {timeout_s:g} s")
    return ledger
