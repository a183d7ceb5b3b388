"""The menu of a project, for the head of every page."""

from __future__ import annotations

from django import template
from django.http import HttpRequest

from annotations.models import Project
from annotations.navigation import Entry, project_menu

register = template.Library()


@register.simple_tag
def menu_of(project: Project, request: HttpRequest) -> list[Entry]:
    match = request.resolver_match
    return project_menu(project, match.url_name if match and match.url_name else "")
