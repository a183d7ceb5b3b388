"""The sentences behind an evaluation's numbers: by error, by label, a page at a time."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from annotations.actions import faulty_sentences as faulty
from annotations.actions.evaluation import evaluation_folder
from annotations.models import Evaluation, Project
from exported_files import review
from factories import make_evaluation, make_pair

HOSTILE = '<script>alert("x")</script>'


@pytest.fixture
def shown(project: Project, settings, tmp_path: Path) -> Evaluation:
    settings.MEDIA_ROOT = str(tmp_path)
    pair = make_pair(project)
    review(pair, (0, 2, "PER"))
    return make_evaluation(pair)


def sentences(client: Client, evaluation: Evaluation, **query) -> str:
    address = reverse("annotations:evaluation_sentences", args=[evaluation.pk])
    return client.get(address, query).content.decode()


def test_a_number_leads_to_its_sentences(shown: Evaluation, sign_in, olga) -> None:
    client = sign_in(olga)
    page = client.get(shown.get_absolute_url()).content.decode()
    assert "?kind=missed&amp;label=PER" in page and "?label=LOC&amp;found=ORG" in page
    pair = shown.project.pairs.get()
    missed = sentences(client, shown, kind="missed", label="PER")
    assert missed.count(f"/sentences/{pair.pk}/") == 1 and "Ana Ruiz" in missed
    assert "No sentence is like that" in sentences(client, shown, kind="missed", label="LOC")
    assert sentences(client, shown, label="LOC", found="ORG").count(f"/sentences/{pair.pk}/") == 1
    assert sentences(client, shown, compared="worse").count(f"/sentences/{pair.pk}/") == 2
    assert "No sentence is like that" in sentences(client, shown, compared="better")
    for nonsense in ({"kind": HOSTILE}, {"after": "9" * 15}, {"after": "-1"}, {"after": "7"}):
        assert HOSTILE not in sentences(client, shown, **nonsense)


def test_sentences_come_a_page_at_a_time(shown: Evaluation, sign_in, olga) -> None:
    path = evaluation_folder(shown) / faulty.SENTENCES
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines * 40))
    seen, after, pages = 0, 0, 0
    while after is not None:
        found, after = faulty.faulty_sentences(shown, faulty.Wanted(), after=after, n=30)
        seen, pages = seen + len(found), pages + 1
    assert (seen, pages) == (80, 3)
    page = sentences(sign_in(olga), shown)
    assert page.count("<tr><th") == 1 + 30 and 'rel="next"' in page
    path.unlink()
    assert "No sentence is like that" in sentences(sign_in(olga), shown)
