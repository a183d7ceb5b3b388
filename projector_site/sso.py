"""Single sign-on: who comes from the configured provider gets an account, and sees the projects they are on.

Loaded only where OIDC_ISSUER is set. An account is known again by the provider's own subject, never by an
e-mail address, which the provider may let people choose.
"""

from __future__ import annotations

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.http import HttpRequest

from annotations.models import User
from annotations.sign_in import free_username


class Adapter(DefaultSocialAccountAdapter):
    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, str]) -> User:
        """A new account under the name that the provider gives, with a number where somebody has it here."""
        user = super().populate_user(request, sociallogin, data)
        sociallogin.email_addresses = []  # another account with this address is no reason to ask anything
        wanted = data.get("username") or (data.get("email") or "").partition("@")[0] or "person"
        user.username = free_username(wanted[:140])
        return user
