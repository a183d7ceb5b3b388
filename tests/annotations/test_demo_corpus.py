"""`manage.py load_demo` makes one project, whole, once."""

import json
import unicodedata
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from shutil import copytree

import pytest
from django.core.management import call_command
from django.db import connection

from annotations.actions.imports import ImportRefused
from annotations.management.commands import load_demo
from annotations.models import Candidate, Project, ReferenceSpan, SentencePair, SourceEntity, User


def load() -> str:
    out = StringIO()
    call_command("load_demo", stdout=out)
    return out.getvalue()


@pytest.fixture
def rows() -> dict[str, dict]:
    lines = [line for path in load_demo.FOLDER.glob("*.jsonl") for line in path.open(encoding="utf-8")]
    return {row["id"]: row for row in map(json.loads, lines)}


@pytest.fixture
def owner(db) -> User:
    return User.objects.create_superuser("ada")


@pytest.mark.django_db
def test_it_makes_a_project_of_the_first_owner(owner, rows):
    User.objects.create_superuser("later")
    assert str(len(rows)) in load()
    project = Project.objects.get()
    assert (project.name, project.source_language) == ("Demo corpus", "en")
    assert project.label_names == ["PER", "LOC", "ORG", "MISC"]
    assert [(m.user, m.role) for m in project.memberships.all()] == [(owner, "owner")]
    assert all(label in project.guidelines for label in project.label_names)


@pytest.mark.django_db
def test_every_pair_arrives_to_the_code_point(owner, rows):
    load()
    pairs = {pair.external_id: pair for pair in SentencePair.objects.all()}
    assert pairs.keys() == rows.keys()
    for key, pair in pairs.items():
        row = rows[key]
        assert (pair.source_text, pair.target_text) == (row["source_text"], row["target_text"])
        assert (pair.source_tokens, pair.target_tokens) == (row["source"], row["target"])
        assert (pair.target_language, pair.domain) == (row["target_language"], row["domain"])
        assert (pair.document, pair.meta["phenomena"]) == (row["document"], row["phenomena"])
        assert pair.has_source_labels and pair.has_reference and pair.status == "new"


@pytest.mark.django_db
def test_decomposed_text_stays_decomposed(owner):
    load()
    decomposed = SentencePair.objects.filter(meta__phenomena__contains=["nfd"])
    assert decomposed.exists()
    for pair in decomposed:
        assert not unicodedata.is_normalized("NFC", pair.target_text)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "key"), [(SourceEntity, "source_entities"), (ReferenceSpan, "target_entities")]
)
def test_gold_labels_are_source_entities_and_reference_spans(owner, rows, model, key):
    load()
    stored = model.objects.values_list("pair__external_id", "start", "end", "label")
    given = Counter((row["id"], *entity) for row in rows.values() for entity in row[key])
    assert Counter(stored) == given


@pytest.mark.django_db
def test_no_gold_target_label_becomes_a_suggestion(owner):
    load()
    assert not Candidate.objects.exists()
    assert not SentencePair.objects.exclude(shown_run=None).exists()


@pytest.mark.django_db
def test_a_second_time_changes_nothing(owner, rows):
    load()
    Project.objects.update(guidelines="Ours.")
    SentencePair.objects.filter(external_id="en-es-001").delete()
    assert "exists" in load()
    assert Project.objects.get().guidelines == "Ours."
    assert SentencePair.objects.count() == len(rows) - 1


@pytest.mark.django_db
def test_a_bad_line_leaves_nothing_behind(owner, tmp_path, monkeypatch):
    folder = copytree(load_demo.FOLDER, tmp_path / "demo")
    (folder / "en-zh.jsonl").write_text('{"source": ["Paris"], "target": ["巴黎"]}\n', encoding="utf-8")
    monkeypatch.setattr(load_demo, "FOLDER", folder)
    with pytest.raises(ImportRefused, match="1 of "):
        load()
    assert not Project.objects.exists()
    assert not SentencePair.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_project(owner, rows):
    def load_in_thread(_: int) -> str:
        try:
            return load()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(load_in_thread, range(2)))
    assert sorted("exists" in answer for answer in answers) == [False, True]
    assert SentencePair.objects.count() == len(rows)
