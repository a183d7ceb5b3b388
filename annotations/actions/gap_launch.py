"""Launch, cancel and resume gap reports of a project's own sentences. The work itself is in the workers."""

from typing import Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.actions.audit import Kind, write_audit
from annotations.actions.jobs import go_on, lock, save_unless, stop
from annotations.models import GapReport, Project, User

ALREADY_ACTIVE = gettext_lazy("A gap report of this project is already under way.")


@transaction.atomic
def launch_gap_report(*, project: Project, user: User, name: str, options: dict[str, Any]) -> GapReport:
    """Queue a gap report. Whoever calls `write_gap_inputs` writes its sentences and sends it to the workers.

    options: see GapReportForm.choices. Raises ValidationError.
    """
    report = GapReport(
        project=project, created_by=user, name=name, options=options, folder=f"gap-reports/{uuid4().hex}"
    )
    report.full_clean(exclude=["options", "inputs", "report"])
    save_unless(report, ALREADY_ACTIVE)
    write_audit(project, Kind.GAP_REPORT_LAUNCHED, user, report=report.pk, name=name)
    return report


@transaction.atomic
def cancel_gap_report(*, report: GapReport, actor: User | None = None) -> GapReport:
    """Stop an active report; its worker lets go when the system it asks has answered."""
    report = lock(report)
    if not report.is_active:
        raise ValidationError(_("The gap report is %s already.") % report.get_status_display().lower())
    stop(report)
    write_audit(report.project, Kind.GAP_REPORT_CANCELLED, actor, report=report.pk, name=report.name)
    return report


@transaction.atomic
def resume_gap_report(*, report: GapReport, actor: User | None = None) -> GapReport:
    """Go on with a report that was cancelled or failed; what systems have found is not asked again."""
    report = lock(report)
    if report.status == GapReport.Status.DONE:
        raise ValidationError(_("The gap report is done; launch a new one to measure again."))
    if report.is_active:
        raise ValidationError(ALREADY_ACTIVE)
    go_on(report, ALREADY_ACTIVE)
    write_audit(report.project, Kind.GAP_REPORT_RESUMED, actor, report=report.pk, name=report.name)
    return report
