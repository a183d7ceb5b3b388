"""The guidelines of a project: as they stand, how they came to be, and what is new to the reader."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from annotations.access import get_project_for
from annotations.actions.guidelines import mark_guidelines_seen
from annotations.guidelines import compare_texts
from annotations.models import Membership
from annotations.people_forms import SeenVersionForm
from annotations.requests import SignedInRequest

MOST_VERSIONS = 100


@require_GET
@login_required
def guidelines(request: SignedInRequest, project_id: int) -> HttpResponse:
    """The text, what changed since the reader last looked, and every version against the one before."""
    project = get_project_for(request.user, project_id)
    seen = Membership.objects.get(project=project, user=request.user).guidelines_seen
    versions = list(project.guidelines_versions.select_related("author")[: MOST_VERSIONS + 1])
    before = [*(version.text for version in versions[1:]), ""]
    known = project.guidelines_versions.filter(number=seen).values_list("text", flat=True).first()
    context = {
        "project": project,
        "versions": [
            (version, compare_texts(old, version.text))
            for version, old in zip(versions, before, strict=False)
        ][:MOST_VERSIONS],
        "is_new": seen < project.guidelines_version,
        "news": compare_texts(known or "", project.guidelines) if seen else [],
    }
    return render(request, "annotations/guidelines.html", context)


@require_POST
@login_required
def guidelines_seen(request: SignedInRequest, project_id: int) -> HttpResponse:
    """The reader has read the version that was on the screen, and goes back to where they were."""
    project = get_project_for(request.user, project_id)
    form = SeenVersionForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest(form.errors.as_text(), content_type="text/plain; charset=utf-8")
    mark_guidelines_seen(project=project, user=request.user, number=form.cleaned_data["number"])
    back = request.POST.get("back", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return redirect(back)
    return redirect("annotations:guidelines", project.pk)
