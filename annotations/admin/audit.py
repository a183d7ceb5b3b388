"""The record of changes in Django admin: for reading, across projects."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from annotations.audit import describe_entry
from annotations.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin):
    list_display = ["at", "project", "actor", "kind", "details"]
    list_filter = ["kind"]
    list_select_related = ["project", "actor"]
    search_fields = ["project__name", "actor__username"]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False

    @admin.display
    def details(self, entry: AuditEntry) -> str:
        return describe_entry(entry)
