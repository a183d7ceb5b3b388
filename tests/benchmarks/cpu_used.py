"""CPU time that a site on this machine uses: web processes, backends of PostgreSQL, and this process."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlsplit

import psutil
from django.db import connection


class CpuUsed:
    """Counts from when it is made; processes that end meanwhile are left out."""

    def __init__(self, address: str) -> None:
        self.port = urlsplit(address).port or 80
        self.before = self._seconds()

    def a_cycle(self, n_cycles: int) -> str:
        used: Counter[str] = Counter()
        for (part, pid), seconds in self._seconds().items():
            used[part] += 1000 * (seconds - self.before.get((part, pid), 0)) / n_cycles
        return "CPU ms a cycle: " + ", ".join(f"{part} {ms:.2f}" for part, ms in used.items())

    def _seconds(self) -> dict[tuple[str, int], float]:
        parts = {
            "web": _listening_at(self.port),
            "PostgreSQL": _those_of(_backends()),
            "client": [psutil.Process()],
        }
        return {(part, one.pid): _cpu(one) for part, processes in parts.items() for one in processes}


def _backends() -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend'"
        )
        return {pid for (pid,) in cursor.fetchall()}


def _listening_at(port: int) -> list[psutil.Process]:
    """The server of the port with its workers: a forked one has its parent's command line."""
    sockets = psutil.net_connections("tcp")
    listening = [one for one in sockets if one.status == psutil.CONN_LISTEN and one.laddr.port == port]
    found: set[psutil.Process] = set()
    for process in _those_of({one.pid for one in listening if one.pid}):
        while (parent := process.parent()) and parent.cmdline() == process.cmdline():
            process = parent
        found |= {process, *process.children(recursive=True)}
    return list(found)


def _those_of(pids: set[int]) -> list[psutil.Process]:
    return [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system
