"""Who answers, and how much waits: questions to the workers and to the broker."""

from collections.abc import Iterable

from celery import current_app


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
        channel = connection.default_channel
        return {name: channel.queue_declare(name).message_count for name in queues}


def find_workers(timeout_s: float = 1.0) -> list[str]:
    """Names of the workers that answer. Raises kombu's OperationalError when the broker does not."""
    return sorted(name for answer in current_app.control.ping(timeout=timeout_s) for name in answer)
