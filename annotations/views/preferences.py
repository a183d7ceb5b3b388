"""How the interface looks and which keys the review page listens to, for one person."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from annotations.forms import PreferencesForm
from annotations.models import Project
from annotations.requests import SignedInRequest


@require_http_methods(["GET", "POST"])
@login_required
def preferences(request: SignedInRequest) -> HttpResponse:
    user = request.user
    labels = [label for project in Project.objects.for_user(user) for label in project.labels]
    form = PreferencesForm(request.POST or None, preferences=user.preferences, labels=labels)
    if request.method == "POST" and form.is_valid():
        user.preferences = user.preferences | form.preferences
        user.save(update_fields=["preferences"])
        messages.success(request, _("Your preferences are saved."))
        return redirect("annotations:preferences")
    return render(request, "annotations/preferences.html", {"form": form})
