"""Pages of a project: overview, sentences, people, settings."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.access import OWN, VIEW, get_member_for, get_project_for
from annotations.actions.learning import latest_learning_curve
from annotations.actions.projects import (
    add_member,
    change_role,
    create_project,
    remove_member,
    save_settings,
)
from annotations.first_steps import first_steps
from annotations.forms import (
    LabelFormSet,
    MemberForm,
    PairFilterForm,
    ProjectForm,
    RoleForm,
)
from annotations.models import Membership, Project
from annotations.models.projects import default_labels
from annotations.requests import SignedInRequest
from annotations.review_forms import read_queue

PAGE_SIZE = 50
LOOKED_AT = 2_000  # pairs of one page of a search that no index answers


@require_GET
@login_required
def project(request: SignedInRequest, project_id: int) -> HttpResponse:
    project = get_project_for(request.user, project_id)
    by_language = project.pair_counts.all().totals_by("target_language")
    counts = project.pair_counts.all().totals()
    context = {
        "project": project,
        "counts": counts,
        "steps": first_steps(project, counts),
        "by_language": by_language,
        "languages": [row["target_language"] for row in by_language],
        "runs": project.runs.all()[:10],
        "learning": latest_learning_curve(project),
        "queue": read_queue(project.pk, request.GET),
    }
    return render(request, "annotations/project.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def project_create(request: SignedInRequest) -> HttpResponse:
    """Anybody who can sign in may start a project, and owns it."""
    form = ProjectForm(request.POST or None)
    labels = _label_forms(request, default_labels())
    if request.method == "POST" and form.is_valid() and labels.is_valid():
        project = create_project(owner=request.user, labels=labels.labels, **form.cleaned_data)
        messages.success(request, _("The project is made. Bring in sentences next."))
        return redirect("annotations:project", project.pk)
    return render(request, "annotations/project_create.html", {"form": form, "labels": labels})


@require_http_methods(["GET", "POST"])
@login_required
def project_settings(request: SignedInRequest, project_id: int) -> HttpResponse:
    project = get_project_for(request.user, project_id, OWN)
    form = ProjectForm(request.POST or None, instance=project)
    labels = _label_forms(request, project.labels)
    if request.method == "POST" and form.is_valid() and labels.is_valid():
        project.labels = labels.labels
        save_settings(project=project, actor=request.user)
        messages.success(request, _("The settings are saved."))
        return redirect("annotations:settings", project.pk)
    return render(
        request, "annotations/project_settings.html", {"project": project, "form": form, "labels": labels}
    )


@require_GET
@login_required
def members(request: SignedInRequest, project_id: int) -> HttpResponse:
    project = get_project_for(request.user, project_id)
    return _render_members(request, project, MemberForm())


@require_POST
@login_required
def member_add(request: SignedInRequest, project_id: int) -> HttpResponse:
    project = get_project_for(request.user, project_id, OWN)
    form = MemberForm(request.POST)
    if form.is_valid():
        try:
            member = add_member(project=project, actor=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error("username", error)
        else:
            messages.success(request, _("%s is on the project now.") % member.user)
            return redirect("annotations:members", project.pk)
    return _render_members(request, project, form)


@require_POST
@login_required
def member_change(request: SignedInRequest, member_id: int) -> HttpResponse:
    member = get_member_for(request.user, member_id, OWN)
    form = RoleForm(request.POST)
    if form.is_valid():
        try:
            change_role(member=member, role=form.cleaned_data["role"], actor=request.user)
        except ValidationError as error:
            messages.error(request, error.message)
    return redirect("annotations:members", member.project_id)


@require_POST
@login_required
def member_remove(request: SignedInRequest, member_id: int) -> HttpResponse:
    """An owner removes anybody; everybody may leave."""
    member = get_member_for(request.user, member_id, VIEW)
    is_self = member.user_id == request.user.pk
    if not is_self:
        member = get_member_for(request.user, member_id, OWN)
    try:
        remove_member(member=member, actor=request.user)
    except ValidationError as error:
        messages.error(request, error.message)
        return redirect("annotations:members", member.project_id)
    return redirect("annotations:home") if is_self else redirect("annotations:members", member.project_id)


@require_GET
@login_required
def pairs(request: SignedInRequest, project_id: int) -> HttpResponse:
    """The sentences of a project, a page at a time by id: equally fast at the start and at the end."""
    project = get_project_for(request.user, project_id)
    form = PairFilterForm(request.GET)
    form.is_valid()
    chosen = form.cleaned_data
    pairs = project.pairs.in_corpus_order()
    if chosen.get("status") == "flagged":
        pairs = pairs.filter(is_flagged=True)
    elif chosen.get("status"):
        pairs = pairs.filter(status=chosen["status"])
    for field, name in (("target_language", "language"), ("document", "document"), ("external_id", "id")):
        if chosen.get(name):
            pairs = pairs.filter(**{field: chosen[name]})
    if chosen.get("q"):
        pairs = pairs.matching(chosen["q"])
    if chosen.get("reviewer"):
        pairs = pairs.reviewed_by(chosen["reviewer"])
    if chosen.get("run"):
        pairs = pairs.of_run(chosen["run"])
    if chosen.get("after"):
        pairs = pairs.filter(pk__gt=chosen["after"])
    looked_at = None
    if chosen.get("label"):  # which no index finds
        pairs, looked_at = pairs.next_of(LOOKED_AT)
        pairs = pairs.with_label(chosen["label"])
    page = list(pairs[: PAGE_SIZE + 1])
    is_cut = len(page) <= PAGE_SIZE and looked_at is not None
    following = request.GET.copy()
    following["after"] = str(page[PAGE_SIZE - 1].pk) if len(page) > PAGE_SIZE else str(looked_at or "")
    context = {
        "project": project,
        "form": form,
        "pairs": page[:PAGE_SIZE],
        "following": following.urlencode() if following["after"] else "",
        "looked_at": LOOKED_AT if is_cut else 0,
        "reviewers": project.memberships.exclude(role="viewer").values_list("user__username", flat=True),
        "runs": project.runs.all()[:50],
        "languages": [
            row["target_language"] for row in project.pair_counts.all().totals_by("target_language")
        ],
    }
    return render(request, "annotations/pairs.html", context)


def _label_forms(request: SignedInRequest, labels: list[dict[str, str]]) -> LabelFormSet:
    return LabelFormSet(request.POST or None, initial=labels, prefix="labels")


def _render_members(request: SignedInRequest, project: Project, form: MemberForm) -> HttpResponse:
    members = project.memberships.select_related("user").order_by("user__username")
    context = {"project": project, "members": members, "form": form, "roles": Membership.Role.choices}
    return render(request, "annotations/members.html", context)
