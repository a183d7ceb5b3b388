"""manage.py create_project."""

import pytest
from django.core.management import CommandError, call_command

from annotations.models import Membership, Project, User

pytestmark = pytest.mark.django_db


def test_it_makes_a_project_with_an_owner(capsys):
    user = User.objects.create_user("ana")
    call_command(
        "create_project", "Radio news", "--source-language", "pt-br", "--user", "ana", "--label", "DATE=t"
    )
    project = Project.objects.get()
    assert (project.name, project.source_language, project.label_names) == ("Radio news", "pt-BR", ["DATE"])
    assert Membership.objects.get(user=user).role == Membership.Role.OWNER
    assert f"Project {project.pk}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--source-language", "not a tag"], "source_language"),
        (["--label", "PER"], "NAME=KEY"),
        (["--label", "PER=x"], "taken"),
        (["--label", "PER=p", "--label", "ORG=p"], "Two labels"),
        (["--user", "nobody"], "nobody"),
    ],
)
def test_it_refuses_what_the_form_refuses(arguments, words):
    with pytest.raises(CommandError, match=words):
        call_command("create_project", "Radio news", *arguments)
    assert not Project.objects.exists()


def test_it_refuses_a_name_twice():
    call_command("create_project", "Radio news")
    with pytest.raises(CommandError, match="name"):
        call_command("create_project", "Radio news")
