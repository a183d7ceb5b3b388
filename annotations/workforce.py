"""Whether anybody works on a run: what its page says when nothing moves."""

from django.core.cache import cache
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from annotations.progress import Progress
from workers.tasks import find_workers

QUIET_S = 10.0  # without news, after which the workers are asked for a sign of life
REMEMBER_S = 10
UNREACHABLE = "unreachable"


def say_who_works(progress: Progress) -> str:
    """A sentence for the run's page, or "" when the run has ended or is being worked on."""
    if not progress.run.is_active or progress.is_held or progress.quiet_s < QUIET_S:
        return ""
    workers = cache.get_or_set("answering-workers", ask_workers, REMEMBER_S)
    if workers == UNREACHABLE:
        return _("The task queue cannot be reached. The run goes on by itself when it is back.")
    if not workers:
        return _("No worker answers. The run goes on by itself when one is started.")
    return _("The run waits for its turn: the workers are busy with other runs, or take it up in a minute.")


def ask_workers() -> list[str] | str:
    """The names of the workers that answer, or UNREACHABLE."""
    try:
        return find_workers()
    except OperationalError:
        return UNREACHABLE
