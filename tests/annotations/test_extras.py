"""Entities that only a target tagger saw: kept by the run, decided by people, no part of the silver."""

from __future__ import annotations

import pytest

from annotations.actions.comparisons import ask_comparison, compare
from annotations.actions.fast_lane import eligible_pairs
from annotations.actions.queue import Queue
from annotations.actions.run_scores import gold_and_suggested
from annotations.actions.runs import launch_run
from annotations.export.losses import Losses
from annotations.export.options import ExportOptions
from annotations.export.records import read_records
from annotations.models import Candidate, Project, ProjectionRun, Review, SentencePair, User
from factories import make_project, make_user
from make_runs import add_pair, prepare_run
from workers import tasks
from workers.spans import Entity

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("live_broker")]


@pytest.fixture
def ana() -> User:
    return make_user("ana")


@pytest.fixture
def project(ana: User) -> Project:
    return make_project(owner=ana)


@pytest.fixture
def pair(project: Project) -> SentencePair:
    """Of its two names the source labels one, and the target tagger sees both."""
    return add_pair(
        project, "Ana Ruiz lives in London .", "Ana Ruiz habite à Londres .", [(0, 2, "PER")], language="fr"
    )


@pytest.fixture
def run(project: Project, pair: SentencePair) -> ProjectionRun:
    return run_it(project)


def run_it(project: Project) -> ProjectionRun:
    """A run with a target tagger, done here and now by the packaged models."""
    run = launch_run(
        project=project,
        user=project.created_by,
        target_language="fr",
        method="word-to-word",
        target_tagger="spacy-en",
        target_tagger_options={"model": "fr_core_news_md"},
    )
    prepare_run(run)
    while tasks.process_chunk(run.pk):
        pass
    run.refresh_from_db()
    return run


def extras(run: ProjectionRun) -> list[tuple]:
    found = Candidate.objects.filter(run=run, reason=Candidate.ONLY_TARGET)
    return list(found.values_list("start", "end", "label", "rank", "via", "source_entity"))


def test_a_run_keeps_what_no_projection_answers(run: ProjectionRun, pair: SentencePair) -> None:
    assert extras(run) == [(4, 5, "LOC", 0, "tagger", None)]
    assert (run.n_done, run.n_candidates, run.n_missing) == (1, 2, 0)
    pair.refresh_from_db()
    assert pair.priority > 0.5  # a person looks at it early


def test_a_pair_without_source_entities_has_its_extras_too(project: Project) -> None:
    add_pair(project, "They met .", "Ils ont vu Marie Dubois .", [], language="fr")
    run = run_it(project)
    assert extras(run) == [(3, 5, "PER", 0, "tagger", None)]
    assert run.results.get().status == "done"


def test_the_page_shows_it_as_what_it_is_and_accepting_all_takes_it(
    run: ProjectionRun, pair: SentencePair, ana: User, sign_in
) -> None:
    client = sign_in(ana)
    page = client.get(f"/sentences/{pair.pk}/").content.decode()
    assert page.count("Only in the translation") == 1 and "only the target tagger saw it" in page
    assert "item pending extra" in page and "mark pending extra" in page
    seen = {"version": 0, "run": run.pk, "text": 0}
    client.post(f"/sentences/{pair.pk}/accept/", seen)
    items = Review.objects.gold().get().items.order_by("start")
    assert list(items.values_list("start", "label", "source_entity__start")) == [
        (0, "PER", 0),
        (4, "LOC", None),
    ]


def test_it_is_rejected_like_any_other(run: ProjectionRun, pair: SentencePair, ana: User, sign_in) -> None:
    client = sign_in(ana)
    seen = {"version": 0, "run": run.pk, "text": 0}
    client.post(f"/sentences/{pair.pk}/edit/", seen | {"position": 1, "edit": "reject"})
    client.post(f"/sentences/{pair.pk}/accept/", seen | {"version": 1})
    assert list(Review.objects.gold().get().items.filter(state="accepted").values_list("label")) == [("PER",)]


def test_all_of_a_sentence_are_rejected_by_one_key(
    run: ProjectionRun, pair: SentencePair, ana: User, sign_in
) -> None:
    client = sign_in(ana)
    seen = {"version": 0, "run": run.pk, "text": 0}
    client.post(f"/sentences/{pair.pk}/edit/", seen | {"position": 1, "edit": "reject-extras"})
    items = Review.objects.get().items.order_by("position")
    assert list(items.values_list("label", "state")) == [("PER", "pending"), ("LOC", "rejected")]
    again = client.post(
        f"/sentences/{pair.pk}/edit/", seen | {"version": 1, "position": 1, "edit": "reject-extras"}
    )
    assert again.status_code == 422
    client.post(f"/projects/{pair.project_id}/undo/")
    assert set(items.values_list("state")) == {("pending",)}


def test_silver_and_the_run_s_scores_leave_it_out(
    run: ProjectionRun, pair: SentencePair, project: Project, ana: User, sign_in
) -> None:
    [record] = read_records(project, ExportOptions(format="jsonl", silver=True), Losses())
    assert [one.entity for one in record.found] == [Entity(0, 2, "PER")]
    sign_in(ana).post(f"/sentences/{pair.pk}/accept/", {"version": 0, "run": run.pk, "text": 0})
    [scored] = gold_and_suggested(run.pk)
    assert len(scored.gold) == 2 and len(scored.suggested) == 1


def test_nobody_accepts_it_unseen(run: ProjectionRun, pair: SentencePair) -> None:
    """Even where an owner lets through all that is as likely right as not."""
    Candidate.objects.filter(run=run, source_entity__isnull=False).update(confidence=1.0)
    SentencePair.objects.update(priority=0.0)
    assert not eligible_pairs(run, 0.5).exists()
    Candidate.objects.filter(reason=Candidate.ONLY_TARGET).delete()
    assert eligible_pairs(run, 0.5).exists()


def test_it_goes_with_its_words_and_comes_back_with_them(
    run: ProjectionRun, pair: SentencePair, ana: User, sign_in
) -> None:
    client = sign_in(ana)
    words = {"side": "target", "kind": "rewrite", "words": "Ana Ruiz habite loin ."}
    client.post(f"/sentences/{pair.pk}/words/", {"version": 0, "run": run.pk, "text": 0} | words)
    assert not extras(run)
    client.post(f"/projects/{pair.project_id}/undo/")
    assert extras(run) == [(4, 5, "LOC", 0, "tagger", None)]
    assert Candidate.objects.get(reason=Candidate.ONLY_TARGET).confidence == 0.49


def test_a_queue_of_them(run: ProjectionRun, pair: SentencePair, project: Project, ana: User) -> None:
    without = add_pair(project, "Ana sings", "Ana chante", [(0, 1, "PER")], language="fr")
    SentencePair.objects.filter(pk=without.pk).update(shown_run=run, status="suggested")
    assert [one.pk for one in Queue(project.pk, doubt="extra").pairs()] == [pair.pk]


def test_runs_are_compared_by_what_they_projected(
    run: ProjectionRun, pair: SentencePair, project: Project
) -> None:
    other = run_it(project)
    Candidate.objects.filter(run=other, reason=Candidate.ONLY_TARGET).delete()
    comparison = ask_comparison(first=run, second=other, user=project.created_by)
    compare(comparison.pk)
    comparison.refresh_from_db()
    assert (comparison.status, comparison.n_differences) == ("ready", 0)
