"""Which queues the worker of `manage.py up` takes from."""

from argparse import ArgumentTypeError

import pytest

from projector_site.management.commands.up import queue_names
from projector_site.services.programs import worker_program


@pytest.mark.parametrize(("text", "expected"), [("cpu", "cpu"), ("gpu, cpu", "gpu,cpu")])
def test_queues_are_named(text, expected):
    assert queue_names(text) == expected
    command = worker_program({}, n_processes=1, queues=expected, before_start=None).command
    assert command[command.index("--queues") + 1] == expected


@pytest.mark.parametrize("text", ["", "tpu", "cpu,,gpu"])
def test_an_unknown_queue_is_refused(text):
    with pytest.raises(ArgumentTypeError, match="known: cpu, gpu"):
        queue_names(text)
