"""How the interface looks and which keys the review page listens to, for one person."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from annotations.interface_language import words_for
from annotations.models import Project
from annotations.preferences_form import PreferencesForm
from annotations.requests import SignedInRequest
from annotations.review_forms import ViewForm


@require_http_methods(["GET", "POST"])
@login_required
def preferences(request: SignedInRequest) -> HttpResponse:
    user = request.user
    labels = [label for project in Project.objects.for_user(user) for label in project.labels]
    form = PreferencesForm(request.POST or None, preferences=user.preferences, labels=labels)
    if request.method == "POST" and form.is_valid():
        user.preferences = user.preferences | form.preferences
        user.save(update_fields=["preferences"])
        with words_for(user):
            messages.success(request, _("Your preferences are saved."))
        return redirect("annotations:preferences")
    return render(request, "annotations/preferences.html", {"form": form})


@require_POST
@login_required
def preferences_view(request: SignedInRequest) -> HttpResponse:
    """Keep how the reviewer wants to see links; the page itself has switched already, or is loaded again."""
    form = ViewForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest(form.errors.as_text(), content_type="text/plain; charset=utf-8")
    user = request.user
    user.preferences = user.preferences | {"view": form.cleaned_data["view"]}
    user.save(update_fields=["preferences"])
    back = form.cleaned_data["back"]
    if back and url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return redirect(back)
    return HttpResponse(status=204)
