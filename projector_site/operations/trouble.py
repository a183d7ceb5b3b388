"""What is shown in the place of a page that cannot be shown: what is wrong, and what becomes of the work."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from projector_site.operations.logs import current_request_id
from workers.tasks.disk import is_disk_full

RETRY_AFTER_S = 10


def server_error(request: HttpRequest) -> HttpResponse:
    """503 where waiting or making room helps, else 500. Asks neither the database nor who is signed in."""
    title, words, passes = say_what_is_wrong(sys.exc_info()[1])
    context = {"title": title, "words": words, "passes": passes, "request_id": current_request_id()}
    response = HttpResponse(render_to_string("trouble.html", context), status=503 if passes else 500)
    if passes:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    add_never_cache_headers(response)
    return response


def say_what_is_wrong(error: BaseException | None) -> tuple[str, str, bool]:
    """A title, what follows for the person, and whether it may pass without a change of the product."""
    if is_disk_full(error):
        return (
            _("The disk is full"),
            _("The server has no room left, so this was not saved. Tell whoever runs it, then try again."),
            True,
        )
    if isinstance(error, OperationalError | InterfaceError):
        return (
            _("The database does not answer"),
            _("What was confirmed before is safe. What you just did may not be saved: look when it is back."),
            True,
        )
    return (
        _("Something went wrong"),
        _("The fault is on this side and is written in the server's log."),
        False,
    )
