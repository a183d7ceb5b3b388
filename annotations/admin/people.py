"""Users and memberships in Django admin. What is changed here is recorded in the project, too."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from annotations.actions.audit import Kind, write_audit
from annotations.models import Membership, User
from annotations.sign_in import make_login_link


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ["project"]


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    list_display = ["username", "first_name", "last_name", "is_active", "is_staff", "last_login"]
    inlines = [MembershipInline]
    actions = ["make_sign_in_links"]

    @admin.action(description="Make one-time sign-in links", permissions=["make_links"])
    def make_sign_in_links(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in users.filter(is_active=True):
            link = request.build_absolute_uri(make_login_link(user))
            self.message_user(request, f"For {user}, once, within 24 hours: {link}")

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the memberships of a user, each change with its record."""
        roles = _roles_of(formset.queryset)
        super().save_formset(request, form, formset, change)
        actor = cast(User, request.user)
        for member in formset.deleted_objects:
            _record(Kind.MEMBER_REMOVED, member, actor, role=member.role)
        for member in formset.new_objects:
            _record(Kind.MEMBER_ADDED, member, actor, role=member.role)
        for member, _fields in formset.changed_objects:
            _record_role(member, roles.get(member.pk, member.role), actor)

    def has_make_links_permission(self, request: HttpRequest) -> bool:
        """Whoever makes a link can sign in as that user."""
        return request.user.is_superuser


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):
    list_display = ["user", "project", "role", "created_at"]
    list_filter = ["role"]
    list_select_related = ["user", "project"]
    search_fields = ["user__username", "project__name"]
    autocomplete_fields = ["user", "project"]

    def save_model(self, request: HttpRequest, obj: Membership, form: forms.ModelForm, change: bool) -> None:
        was = _roles_of(Membership.objects.filter(pk=obj.pk)).get(obj.pk, "")
        super().save_model(request, obj, form, change)
        if change:
            _record_role(obj, was, cast(User, request.user))
        else:
            _record(Kind.MEMBER_ADDED, obj, cast(User, request.user), role=obj.role)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        _record(Kind.MEMBER_REMOVED, obj, cast(User, request.user), role=obj.role)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        for member in queryset.select_related("user", "project"):
            _record(Kind.MEMBER_REMOVED, member, cast(User, request.user), role=member.role)
        super().delete_queryset(request, queryset)


def _roles_of(members: QuerySet[Membership]) -> dict[int, str]:
    """The roles as they are stored."""
    stored = Membership.objects.filter(pk__in=[member.pk for member in members])
    return dict(stored.values_list("pk", "role"))


def _record(kind: str, member: Membership, actor: User, **detail: str) -> None:
    write_audit(member.project, kind, actor, person=member.user.username, **detail)


def _record_role(member: Membership, was: str, actor: User) -> None:
    if was != member.role:
        _record(Kind.ROLE_CHANGED, member, actor, was=was, now=member.role)
