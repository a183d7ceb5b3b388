"""The Celery application: `celery -A projector_site worker`."""

import os
import signal

from celery import Celery
from celery.signals import worker_process_init

from projector_site.services.process import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "projector_site.settings")

app = Celery("projector")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["workers", "annotations"])
app.steps["consumer"].add("workers.tasks:RunKeeper")


@worker_process_init.connect
def end_with_the_worker(**_: object) -> None:
    """A killed worker must not leave pool processes that go on with tasks already given to others."""
    die_with_parent(signal.SIGKILL)
