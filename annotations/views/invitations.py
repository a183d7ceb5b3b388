"""Inviting people by a link, and following one: with an account, or making one."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from annotations.access import OWN, get_invitation_for, get_project_for
from annotations.actions.invitations import (
    InvitationClosed,
    accept_invitation,
    find_invitation,
    invitation_token,
    is_open,
    make_invitation,
    revoke_invitation,
)
from annotations.models import User
from annotations.people_forms import InvitationForm, NewAccountForm
from annotations.requests import SignedInRequest
from annotations.views.sign_in import MODEL_BACKEND

LIST_SIZE = 50


@require_http_methods(["GET", "POST"])
@login_required
def invitations(request: SignedInRequest, project_id: int) -> HttpResponse:
    """The invitations of a project; the link of a new one is shown to the owner, who sends it."""
    project = get_project_for(request.user, project_id, OWN)
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        make_invitation(project=project, created_by=request.user, **form.cleaned_data)
        messages.success(request, _("Send the link to the person whom you invite. It works once."))
        return redirect("annotations:invitations", project.pk)
    rows = project.invitations.select_related("used_by", "created_by")[:LIST_SIZE]
    context = {
        "project": project,
        "form": form,
        "rows": [
            (
                row,
                request.build_absolute_uri(reverse("join", args=[invitation_token(row)]))
                if is_open(row)
                else "",
            )
            for row in rows
        ],
    }
    response = render(request, "annotations/invitations.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@login_required
def invitation_revoke(request: SignedInRequest, invitation_id: int) -> HttpResponse:
    invitation = get_invitation_for(request.user, invitation_id, OWN)
    revoke_invitation(invitation=invitation, actor=request.user)
    return redirect("annotations:invitations", invitation.project_id)


@never_cache
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, POST joins: chat programs fetch links ahead and would use them up."""
    try:
        invitation = find_invitation(token)
    except InvitationClosed:
        return render(request, "registration/join.html", {"invitation": None}, status=410)
    user = request.user if isinstance(request.user, User) else None
    form = NewAccountForm(request.POST if request.method == "POST" and user is None else None)
    if request.method == "POST" and (user is not None or form.is_valid()):
        try:
            with transaction.atomic():
                joining = user or form.save()
                accept_invitation(token=token, user=joining)
        except InvitationClosed:
            return render(request, "registration/join.html", {"invitation": None}, status=410)
        if user is None:
            login(request, joining, backend=MODEL_BACKEND)
        return redirect("annotations:project", invitation.project_id)
    context = {"invitation": invitation, "form": form}
    return render(request, "registration/join.html", context)
