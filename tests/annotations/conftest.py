"""The cast of the page tests: an owner, an adjudicator, two annotators, a viewer, a stranger.

And what several files of tests read and write: imports and exports in one call.
"""

from functools import partial
from pathlib import Path

import pytest
from django.test import Client

from annotations.models import Project, SentencePair, User
from exported_files import Export, export_files, make_corpus
from factories import make_pair, make_project, make_user
from import_records import Read, read_files


@pytest.fixture
def olga(db: None) -> User:
    return make_user("olga")


@pytest.fixture
def adam(db: None) -> User:
    return make_user("adam")


@pytest.fixture
def ana(db: None) -> User:
    return make_user("ana")


@pytest.fixture
def ben(db: None) -> User:
    return make_user("ben")


@pytest.fixture
def vera(db: None) -> User:
    return make_user("vera")


@pytest.fixture
def stranger(db: None) -> User:
    return make_user("stranger")


@pytest.fixture
def project(olga: User, adam: User, ana: User, ben: User, vera: User) -> Project:
    project = make_project("News", owner=olga, adjudicator=adam, annotator=ana, viewer=vera)
    project.memberships.create(user=ben, role="annotator")
    return project


@pytest.fixture
def pair(project: Project) -> SentencePair:
    return make_pair(project)


@pytest.fixture
def mail_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mail is sent in the request, where the test's transaction can be seen."""
    monkeypatch.setattr("annotations.views.sign_in.do_meanwhile", lambda work: work())


@pytest.fixture
def sign_in():
    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return partial(read_files, tmp_path)


@pytest.fixture
def export(project: Project, tmp_path: Path) -> Export:
    return partial(export_files, project, tmp_path)


@pytest.fixture
def corpus(project: Project) -> list[SentencePair]:
    return make_corpus(project)
