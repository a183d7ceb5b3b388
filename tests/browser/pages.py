"""The addresses of every page, with rows of a furnished project in them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from annotations.actions.invitations import invitation_token
from annotations.models import NameUse, Project, ReviewEvent
from annotations.urls import urlpatterns

PROJECT = "Demo corpus"
# Answers to GET that are no page of their own: a part of one, a file, or the way to the next page.
PARTS = {
    "adjudicate_next",
    "audit_file",
    "evaluation_file",
    "evaluation_progress",
    "export_count",
    "export_file",
    "export_zip",
    "gap_report_file",
    "gap_report_progress",
    "import_rejected",
    "models_state",
    "report_state",
    "review_next",
    "run_progress",
    "training_progress",
}
REVIEWED = ["es", "ar", "zh"]


def page_addresses(project: Project) -> dict[str, str]:
    """Name of a picture -> path. Raises LookupError when an address is neither here nor in PARTS."""
    from test_roles import RULES

    rows = _rows(project)
    found = {
        pattern.name: reverse(f"annotations:{pattern.name}", kwargs=_values(pattern, rows))
        for pattern in urlpatterns
        if pattern.name in RULES and RULES[pattern.name].method == "get" and pattern.name not in PARTS
    }
    return found | _variants(project) | _before_sign_in(project)


def _values(pattern: Any, rows: dict[str, Any]) -> dict[str, Any]:
    missing = set(pattern.pattern.converters) - set(rows)
    if missing:
        raise LookupError(f"the page {pattern.name} needs {', '.join(missing)}")
    return {key: rows[key] for key in pattern.pattern.converters}


def _rows(project: Project) -> dict[str, Any]:
    """Rows with the most in them."""
    talked_of = project.pairs.filter(n_comments__gt=0, target_language="es").order_by("pk").first()
    return {
        "project_id": project.pk,
        "pair_id": talked_of.pk,
        "run_id": project.runs.filter(target_language="es").first().pk,
        "comparison_id": project.comparisons.first().pk,
        "batch_id": project.imports.filter(status="staged").first().pk,
        "export_id": project.exports.first().pk,
        "bulk_id": project.bulk_changes.first().pk,
        "lane_id": project.fast_lanes.filter(answered_at__isnull=False).first().pk,
        "training_id": project.trainings.first().pk,
        "report_id": project.gap_reports.first().pk,
        "evaluation_id": project.evaluations.first().pk,
    }


def _variants(project: Project) -> dict[str, str]:
    """Pages that look different with other rows or choices."""
    one = {"project_id": project.pk}
    disputed = project.disagreements.order_by("pk").first()
    use = NameUse.objects.filter(project=project).order_by("pk").first()
    query = urlencode({"language": use.language, "name": use.name, "decision": 0})
    changed = ReviewEvent.objects.filter(review__pair__project=project).order_by("pk").first()
    at = "annotations:"
    found = {
        "missing": "/no/such/page/",
        "adjudication": reverse(f"{at}adjudication", args=[disputed.pair_id]),
        "history": reverse(f"{at}history", args=[changed.review.pair_id]),
        "name": f"{reverse(f'{at}name', kwargs=one)}?{query}",
        "pairs-found": f"{reverse(f'{at}pairs', kwargs=one)}?q=Madrid",
        "pairs-none": f"{reverse(f'{at}pairs', kwargs=one)}?q=nothing-like-that",
        "import-done": reverse(f"{at}import", args=[project.imports.filter(status="done").first().pk]),
        "fast_lane-open": reverse(f"{at}fast_lane", args=[project.fast_lanes.first().pk]),
    }
    next_pair = reverse(f"{at}review_next", kwargs=one)
    return found | {f"review-{tag}": f"{next_pair}?language={tag}" for tag in REVIEWED}


def _before_sign_in(project: Project) -> dict[str, str]:
    invitation = project.invitations.first()
    found = {
        "login": reverse("login"),
        "join": reverse("join", args=[invitation_token(invitation)]),
        "join-old": reverse("join", args=["nonsense"]),
        "sign-in-link-old": reverse("sign_in_link", args=["nonsense"]),
        "password-reset-done": reverse("password_reset_done"),
        "password-reset-complete": reverse("password_reset_complete"),
        "password-new-old": reverse("password_reset_confirm", args=["x", "y"]),
    }
    return {f"stranger-{name}": path for name, path in found.items()} | {"password": reverse("password")}
