"""What lasts: servers that are away or hang, a full disk, no memory for a model, a clock that jumps.

    python tests/faults/outages.py [--faults broker-away,disk-full] [--rounds 1] [--seconds 60] [--seed 1]

A whole installation (`manage.py up`) on a folder of its own. While a fault lasts, the pages must say what is
wrong; afterwards what was asked for must be finished, the promises of invariants.py must hold, and no review
that the site confirmed may be missing. Exits with 1 when one does not. `disk-full` needs root, who may
mount a small tmpfs; without, it is skipped.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS.parent), str(TESTS)]

import psutil  # noqa: E402
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402

from faults.chaos import Chaos, Installation  # noqa: E402
from faults.form_fields import read_form  # noqa: E402
from faults.invariants import broken_promises, lost_reviews  # noqa: E402
from faults.outage import Outage  # noqa: E402
from faults.person import GIVES_UP_AFTER_S  # noqa: E402

DISK = "400m"  # of the data folder where the disk is to be filled
LEASES = (("runchunk", "lease_until"), ("projectionrun", "lease_until"), ("claim", "until"))
MEMORY_LEFT = 4_000_000  # for a batch, beyond what its process has
N_LONG, TIMES_AS_LONG = 8, 12  # sentences that need more


class Skipped(Exception):
    """This machine cannot have the fault."""


def broker_away(outage: Outage) -> None:
    since = time.monotonic()
    with outage.people() as start, outage.stopped("broker"):
        start("run", "review")
        time.sleep(3)
        outage.expect(f"/runs/{outage.newest('projectionrun')}/", "The task queue cannot be reached")
        outage.expect("/health/ready/", '"broker": "does not answer"')
        outage.last(since)


def broker_hangs(outage: Outage) -> None:
    since = time.monotonic()
    with outage.people() as start, outage.hanging("broker"):
        start("run", "review")
        outage.expect("/health/ready/", '"broker": "does not answer"')
        outage.expect(f"/projects/{outage.chaos.project}/", "Chaos")
        outage.last(since)


def database_away(outage: Outage) -> None:
    since = time.monotonic()
    with outage.people() as start:
        start("import", "run", "review")
        with outage.stopped("database"):
            outage.expect("/", "The database does not answer")
            outage.expect(f"/projects/{outage.chaos.project}/review/", "The database does not answer")
            outage.expect("/health/ready/", '"database": "does not answer"')
            outage.expect("/health/live/", '"ok"')
            outage.last(since)


def database_hangs(outage: Outage) -> None:
    since = time.monotonic()
    with outage.people() as start:
        start("run", "review")
        with outage.hanging("database"):
            outage.last(since)


def worker_away(outage: Outage) -> None:
    since = time.monotonic()
    with outage.people() as start, outage.stopped("worker", kill=True):
        start("run")
        time.sleep(3)
        outage.expect(f"/runs/{outage.newest('projectionrun')}/", "No worker answers")
        outage.last(since)


def disk_full(outage: Outage) -> None:
    """Files, database and queue on one disk that has no room for a while."""
    data = outage.installation.folder.root
    if not os.path.ismount(data):
        raise Skipped("the data folder is not a mount of its own: be root")
    words = "The disk is full", "The database does not answer"
    ballast = data / "ballast"
    lines = b"Bob runs\tBob corre\n" * 30_000
    address = f"/projects/{outage.chaos.project}/imports/"
    fields = read_form(outage.chaos.person.insist(address)[2], address)
    since = time.monotonic()
    with outage.people() as start:
        start("import", "run", "review", "export")
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while file.write(b"0" * 65536):
                pass
        try:
            outage.expect(
                address, *words, form=lambda: fields | {"pairs": SimpleUploadedFile("pairs.tsv", lines)}
            )
            outage.last(since)
        finally:
            ballast.unlink()


def no_memory(outage: Outage) -> None:
    """Long sentences for processes that may not grow: smaller batches, or the run says why not."""
    chaos, state = outage.chaos, outage.installation.state
    kept = ("document", "domain", "source_language", "target_language")
    lines = []
    for line in (json.loads(line) for line in chaos.lines[:N_LONG]):
        long = {side: line[side] * TIMES_AS_LONG for side in ("source", "target")}
        lines.append({"id": f"long-{line['id']}"} | {k: line[k] for k in kept if k in line} | long)
    chaos.person.bring_in(chaos.project, lines, state)
    pool = outage.installation.up.children()["worker"].children()
    for process in pool:
        limit = process.memory_info().vms + MEMORY_LEFT
        resource.prlimit(process.pid, resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
    run = chaos.person.ask_for_run(chaos.project, state)
    query = f"SELECT status FROM annotations_projectionrun WHERE id = {run}"
    end = time.monotonic() + GIVES_UP_AFTER_S
    while state(query) in {"queued", "running"} and time.monotonic() < end:
        time.sleep(1)
    if state(query) != "done":
        outage.expect(f"/runs/{run}/", "memory", "workers in a row were lost")
    for process in pool:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    chaos.person.see_through(run, state)


def clock_jumps(outage: Outage) -> None:
    """The database's clock an hour ahead and back again, as every lease and claim then looks.

    Leases rest on that clock alone, so moving what was written by it is the same as moving the clock.
    """
    for hours in (-1, 1, -1):  # an hour less is left of each when the clock runs ahead
        with outage.people() as start:
            start("import", "run", "review", "export")
            for _ in range(3):
                time.sleep(1)
                with outage.installation.database() as connection:
                    for table, column in LEASES:
                        move = f"SET {column} = {column} + interval '{hours} hours'"
                        connection.execute(f"UPDATE annotations_{table} {move} WHERE {column} IS NOT NULL")
            outage.installation.kill("pool child")  # what it held is taken up though its lease seems long


FAULTS: dict[str, Callable[[Outage], None]] = {
    "broker-away": broker_away,
    "broker-hangs": broker_hangs,
    "database-away": database_away,
    "database-hangs": database_hangs,
    "worker-away": worker_away,
    "no-memory": no_memory,
    "disk-full": disk_full,
    "clock-jumps": clock_jumps,
}


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A tmpfs in the folder's place, where we may mount one."""
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=755", "tmpfs", str(folder)]
    is_mounted = os.geteuid() == 0 and subprocess.run(mount, check=False).returncode == 0  # noqa: S603
    try:
        yield
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=False)  # noqa: S603, S607


def run_fault(name: str, chaos: Chaos, seconds: float) -> tuple[list[str], float]:
    """What was broken while and after it lasted, and how many seconds until all was done."""
    outage = Outage(chaos, seconds)
    started = time.monotonic()
    FAULTS[name](outage)
    took = time.monotonic() - started
    with chaos.installation.database() as connection:
        outage.failures += broken_promises(connection, chaos.project)
        if lost := lost_reviews(connection, chaos.acknowledged):
            outage.failures.append(f"lost reviews of the sentences {sorted(lost)}")
    return outage.failures, took


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--faults", default=",".join(FAULTS), help="with commas; all when not given")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60, help="how long a fault lasts")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    names = options.faults.split(",") * options.rounds
    if unknown := set(names) - set(FAULTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(FAULTS)}")
    random.Random(options.seed).shuffle(names)  # noqa: S311
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the installation is stopped
    n_broken = 0
    print("| fault | seconds until all was done | broken |\n|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="projector-outages-") as temporary:
        Path(temporary).chmod(0o755)
        data = Path(temporary) / "data"
        with small_disk(data):
            installation = Installation(data)
            try:
                chaos = Chaos(installation, options.seed)
                for name in names:
                    try:
                        failures, took = run_fault(name, chaos, options.seconds)
                    except Skipped as reason:
                        print(f"| {name} | skipped: {reason} | |", flush=True)
                        continue
                    n_broken += bool(failures)
                    print(f"| {name} | {took:.0f} | {'; '.join(failures)} |", flush=True)
            finally:
                installation.up.stop()
    return 1 if n_broken else 0


if __name__ == "__main__":
    sys.exit(main())
