"""Who answers, and how much waits: questions to the workers and to the broker."""

from collections.abc import Iterable

from celery import current_app
from kombu import Connection


def count_worker_slots(queue: str, timeout_s: float = 1.0) -> int:
    """Tasks that the answering workers of a queue can do at the same time; at least 1."""
    inspect = current_app.control.inspect(timeout=timeout_s)
    answers, subscribed = inspect.stats() or {}, inspect.active_queues() or {}
    slots = [
        int(answer["pool"].get("max-concurrency", 1))
        for worker, answer in answers.items()
        if queue in {other["name"] for other in subscribed.get(worker, [])}
    ]
    return max(1, sum(slots))


def count_waiting_tasks(queues: Iterable[str]) -> dict[str, int]:
    """Messages that no worker has taken yet, by queue. Raises kombu's OperationalError."""
    with current_app.connection_for_read() as connection:
        _connect_at_once(connection)
        channel = connection.default_channel
        return {name: channel.queue_declare(name).message_count for name in queues}


def find_workers(timeout_s: float = 0.7) -> list[str]:
    """The worker that answers first; none when nobody does in time, the most that a page can wait.

    Raises kombu's OperationalError when the broker does not answer.
    """
    with current_app.connection_for_write() as connection:
        _connect_at_once(connection)
        answers = current_app.control.broadcast(
            "ping", reply=True, timeout=timeout_s, limit=1, connection=connection
        )
    return sorted(name for answer in answers or [] for name in answer)


def _connect_at_once(connection: Connection) -> None:
    """Without the tries of the default, which take six seconds when the broker is away."""
    connection.ensure_connection(
        max_retries=1, interval_start=0, interval_max=0.1, timeout=1, reraise_as_library_errors=True
    )
