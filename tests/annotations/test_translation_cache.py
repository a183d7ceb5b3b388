"""Translations that a project keeps: a real tiny translator, and the real table."""

from __future__ import annotations

from typing import Any

import pytest

from annotations.models import Project, Translation
from tests.workers.tiny_models import tiny_nllb
from workers.store.translations import ProjectTranslations
from workers.translate import Translation as Translated
from workers.translate import get_translator, translate_with_cache

pytestmark = pytest.mark.django_db

TEXTS = ["The mayor of Lisbon met Maria Silva on Monday .", "Angela Merkel", "El alcalde"]
SPANISH = {"source_language": "en", "target_language": "es"}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_nllb(tmp_path_factory.mktemp("translator") / "nllb"))


@pytest.fixture
def asked(model: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, list[list[str]]]:
    """A translator, and what it is asked for."""
    translator: Any = get_translator("seq2seq", model=model, beams=1)
    texts: list[list[str]] = []
    translate = translator.translate
    monkeypatch.setattr(
        translator, "translate", lambda some, **rest: texts.append(some) or translate(some, **rest)
    )
    return translator, texts


def test_each_distinct_text_is_translated_once_ever(asked, project: Project) -> None:
    translator, texts = asked
    cache = ProjectTranslations(project.pk)
    first = translate_with_cache(translator, [*TEXTS, TEXTS[0]], cache=cache, **SPANISH)
    second = translate_with_cache(translator, [TEXTS[1], "new"], cache=cache, **SPANISH)
    assert texts == [TEXTS, ["new"]]
    assert first[0] == first[-1]
    assert second[0] == first[1]
    translate_with_cache(translator, TEXTS[:1], cache=cache, source_language="en", target_language="sw")
    assert texts[2] == TEXTS[:1]  # another pair of languages is another translation
    assert Translation.objects.filter(project=project).count() == len(TEXTS) + 2


def test_another_project_keeps_its_own(asked, project: Project, olga) -> None:
    translator, texts = asked
    other = Project.objects.create(name="Letters", created_by=olga)
    for one in (project, other):
        translate_with_cache(translator, TEXTS[:1], cache=ProjectTranslations(one.pk), **SPANISH)
    assert texts == [TEXTS[:1], TEXTS[:1]]


def test_failed_translations_are_tried_again(model: str, project: Project, monkeypatch) -> None:
    translator: Any = get_translator("seq2seq", model=model, beams=1)
    failed = Translated("", status="failed", message="memory")
    monkeypatch.setattr(translator, "translate", lambda texts, **_: [failed for _ in texts])
    translate_with_cache(translator, ["a"], cache=ProjectTranslations(project.pk), **SPANISH)
    assert not Translation.objects.exists()


def test_what_is_translated_is_kept_every_now_and_then(asked, project: Project, monkeypatch) -> None:
    """A worker that ends loses what it has in hand, not what it translated before."""
    monkeypatch.setattr("workers.translate.KEEP_EVERY", 2)
    translator, texts = asked
    kept: list[int] = []
    translate = translator.translate

    def count_first(some: list[str], **languages: str) -> list[Translated]:
        kept.append(Translation.objects.count())
        return translate(some, **languages)

    monkeypatch.setattr(translator, "translate", count_first)
    translate_with_cache(translator, [*TEXTS, "b", "c"], cache=ProjectTranslations(project.pk), **SPANISH)
    assert [len(some) for some in texts] == [2, 2, 1] and kept == [0, 2, 4]
