"""The first page: the projects of the signed-in user."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from annotations.models import Membership, PairCount
from annotations.requests import SignedInRequest


@require_GET
@login_required
def home(request: SignedInRequest) -> HttpResponse:
    mine = Membership.objects.filter(user=request.user).select_related("project")
    memberships = list(mine.order_by("project__name"))
    counts = PairCount.objects.filter(project__in=[member.project_id for member in memberships])
    by_project = {row["project"]: row for row in counts.totals_by("project")}
    projects = [(member, by_project.get(member.project_id)) for member in memberships]
    return render(request, "annotations/home.html", {"projects": projects})
