"""Users and memberships in Django admin."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

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
