"""What pages say when nobody would do the work that they ask for."""

from __future__ import annotations

from collections.abc import Iterable

from django import template

from annotations.models import ProjectionRun, TrainingRun
from annotations.waiting import say_no_worker

register = template.Library()


@register.inclusion_tag("annotations/_no_worker.html")
def no_worker(runs: Iterable[ProjectionRun | TrainingRun] | None = None) -> dict[str, str]:
    """A notice when no worker is there. With runs: only where one of them waits for a worker."""
    is_asked = runs is None or any(run.is_active for run in runs)
    return {"notice": say_no_worker() if is_asked else ""}
