"""What management commands are given by name: projects and people."""

from django.core.management.base import CommandError

from annotations.models import Project, User


def get_project(name: str) -> Project:
    """A project by its number or its exact name. Raises CommandError listing the projects there are."""
    projects = Project.objects.select_related("created_by")
    found = projects.filter(name=name).first() or (name.isdecimal() and projects.filter(pk=name).first())
    if found:
        return found
    known = ", ".join(f"{project.pk} ({project.name})" for project in projects.order_by("pk")[:20])
    raise CommandError(f"There is no project {name!r}. Projects: {known or 'none yet'}.")


def get_user(name: str) -> User:
    """A person by user name. Raises CommandError."""
    try:
        return User.objects.get(username=name)
    except User.DoesNotExist as error:
        raise CommandError(f"There is no user {name!r}.") from error
