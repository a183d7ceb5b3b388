"""What a worker writes to its log: not what it does every few seconds."""

import logging

import pytest

from projector_site.celery import is_worth_a_line

WAKE, CHUNK = "workers.tasks.wake_runs", "workers.tasks.process_chunk"


@pytest.mark.parametrize(
    ("level", "args", "expected"),
    [
        (logging.INFO, {"name": WAKE, "id": "1"}, False),  # received, succeeded
        (logging.INFO, (WAKE, "1"), False),  # expired before a worker had time
        (logging.ERROR, {"name": WAKE, "id": "1"}, True),  # failed
        (logging.INFO, {"name": CHUNK, "id": "1"}, True),
        (logging.INFO, (CHUNK, "1"), True),
        (logging.INFO, (), True),
        (logging.INFO, None, True),
    ],
)
def test_quiet_tasks_are_heard_of_when_they_fail(level, args, expected):
    record = logging.LogRecord("celery.app.trace", level, "", 0, "Task %(name)s", None, None)
    record.args = args
    assert is_worth_a_line(record) is expected


def test_the_loggers_that_write_such_lines_are_filtered():
    for name in ("celery.worker.strategy", "celery.app.trace", "celery.worker.request"):
        assert is_worth_a_line in logging.getLogger(name).filters
