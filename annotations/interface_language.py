"""The language of the interface: what a person has chosen, before what the browser asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from annotations.models import User


def chosen_language(user: User | AnonymousUser) -> str:
    """The code that the person has saved; empty where there is none, or the site no longer has it."""
    code = user.preferences.get("language", "") if isinstance(user, User) else ""
    return code if code in dict(settings.LANGUAGES) else ""


def words_for(user: User) -> Any:
    """A context with the person's own language, for what goes to somebody else than who asks."""
    return translation.override(chosen_language(user) or translation.get_language())


class PersonLanguageMiddleware:
    """After Django's LocaleMiddleware, which reads cookie and Accept-Language before anybody is known."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/health/"):  # which answers without a database
            return self.get_response(request)
        request.user = get_user(request)  # not when it is first asked for: that would be here
        language = chosen_language(request.user)
        if language:
            translation.activate(language)
            request.LANGUAGE_CODE = language
        return self.get_response(request)
