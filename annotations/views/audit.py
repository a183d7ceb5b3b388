"""Who did what in a project: for its owners, to read, to filter and to keep."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from annotations.access import OWN, get_project_for
from annotations.actions.audit import Kind, write_audit
from annotations.audit import describe_entry
from annotations.models import AuditEntry, Project, User
from annotations.requests import SignedInRequest
from annotations.tables import csv_lines

PAGE_SIZE = 50
COLUMNS = ("at", "person", "kind", "what")
CSV, JSONL = "csv", "jsonl"


class PersonField(forms.ModelChoiceField):
    """Somebody who did something here, under the name that they sign in with."""

    def label_from_instance(self, obj: User) -> str:
        return obj.username


class AuditForm(forms.Form):
    """Whose changes, which ones, and from where the list goes on. What makes no sense is left out."""

    person = PersonField(
        label=_("Person"), queryset=User.objects.none(), required=False, empty_label=_("anybody")
    )
    kind = forms.ChoiceField(label=_("What"), choices=[("", _("anything")), *Kind.choices], required=False)
    before = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput())

    def __init__(self, data: Any, *, project: Project) -> None:
        super().__init__(data)
        theirs = AuditEntry.objects.filter(project=project, actor=OuterRef("pk"))
        person: Any = self.fields["person"]
        person.queryset = User.objects.filter(Exists(theirs)).order_by("username")

    def entries(self, project: Project) -> QuerySet[AuditEntry]:
        """The chosen entries, newest first."""
        self.is_valid()
        chosen = self.cleaned_data
        entries = project.audit_entries.select_related("actor").order_by("-pk")
        if chosen.get("person"):
            entries = entries.filter(actor=chosen["person"])
        if chosen.get("kind"):
            entries = entries.filter(kind=chosen["kind"])
        return entries.filter(pk__lt=chosen["before"]) if chosen.get("before") else entries


@require_GET
@login_required
def audit(request: SignedInRequest, project_id: int) -> HttpResponse:
    project = get_project_for(request.user, project_id, OWN)
    form = AuditForm(request.GET, project=project)
    found = list(form.entries(project)[: PAGE_SIZE + 1])
    page = found[:PAGE_SIZE]
    chosen = request.GET.copy()
    chosen.pop("before", None)
    following = chosen.copy()
    if len(found) > PAGE_SIZE:
        following["before"] = str(page[-1].pk)
    context = {
        "project": project,
        "form": form,
        "entries": [(entry, describe_entry(entry)) for entry in page],
        "chosen": chosen.urlencode(),
        "following": following.urlencode() if len(found) > PAGE_SIZE else "",
    }
    return render(request, "annotations/audit.html", context)


@require_GET
@login_required
def audit_file(request: SignedInRequest, project_id: int, form: str) -> StreamingHttpResponse:
    """The chosen entries, all of them; taking them away is recorded, too."""
    project = get_project_for(request.user, project_id, OWN)
    if form not in {CSV, JSONL}:
        raise Http404("no such kind of file")
    entries = AuditForm(request.GET, project=project).entries(project)
    name = f"activity-{project.pk}.{form}"
    write_audit(project, Kind.DOWNLOADED, request.user, file=name)
    rows = entries.iterator(chunk_size=2_000)
    lines = _csv(rows) if form == CSV else _jsonl(rows)
    content_type = "text/csv" if form == CSV else "application/jsonl"
    response = StreamingHttpResponse(lines, content_type=f"{content_type}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _csv(entries: Iterator[AuditEntry]) -> Iterator[str]:
    rows = ((e.at.isoformat(), _person(e), e.kind, describe_entry(e)) for e in entries)
    return csv_lines(chain([COLUMNS], rows))


def _jsonl(entries: Iterator[AuditEntry]) -> Iterator[str]:
    for entry in entries:
        row = {"at": entry.at.isoformat(), "person": _person(entry), "kind": entry.kind}
        yield json.dumps(row | {"detail": entry.detail}, ensure_ascii=False) + "\n"


def _person(entry: AuditEntry) -> str:
    return entry.actor.username if entry.actor else ""
