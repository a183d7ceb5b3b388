"""kill -9 of one process after the other, at random moments, while people import, project, review and export.

    python tests/faults/chaos.py [--rounds 32] [--skip 0] [--seed 1] [--folder FOLDER]

A whole installation (`manage.py up`) on a data folder of its own. Each round pairs one activity with one
victim; the person tries again as people do, and afterwards the promises of invariants.py must hold, no
review that the site confirmed may be missing, and what an export offers must hold every reviewed sentence.
Exits with 1 when a promise is broken. A round takes half a minute.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
PROJECT = TESTS.parent
sys.path[:0] = [str(PROJECT), str(TESTS)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "projector_site.settings")

import psutil  # noqa: E402
import psycopg  # noqa: E402

from faults.form_fields import read_form  # noqa: E402
from faults.invariants import broken_promises, lost_reviews  # noqa: E402
from faults.person import Person, insist  # noqa: E402
from projector_site.services.data_folder import DataFolder  # noqa: E402
from projector_site.services.postgres import connect  # noqa: E402
from projector_site.services.programs import free_port  # noqa: E402
from services.running import Up  # noqa: E402

ACTIVITIES = ("import", "run", "review", "export")
VICTIMS = ("worker", "pool child", "broker", "database", "backend", "web", "web child", "supervisor")
PAIRS_PER_IMPORT = 40
READY_WITHIN_S = 120


class Installation:
    """`manage.py up` that is started again when its supervisor is killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = DataFolder(folder)
        self.port = str(free_port("127.0.0.1", 0))
        self.up = self.start()

    def start(self) -> Up:
        up = Up(self.folder.root, "--no-demo", "--port", self.port, RUN_LEASE_S="5")
        end = time.monotonic() + READY_WITHIN_S
        while not up.address:
            if up.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"it does not start: {up.output}")
            time.sleep(0.1)
        return up

    def victim(self, name: str) -> psutil.Process | None:
        """A process to kill; None while there is none of that name."""
        try:
            children = self.up.children()
            if name == "supervisor":
                return psutil.Process(self.up.process.pid)
            if name in children:
                return children[name]
            parent = {"pool child": "worker", "backend": "database", "web child": "web"}[name]
            return random.choice(children[parent].children())  # noqa: S311
        except (psutil.Error, KeyError, IndexError):
            return None

    def kill(self, name: str) -> bool:
        victim = self.victim(name)
        if victim is None:
            return False
        victim.kill()
        if name == "supervisor":
            self.up.process.wait()
            self.up = self.start()
        return True

    def state(self, query: str) -> Any:
        """One value from the database, whenever it answers."""

        def ask() -> Any:
            with connect(self.folder, "projector") as connection:
                row = connection.execute(query).fetchone()
            return row[0] if row else None

        return insist(ask)

    def database(self) -> psycopg.Connection:
        return insist(lambda: connect(self.folder, "projector"))


class Chaos:
    """One project, one person, and someone who kills."""

    def __init__(self, installation: Installation, seed: int) -> None:
        self.installation = installation
        self.chance = random.Random(seed)  # noqa: S311
        self.person = Person(installation.up.address)
        self.acknowledged: set[int] = set()
        self.n_imports = 0
        self.lines = (PROJECT / "annotations" / "demo" / "en-es.jsonl").read_text().splitlines()
        link = installation.up.sign_in_path
        self.person.insist(link)
        self.person.insist(link, {})
        form = read_form(self.person.insist("/projects/new/")[2], "/projects/new/") | {"name": "Chaos"}
        page = self.person.insist("/projects/new/", form)
        self.project = installation.state("SELECT max(id) FROM annotations_project")
        if not self.project:
            raise RuntimeError(f"the project could not be made: {page[1]}")
        for activity in ("import", "run", "review"):
            self.act(activity)

    def act(self, activity: str) -> None:
        state = self.installation.state
        if activity == "import":
            self.n_imports += 1
            lines = [json.loads(line) for line in self.lines[:PAIRS_PER_IMPORT]]
            lines = [line | {"id": f"{line['id']}-{self.n_imports}"} for line in lines]
            self.person.bring_in(self.project, lines, state)
        elif activity == "run":
            self.person.launch(self.project, state)
        elif activity == "review":
            self.person.review(self.project, 12, self.acknowledged)
        else:
            before = self.n_reviewed()
            self.check_export(self.person.take_out(self.project, state), before)

    def n_reviewed(self) -> int:
        reviewed = f"project_id = {self.project} AND status = 'reviewed'"
        return self.installation.state(f"SELECT count(*) FROM annotations_sentencepair WHERE {reviewed}")

    def check_export(self, text: str, before: int) -> None:
        """The file holds every sentence that was reviewed when it was asked for, and perhaps later ones."""
        blocks = [block for block in text.split("\n\n") if block.strip()]
        sentences = [b for b in blocks if not b.startswith(("-DOCSTART-", "#"))]
        if not before <= len(sentences) <= self.n_reviewed():
            raise AssertionError(f"an export of {len(sentences)} sentences; {before} were reviewed")

    def round(self, activity: str, victim: str) -> tuple[list[str], float]:
        """What was broken afterwards, and how many seconds the activity took."""
        failures: list[str] = []

        def work() -> None:
            try:
                self.act(activity)
            except Exception as error:  # noqa: BLE001 - whatever went wrong is what this looks for
                failures.append(f"{type(error).__name__}: {error}")

        started = time.monotonic()
        thread = threading.Thread(target=work)
        thread.start()
        time.sleep(self.chance.uniform(0.05, 2.5))
        while not self.installation.kill(victim) and thread.is_alive():
            time.sleep(0.05)
        thread.join()
        seconds = time.monotonic() - started
        with self.installation.database() as connection:
            failures += broken_promises(connection, self.project)
            if lost := lost_reviews(connection, self.acknowledged):
                failures.append(f"lost reviews of the sentences {sorted(lost)}")
        return failures, seconds


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=len(ACTIVITIES) * len(VICTIMS))
    parser.add_argument("--skip", type=int, default=0, help="rounds that were run before, with the same seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where the installation is made; kept afterwards")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the installation is stopped
    with tempfile.TemporaryDirectory(prefix="projector-chaos-") as temporary:
        Path(temporary).chmod(0o755)
        installation = Installation((options.folder or Path(temporary)).absolute() / "data")
        try:
            return run_rounds(installation, options.rounds, options.seed, options.skip)
        finally:
            installation.up.stop()


def run_rounds(installation: Installation, n_rounds: int, seed: int, n_skipped: int) -> int:
    chaos = Chaos(installation, seed)
    rounds = list(itertools.product(ACTIVITIES, VICTIMS))
    chaos.chance.shuffle(rounds)
    numbered = itertools.islice(enumerate(itertools.cycle(rounds), 1), n_skipped, n_skipped + n_rounds)
    n_broken = 0
    print("| round | during | killed | seconds until it was done | broken |\n|---|---|---|---|---|")
    for number, (activity, victim) in numbered:
        failures, seconds = chaos.round(activity, victim)
        n_broken += bool(failures)
        print(f"| {number} | {activity} | {victim} | {seconds:.1f} | {'; '.join(failures)} |", flush=True)
    print(
        f"\n{n_rounds} rounds, seed {seed}: {n_broken} with a broken promise; "
        f"{chaos.n_imports * PAIRS_PER_IMPORT} pairs, {len(chaos.acknowledged)} confirmed reviews."
    )
    return 1 if n_broken else 0


if __name__ == "__main__":
    sys.exit(main())
