"""What a dead worker had taken comes back."""

import signal
import subprocess
import sys

import redis
from django.conf import settings
from kombu import Connection

from projector_site.services.broker import requeue_unacknowledged

TAKE_TWO_AND_DIE = """
import os, sys
from kombu import Connection
queue = Connection(sys.argv[1]).SimpleQueue("cpu")
taken = [queue.get(timeout=5), queue.get(timeout=5)]
os.kill(os.getpid(), 9)
"""


def test_unacknowledged_messages_are_queued_again(live_broker: str) -> None:
    with Connection(live_broker) as connection:
        queue = connection.SimpleQueue("cpu")
        for number in range(3):
            queue.put({"number": number})
    killed = subprocess.run([sys.executable, "-c", TAKE_TWO_AND_DIE, live_broker])
    assert killed.returncode == -signal.SIGKILL
    with redis.Redis(unix_socket_path=str(settings.DATA_FOLDER.broker_socket)) as client:
        assert (client.llen("cpu"), client.hlen("unacked")) == (1, 2)
        assert requeue_unacknowledged(settings.DATA_FOLDER) == 2
        assert (client.llen("cpu"), client.hlen("unacked")) == (3, 0)
    with Connection(live_broker) as connection:
        queue = connection.SimpleQueue("cpu")
        numbers = [queue.get(timeout=5).payload["number"] for _ in range(3)]
    assert sorted(numbers) == [0, 1, 2]


def test_nothing_is_queued_when_nothing_was_taken(live_broker: str) -> None:
    assert requeue_unacknowledged(settings.DATA_FOLDER) == 0
