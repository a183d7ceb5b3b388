"""A task that keeps a pool process busy."""

import time
from pathlib import Path

from celery import shared_task


@shared_task
def sleep(started: str, seconds: float) -> None:
    with open(started, "a") as file:
        file.write("started\n")
    while seconds > 0 and Path(started).exists():
        time.sleep(0.05)
        seconds -= 0.05
