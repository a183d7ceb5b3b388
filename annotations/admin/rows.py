"""The large tables in Django admin: to look at one row or the newest ones. Nothing is changed here."""

from __future__ import annotations

from functools import cached_property
from typing import Any, cast

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from annotations.models import Candidate, Review, ReviewEvent, SentencePair

COUNTED = 10_000


class ShortPaginator(Paginator):
    """Counts no further than COUNTED: a table of millions is looked into, not leafed through."""

    @cached_property
    def count(self) -> int:
        rows = cast(QuerySet[Any], self.object_list)
        return rows.order_by()[:COUNTED].count()


class RowsAdmin(admin.ModelAdmin):
    """Newest first, found by number only: whatever else is asked for, the pages of the site have an index."""

    paginator = ShortPaginator
    show_full_result_count = False
    ordering = ["-pk"]
    list_per_page = 50
    search_fields = ["pk"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term:
            return queryset, False
        number = int(search_term) if search_term.isdecimal() and len(search_term) < 19 else 0
        return queryset.filter(pk=number), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(SentencePair)
class SentencePairAdmin(RowsAdmin):
    list_display = ["id", "project", "external_id", "target_language", "status", "source_text", "target_text"]
    list_select_related = ["project"]


@admin.register(Candidate)
class CandidateAdmin(RowsAdmin):
    list_display = ["id", "pair_id", "run_id", "rank", "label", "start", "end", "confidence", "reason"]


@admin.register(Review)
class ReviewAdmin(RowsAdmin):
    list_display = ["id", "pair_id", "reviewer", "status", "is_gold", "version", "changed_at"]
    list_select_related = ["reviewer"]


@admin.register(ReviewEvent)
class ReviewEventAdmin(RowsAdmin):
    list_display = ["id", "review_id", "actor", "action", "detail", "at"]
    list_select_related = ["actor"]
