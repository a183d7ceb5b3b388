"""What a page says about work that has been promised and is not done: see annotations.actions.background."""

from django.core.cache import cache
from django.db.models import Model
from django.utils.translation import gettext as _

from annotations.actions.background import is_held
from annotations.workforce import REMEMBER_S, UNREACHABLE, ask_workers


def say_why_it_waits(row: Model) -> str:
    """A sentence for the page, or "" while somebody is working on it."""
    if is_held(row):
        return ""
    return say_no_worker() or _(
        "This waits for a worker. If it stays so, the worker that had it was stopped: ask again."
    )


def say_no_worker() -> str:
    """A sentence for pages whose work would wait, or "" while somebody answers."""
    workers = cache.get_or_set("answering-workers", ask_workers, REMEMBER_S)
    if workers == UNREACHABLE:
        return _("The task queue cannot be reached. When it is back, ask again.")
    return "" if workers else _("No worker answers. It goes on when one is started.")
