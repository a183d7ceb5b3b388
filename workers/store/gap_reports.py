"""What a worker needs for a gap report."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from annotations.models import GapReport
from workers.store.jobs import JobClaim, claim_job


@dataclass(frozen=True, slots=True)
class GapJob:
    """request: what GapRequest takes; domains: what DomainFiles take; folder: where the files are and go."""

    claim: JobClaim
    request: dict[str, Any]
    domains: list[dict[str, Any]]
    folder: Path


def claim_gap_report(report_id: int, token: UUID) -> GapJob | None:
    """Take a gap report that waits for a worker. None when it is not there to be taken."""
    claim = claim_job(GapReport, report_id, token)
    if claim is None:
        return None
    report = GapReport.objects.get(pk=report_id)
    request, domains = report.options["request"], report.inputs["domains"]
    return GapJob(claim, request, domains, Path(settings.MEDIA_ROOT, report.folder))
