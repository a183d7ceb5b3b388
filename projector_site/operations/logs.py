"""Every log line names the request or the task it belongs to; the same name goes back to the browser.

A request's name is the X-Request-ID that a proxy gave it, or a new one. LOG_FORMAT=json writes one JSON
object a line, with the fields `request_id` and `task`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any
from uuid import uuid4

from celery.signals import task_postrun, task_prerun
from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"
ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{8,64}")

_request_id: ContextVar[str] = ContextVar("request_id", default="-")
_task: ContextVar[str] = ContextVar("task", default="-")


class RequestIdMiddleware:
    """First of all middleware, so that what the others log is named as well."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        offered = request.headers.get(HEADER, "")
        name = offered if ACCEPTABLE.fullmatch(offered) else uuid4().hex
        token = _request_id.set(name)
        try:
            response = self.get_response(request)
        finally:
            _request_id.reset(token)
        response[HEADER] = name
        return response


def current_request_id() -> str:
    return _request_id.get()


class NameWork(logging.Filter):
    """Puts `request_id` and `task` on every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = _request_id.get()
        record.task = _task.get()
        return True


def describe_task(name: str, arguments: Any) -> str:
    """`process_chunk(12)`: the task, and the ids it was given."""
    numbers = [str(argument) for argument in arguments or () if isinstance(argument, int)]
    return f"{name.rpartition('.')[2]}({', '.join(numbers)})"


@task_prerun.connect
def _name_task(task: Any = None, task_id: str = "", args: Any = (), **_: Any) -> None:
    _task.set(describe_task(task.name, args))
    _request_id.set(task_id)


@task_postrun.connect
def _forget_task(**_: Any) -> None:
    _task.set("-")
    _request_id.set("-")
