"""Doing a job under its lease, and recording its end whatever happens."""

import logging
from collections.abc import Callable
from typing import Any

from workers import store
from workers.tasks.disk import DISK_FULL, is_disk_full
from workers.tasks.leases import PASSING, renewed
from workers.tasks.models import configure_models

logger = logging.getLogger(__name__)


def do_job(claim: store.JobClaim, work: Callable[[], dict[str, Any]]) -> bool:
    """Do the work while the lease is renewed, and keep the columns that it returns. Whether it was done.

    Work that is not wanted any more raises ClaimLost, as `store.report_job` does; what passes by itself is
    raised on, for the task to try again; any other trouble is the job's recorded end.
    """
    from workers.stages import describe

    try:
        with renewed(lambda: store.extend_job_lease(claim)):
            configure_models()
            store.finish_job(claim, **work())
        return True
    except store.ClaimLost as error:
        logger.info("stopped: %s", error)
        store.release_job(claim)
    except Exception as error:
        if isinstance(error, PASSING) and not is_disk_full(error):
            raise
        logger.exception("%s failed", claim)
        store.fail_job(claim, DISK_FULL if is_disk_full(error) else describe(error))
    return False
