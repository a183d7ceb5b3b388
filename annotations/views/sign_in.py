"""Signing in by password or by a one-time link, choosing a password."""

from collections.abc import Callable
from threading import Thread
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.contrib.auth.views import LoginView, PasswordResetView, redirect_to_login
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from annotations.models import User
from annotations.people_forms import ForgottenPasswordForm
from annotations.sign_in import client_address, is_usable, use_login_token
from annotations.throttle import (
    FAILED_BY_ADDRESS,
    FAILED_BY_NAME,
    RESETS_BY_ACCOUNT,
    RESETS_BY_ADDRESS,
    Limit,
    count_one,
    is_spent,
)

MODEL_BACKEND = "annotations.signed_in.PasswordBackend"


class SignIn(LoginView):
    """Django's own, with limits on failures beside the lockout of one name at one address."""

    def post(self, request: HttpRequest, *args: str, **kwargs: Any) -> HttpResponse:
        if any(is_spent(limit, who) for limit, who in self._counted()):
            return render(request, "registration/too_often.html", status=429)
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        for limit, who in self._counted():
            count_one(limit, who)
        return super().form_invalid(form)

    def _counted(self) -> list[tuple[Limit, str]]:
        name = self.request.POST.get("username", "").lower()
        address = client_address(self.request) or ""
        return [(FAILED_BY_NAME, name), (FAILED_BY_ADDRESS, address)]


class ResetForm(ForgottenPasswordForm):
    """Answers at once and alike, whether there is such an account or not."""

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Send the mail from a thread: how long that takes would tell that there is one to send."""
        if not count_one(RESETS_BY_ACCOUNT, self.cleaned_data["email"].lower()):
            return
        send = super().save
        do_meanwhile(lambda: send(*args, **kwargs))


def do_meanwhile(work: Callable[[], None]) -> None:
    """Do it in a thread with a database connection of its own; a web server that stops waits for it."""

    def do() -> None:
        try:
            work()
        finally:
            connection.close()

    Thread(target=do, name="meanwhile").start()


LOGIN = SignIn.as_view(
    redirect_authenticated_user=True,
    extra_context={
        "sends_mail": settings.SENDS_MAIL,
        "sso_name": settings.OIDC_NAME if settings.OIDC_ENABLED else "",
    },
)


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_link(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, POST signs in: browsers and chat programs fetch links ahead and would use them up."""
    if request.method == "GET":
        return render(request, "registration/sign_in_link.html", {"is_usable": is_usable(token)})
    user = use_login_token(token)
    if user is None:
        return render(request, "registration/sign_in_link.html", {"is_usable": False}, status=410)
    login(request, user, backend=MODEL_BACKEND)
    if not user.has_usable_password():
        messages.info(request, _("You are signed in. Choose a password to come back without a link."))
        return redirect("password")
    return redirect("/")


@never_cache
@login_required
@sensitive_post_parameters()
def password(request: HttpRequest) -> HttpResponse:
    """Choose a password; the present one is asked for where there is one."""
    user = cast(User, request.user)
    form_class = PasswordChangeForm if user.has_usable_password() else SetPasswordForm
    form = form_class(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        update_session_auth_hash(request, form.save())
        messages.success(request, _("Your password is set."))
        return redirect("/")
    return render(request, "registration/password.html", {"form": form})


def password_reset(request: HttpRequest) -> HttpResponseBase:
    """Django's own, where the installation can send mail."""
    if not settings.SENDS_MAIL:
        raise Http404("this installation sends no mail")
    if request.method == "POST" and not count_one(RESETS_BY_ADDRESS, client_address(request) or ""):
        return render(request, "registration/too_often.html", status=429)
    view = PasswordResetView.as_view(
        subject_template_name="registration/password_reset_subject.txt", form_class=ResetForm
    )
    return view(request)


def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Where Django admin sends who may not see it: strangers to the one sign-in page, users nowhere."""
    if request.user.is_authenticated:
        raise Http404("not for this user")
    return redirect_to_login(request.GET.get("next", "/admin/"))
