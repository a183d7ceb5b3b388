"""Who was given which pairs; owners give them out and take them back."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from annotations.access import OWN, VIEW, get_member_for, get_project_for
from annotations.actions.assignment import assign_pairs, unassign_pairs, with_pairs_left
from annotations.people_forms import AssignmentForm
from annotations.requests import SignedInRequest

LIST_SIZE = 50


@require_http_methods(["GET", "POST"])
@login_required
def assignments(request: SignedInRequest, project_id: int) -> HttpResponse:
    project = get_project_for(request.user, project_id, OWN if request.method == "POST" else VIEW)
    form = AssignmentForm(request.POST or None, project=project)
    if request.method == "POST" and form.is_valid():
        person = form.cleaned_data["person"].user
        made = assign_pairs(project=project, assignee=person, created_by=request.user, choice=form.choice)
        if made is None:
            form.add_error(None, _("No sentence like that is left to be given out."))
        else:
            words = ngettext(
                "%(n)d sentence is %(who)s's now.", "%(n)d sentences are %(who)s's now.", made.n_pairs
            )
            messages.success(request, words % {"n": made.n_pairs, "who": person})
            return redirect("annotations:assignments", project.pk)
    members = with_pairs_left(project.memberships.select_related("user")).order_by("user__username")
    context = {
        "project": project,
        "form": form,
        "waiting": members[:LIST_SIZE],
        "rows": project.assignments.select_related("assignee", "created_by")[:LIST_SIZE],
    }
    return render(request, "annotations/assignments.html", context)


@require_POST
@login_required
def unassign(request: SignedInRequest, member_id: int) -> HttpResponse:
    """What the member has not finished is everybody's again."""
    member = get_member_for(request.user, member_id, OWN)
    n = unassign_pairs(project=member.project, assignee=member.user, actor=request.user)
    words = ngettext("%(n)d sentence is everybody's again.", "%(n)d sentences are everybody's again.", n)
    messages.success(request, words % {"n": n})
    return redirect("annotations:assignments", member.project_id)
