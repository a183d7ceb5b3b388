"""How far a run is: its own counters, and the pace of the chunks that ended last."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from annotations.models import ProjectionRun

PACE_CHUNKS = 20
# What workers say that they are at, in the order of the pipeline.
STAGES = {
    "loading models": gettext_lazy("loading models"),
    "translating": gettext_lazy("translating"),
    "tagging": gettext_lazy("tagging"),
    "tagging targets": gettext_lazy("tagging targets"),
    "aligning": gettext_lazy("aligning"),
    "learning": gettext_lazy("learning"),
    "projecting": gettext_lazy("projecting"),
    "translating back": gettext_lazy("translating back"),
}


@dataclass(frozen=True, slots=True)
class Progress:
    """pairs_per_s: 0.0 until a chunk ended. left_s: None until there is a pace.

    is_held: a worker holds the run or a chunk of it, and is alive. quiet_s: since something was finished.
    stages: what living workers are at now, of STAGES.
    """

    run: ProjectionRun
    pairs_per_s: float
    left_s: float | None
    n_failed_chunks: int
    is_held: bool
    quiet_s: float
    stages: tuple[str, ...] = ()

    @property
    def percent(self) -> int:
        if not self.run.n_pairs:
            return 100 if self.run.status == ProjectionRun.Status.DONE else 0
        return min(100, 100 * self.run.n_done // self.run.n_pairs)

    @property
    def left_text(self) -> str:
        """The time left as people say it: "about 3 minutes"."""
        if self.left_s is None:
            return ""
        if self.left_s < 60:
            return _("less than a minute")
        minutes = round(self.left_s / 60)
        if minutes < 90:
            return ngettext("about %(n)d minute", "about %(n)d minutes", minutes) % {"n": minutes}
        hours = round(self.left_s / 3600)
        return ngettext("about %(n)d hour", "about %(n)d hours", hours) % {"n": hours}

    @property
    def stages_text(self) -> str:
        """ "translating, aligning": several where workers share the run."""
        return ", ".join(str(text) for stage, text in STAGES.items() if stage in self.stages)

    @property
    def is_preparing(self) -> bool:
        return self.run.status == ProjectionRun.Status.RUNNING and self.run.prepared_at is None


def get_progress(run: ProjectionRun) -> Progress:
    now = timezone.now()
    pace = _pairs_per_s(run)
    held = run.chunks.held()
    prepares = run.is_active and run.lease_until is not None and run.lease_until > now
    stages = {*held.values_list("stage", flat=True), run.stage if prepares else ""} - {""}
    return Progress(
        run=run,
        pairs_per_s=pace,
        left_s=max(0, run.n_pairs - run.n_done) / pace if pace else None,
        n_failed_chunks=run.chunks.failed().count(),
        is_held=held.exists() or (run.lease_until is not None and run.lease_until > now),
        quiet_s=(now - run.moved_at).total_seconds(),
        stages=tuple(stages),
    )


def _pairs_per_s(run: ProjectionRun) -> float:
    """Pairs of the last chunks over the time they took together, however many workers there are."""
    ended = run.chunks.done().order_by("-finished_at").values_list("n_pairs", "seconds", "finished_at")
    rows = list(ended[:PACE_CHUNKS])
    if not rows:
        return 0.0
    started_at = min(finished_at - timedelta(seconds=seconds) for _, seconds, finished_at in rows)
    wall_s = (rows[0][2] - started_at).total_seconds()
    return sum(n_pairs for n_pairs, _, _ in rows) / wall_s if wall_s > 0 else 0.0
