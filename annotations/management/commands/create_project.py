"""manage.py create_project NAME: a project from the command line, with the form's own checks."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.actions.projects import create_project
from annotations.forms import LabelFormSet, ProjectForm
from annotations.management.lookups import get_user
from annotations.models.projects import default_labels
from annotations.sign_in import get_or_make_first_owner


class Command(BaseCommand):
    help = "Make a project, owned by USER. Labels are PER, LOC, ORG and MISC unless --label names others."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument(
            "--source-language", default="en", metavar="TAG", help="BCP 47 (default: %(default)s)"
        )
        parser.add_argument("--description", default="", metavar="TEXT")
        parser.add_argument("--user", help="who owns it; default: the first owner")
        parser.add_argument(
            "--label",
            action="append",
            default=[],
            metavar="NAME=KEY",
            help="a label and the key that sets it, for example DATE=t; repeatable",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        owner = get_user(options["user"]) if options["user"] else get_or_make_first_owner()
        form = ProjectForm({name: options[name] for name in ("name", "description", "source_language")})
        labels = LabelFormSet(_formset_data(read_labels(options["label"]) or default_labels()))
        if not (form.is_valid() and labels.is_valid()):
            raise CommandError("; ".join(_problems(form, labels)))
        project = create_project(owner=owner, labels=labels.labels, **form.cleaned_data)
        self.stdout.write(f"Project {project.pk}: {project.name}, owned by {owner.username}.")


def read_labels(arguments: list[str]) -> list[dict[str, str]]:
    labels = []
    for argument in arguments:
        name, separator, key = argument.partition("=")
        if not separator:
            raise CommandError(f"--label {argument!r} must be NAME=KEY, for example DATE=t")
        labels.append({"name": name, "key": key, "description": ""})
    return labels


def _formset_data(labels: list[dict[str, str]]) -> dict[str, str]:
    data = {"form-TOTAL_FORMS": str(len(labels)), "form-INITIAL_FORMS": "0"}
    for number, label in enumerate(labels):
        data |= {f"form-{number}-{field}": value for field, value in label.items()}
    return data


def _problems(form: ProjectForm, labels: Any) -> list[str]:
    problems = [f"{field}: {error}" for field, errors in form.errors.items() for error in errors]
    for row in labels.errors:
        problems += [f"label {field}: {error}" for field, errors in row.items() for error in errors]
    return problems + list(labels.non_form_errors())
