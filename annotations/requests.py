"""The request as signed-in views see it."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from annotations.models import User


class SignedInRequest(HttpRequest):
    """What `login_required` and the middleware promise: a real user, and whether HTMX asks."""

    user: User
    htmx: HtmxDetails
