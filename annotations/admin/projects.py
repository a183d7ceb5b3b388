"""Projects in Django admin. Erasing one takes its append-only history along: an action of its own."""

from __future__ import annotations

from typing import cast

from django import forms
from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from annotations.actions.projects import erase_project, save_settings
from annotations.admin.fields import JSON_FIELDS
from annotations.models import PairCount, Project, User


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin):
    list_display = ["name", "source_language", "pairs", "reviewed", "created_by", "created_at"]
    list_select_related = ["created_by"]
    search_fields = ["name"]
    readonly_fields = ["created_by", "created_at"]
    fields = ["name", "description", "source_language", "labels", "created_by", "created_at"]
    actions = ["erase"]
    formfield_overrides = JSON_FIELDS

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Projects are made on the site, where they get an owner."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Project | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Project]:
        counts = PairCount.objects.filter(project=OuterRef("pk")).order_by().values("project")
        return (
            super()
            .get_queryset(request)
            .annotate(
                n_pairs=Subquery(counts.annotate(n=Sum("n_pairs")).values("n")),
                n_reviewed=Subquery(counts.annotate(n=Sum("n_reviewed")).values("n")),
            )
        )

    def save_model(self, request: HttpRequest, obj: Project, form: forms.ModelForm, change: bool) -> None:
        save_settings(project=obj, actor=cast(User, request.user))

    @admin.display(description=_("sentences"))
    def pairs(self, project: Project) -> int:
        return vars(project)["n_pairs"] or 0

    @admin.display(description=_("reviewed"))
    def reviewed(self, project: Project) -> int:
        return vars(project)["n_reviewed"] or 0

    @admin.action(description=_("Erase the selected projects with everything in them"))
    def erase(self, request: HttpRequest, projects: QuerySet[Project]) -> HttpResponse | None:
        """Asks first: nothing of an erased project can be brought back."""
        if not request.user.is_superuser:
            self.message_user(request, _("Only a superuser erases projects."), messages.ERROR)
            return None
        if "confirmed" not in request.POST:
            context = {**self.admin_site.each_context(request), "projects": projects, "title": _("Erase")}
            return render(request, "admin/erase_projects.html", context)
        for project in projects:
            erase_project(project)
            self.message_user(request, _("%s is erased.") % project, messages.SUCCESS)
        return None
