"""Runs in Django admin, through the same actions as on the pages."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from annotations.actions.run_choices import OPTIONS_OF, check_run, choices_of_route
from annotations.actions.runs import cancel_run, delete_run, launch_run, resume_run
from annotations.admin.fields import JSON_FIELDS
from annotations.launch_form import name_choices
from annotations.models import ProjectionRun, User
from annotations.models.workforce import QUEUES
from annotations.workforce import default_queue
from workers.choices import known_names

CHOICES = [
    "target_language",
    "route",
    "translator",
    "translator_options",
    "markers",
    "back_translation",
    "back_translator_options",
    "method",
    "method_options",
    "aligner",
    "aligner_options",
    "tagger",
    "tagger_options",
    "target_tagger",
    "target_tagger_options",
    "queue",
    "scope",
    "scope_filter",
    "chunk_size",
]


class LaunchAdminForm(forms.ModelForm):
    """What `launch_run` takes, checked as it checks it."""

    class Meta:
        model = ProjectionRun
        fields = ["project", *CHOICES]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in known_names():
            choices = [("", "---"), *name_choices(field)]
            self.fields[field] = forms.ChoiceField(choices=choices, required=field == "route")
        queues = [(name, name) for name in QUEUES]
        self.fields["queue"] = forms.ChoiceField(choices=queues, initial=default_queue, required=False)

    def clean(self) -> dict[str, Any]:
        """Names that are left out are the route's own."""
        given = {field: value for field, value in self.cleaned_data.items() if value not in ("", None)}
        no_options: dict[str, Any] = {field: {} for field in OPTIONS_OF}
        defaults = no_options | {"queue": default_queue()}
        return self.cleaned_data | defaults | given | choices_of_route(given)

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and not self.errors:
            try:
                check_run(self.instance)
            except ValidationError as error:
                self.add_error(None, error)


@admin.register(ProjectionRun)
class ProjectionRunAdmin(admin.ModelAdmin):
    list_display = [
        "id",
        "project",
        "target_language",
        "method",
        "status",
        "n_done",
        "n_pairs",
        "n_failed",
        "created_at",
    ]
    list_filter = ["status", "target_language", "method"]
    list_select_related = ["project"]
    search_fields = ["project__name", "signature"]
    actions = ["cancel", "resume", "delete"]
    formfield_overrides = JSON_FIELDS
    show_full_result_count = False

    def get_form(
        self, request: HttpRequest, obj: ProjectionRun | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        if not change:
            kwargs["form"] = LaunchAdminForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: ProjectionRun | None = None) -> list[Any]:
        if obj is None:
            return ["project", *CHOICES]
        return [field.name for field in ProjectionRun._meta.fields]

    def has_change_permission(self, request: HttpRequest, obj: ProjectionRun | None = None) -> bool:
        """A run is what it was launched as. Who may change runs may cancel and resume them in the list."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: ProjectionRun | None = None) -> bool:
        """Not row by row: a run has millions of them. The action below asks, and deletes by the table."""
        return False

    def save_model(
        self, request: HttpRequest, obj: ProjectionRun, form: forms.ModelForm, change: bool
    ) -> None:
        """Launch what was filled in; `obj` becomes the run that was launched."""
        choices = {field: form.cleaned_data[field] for field in CHOICES}
        run = launch_run(project=obj.project, user=cast(User, request.user), **choices)
        obj.pk = run.pk
        obj.refresh_from_db()

    @admin.action(description=_("Cancel the selected runs"), permissions=["change"])
    def cancel(self, request: HttpRequest, runs: QuerySet[ProjectionRun]) -> None:
        self._each(request, runs, cancel_run)

    @admin.action(description=_("Resume the selected runs"), permissions=["change"])
    def resume(self, request: HttpRequest, runs: QuerySet[ProjectionRun]) -> None:
        self._each(request, runs, resume_run)

    @admin.action(description=_("Delete the selected runs with all that they found"), permissions=["change"])
    def delete(self, request: HttpRequest, runs: QuerySet[ProjectionRun]) -> HttpResponse | None:
        if "confirmed" not in request.POST:
            context = {**self.admin_site.each_context(request), "runs": runs, "title": _("Delete")}
            return render(request, "admin/delete_runs.html", context)
        for run in runs.order_by("pk"):
            try:
                delete_run(run=run, actor=cast(User, request.user))
            except ValidationError as error:
                messages.error(request, f"Run {run.pk}: {error.message}")
            else:
                messages.success(request, f"Run {run.pk} is deleted.")
        return None

    def _each(self, request: HttpRequest, runs: QuerySet[ProjectionRun], action: Any) -> None:
        for run in runs.order_by("pk"):
            try:
                run = action(run=run, actor=cast(User, request.user))
            except ValidationError as error:
                messages.error(request, f"Run {run.pk}: {error.message}")
            else:
                messages.success(request, f"Run {run.pk} is {run.get_status_display().lower()} now.")
