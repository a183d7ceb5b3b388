"""Two runs compared: how answers relate, what a worker counts, the page, and the queue of its sentences."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from django.urls import reverse

from annotations.actions import comparisons
from annotations.actions.comparisons import ask_comparison, compare, relate
from annotations.actions.runs import delete_run
from annotations.models import (
    Candidate,
    PairResult,
    ReferenceSpan,
    Review,
    ReviewItem,
    RunComparison,
    SentencePair,
)
from annotations.tasks import compare_runs
from factories import make_pair, make_run

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (set(), set(), []),
        ({(0, 2, "PER")}, {(0, 2, "PER")}, [("PER", "same")]),
        ({(0, 2, "PER")}, {(0, 2, "ORG")}, [("PER", "other-label")]),
        ({(0, 2, "PER")}, {(0, 3, "PER")}, [("PER", "other-span")]),
        ({(0, 2, "PER")}, set(), [("PER", "first-only")]),
        (set(), {(4, 5, "LOC")}, [("LOC", "second-only")]),
        # adjacent spans do not overlap
        ({(0, 2, "PER")}, {(2, 3, "PER")}, [("PER", "first-only"), ("PER", "second-only")]),
        # the equal span is found before the overlapping one takes it
        (
            {(0, 3, "ORG"), (2, 4, "LOC")},
            {(2, 4, "ORG")},
            [("LOC", "other-label"), ("ORG", "first-only")],
        ),
    ],
)
def test_how_the_answers_for_a_sentence_relate(first, second, expected):
    assert relate(first, second) == expected


@pytest.fixture
def runs(project):
    """Three pairs that the first run answered; the second agrees on one, differs on one, failed on one."""
    first, second = make_run(project), make_run(project)
    pairs = [make_pair(project, run=first) for _ in range(3)]
    for pair in pairs[:2]:
        PairResult.objects.create(run=second, pair=pair, status="done")
        entities = list(pair.candidates.filter(run=first).order_by("start"))
        for number, candidate in enumerate(entities):
            moved = number == 0 and pair == pairs[1]
            Candidate.objects.create(
                run=second,
                pair=pair,
                source_entity=candidate.source_entity,
                rank=0,
                start=candidate.start,
                end=candidate.end - moved,
                label=candidate.label,
                score=1.0,
                confidence=0.9,
                margin=0.5,
            )
    PairResult.objects.create(run=second, pair=pairs[2], status="failed", message="too long")
    return first, second, pairs


def done_comparison(runs, user):
    comparison = ask_comparison(first=runs[0], second=runs[1], user=user)
    compare(comparison.pk)
    comparison.refresh_from_db()
    return comparison


def test_a_worker_counts_agreement_by_label(runs, olga, monkeypatch):
    monkeypatch.setattr(comparisons, "RANGE", 2)  # so that there are several ranges
    comparison = done_comparison(runs, olga)
    assert (comparison.status, comparison.n_differences) == ("ready", 1)
    assert comparison.data["n_pairs"] == 2  # the third is not answered by both
    assert comparison.data["labels"] == [["LOC", 2, 0, 0, 0, 0], ["PER", 1, 0, 1, 0, 0]]
    assert comparison.data["total"] == [3, 0, 1, 0, 0]
    assert comparison.data["gold"] == []
    assert list(comparison.differences.values_list("pair", flat=True)) == [runs[2][1].pk]


def test_it_scores_both_runs_against_reviews_and_imported_gold(runs, olga):
    first, _second, pairs = runs
    review = Review.objects.create(pair=pairs[1], reviewer=olga, run=first, status="done", is_gold=True)
    ReviewItem.objects.create(review=review, position=0, state="accepted", start=0, end=2, label="PER")
    ReviewItem.objects.create(review=review, position=1, state="rejected", start=4, end=5, label="LOC")
    SentencePair.objects.filter(pk=pairs[0].pk).update(has_reference=True)
    ReferenceSpan.objects.create(pair=pairs[0], start=4, end=5, label="LOC")
    gold = {row["kind"]: row for row in done_comparison(runs, olga).data["gold"]}
    assert [row["n_pairs"] for row in gold.values()] == [1, 1]
    reviews = [(run["right"], run["found"], run["wanted"]) for run in gold["reviews"]["runs"]]
    assert reviews == [(1, 2, 1), (0, 2, 1)]
    assert gold["reviews"]["runs"][0]["f1"] == pytest.approx(2 / 3)
    imported = [(run["right"], run["found"], run["wanted"]) for run in gold["imported"]["runs"]]
    assert imported == [(1, 2, 1), (1, 2, 1)]


def test_comparing_again_replaces_what_was_found(runs, olga):
    comparison = done_comparison(runs, olga)
    again = done_comparison((runs[1], runs[0]), olga)  # either order is the same comparison
    assert again.pk == comparison.pk and again.n_differences == 1
    assert again.differences.count() == 1


def test_what_makes_no_sense_is_refused(runs, project, olga):
    for other, complaint in (
        (runs[0], "two different runs"),
        (make_run(project, "de"), "into one language"),
    ):
        with pytest.raises(Exception, match=complaint):
            ask_comparison(first=runs[0], second=other, user=olga)
    runs[1].status = "running"
    with pytest.raises(Exception, match="under way"):
        ask_comparison(first=runs[0], second=runs[1], user=olga)


def test_a_failure_is_said_on_the_page(runs, olga, sign_in):
    comparison = ask_comparison(first=runs[0], second=runs[1], user=olga)
    with patch("annotations.actions.comparisons.relate", side_effect=ValueError("broken")):
        compare_runs(comparison.pk)
    answer = sign_in(olga).get(reverse("annotations:comparison", args=[comparison.pk]))
    assert "ValueError: broken" in answer.content.decode()


def test_an_owner_asks_and_reads_and_a_reviewer_reviews_these(
    runs, project, olga, sign_in, django_capture_on_commit_callbacks
):
    client = sign_in(olga)
    assert 'id="compare-other"' in client.get(runs[0].get_absolute_url()).content.decode()
    with (
        patch("annotations.tasks.compare_runs.delay") as sent,
        django_capture_on_commit_callbacks(execute=True),
    ):
        answer = client.post(reverse("annotations:comparison_ask", args=[runs[0].pk]), {"other": runs[1].pk})
    comparison = RunComparison.objects.get()
    assert answer.url == reverse("annotations:comparison", args=[comparison.pk])
    sent.assert_called_once_with(comparison.pk)
    assert 'hx-trigger="every 2s"' in client.get(answer.url).content.decode()
    compare(comparison.pk)
    text = client.get(answer.url).content.decode()
    assert "every 2s" not in text and "Agreement by label" in text and "Review these" in text
    assert "Ana Ruiz" in text  # what only the first run says
    assert f"?comparison={comparison.pk}&amp;language=es" in text
    part = client.get(answer.url, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="comparison"')


def test_the_queue_of_a_comparison_has_its_sentences_only(runs, project, olga, sign_in):
    comparison = done_comparison(runs, olga)
    url = reverse("annotations:review_next", args=[project.pk])
    answer = sign_in(olga).get(url, {"comparison": comparison.pk}, follow=True)
    assert f'data-pair="{runs[2][1].pk}"' in answer.content.decode()
    assert f"comparison={comparison.pk}" in answer.redirect_chain[0][0]


def test_signatures_are_set_side_by_side(runs, olga, sign_in):
    runs[0].signature, runs[1].signature = "method:soft|aligner:fused 1", "method:soft|aligner:simalign 1"
    for run in runs[:2]:
        run.save(update_fields=["signature"])
    comparison = done_comparison(runs, olga)
    answer = sign_in(olga).get(reverse("annotations:comparison", args=[comparison.pk]))
    assert answer.context["signatures"] == [
        ("method", "soft", "soft", False),
        ("aligner", "fused 1", "simalign 1", True),
    ]


def test_the_list_goes_on_by_key(runs, olga, sign_in, monkeypatch):
    monkeypatch.setattr("annotations.views.comparisons.PAGE_SIZE", 1)
    first, second, pairs = runs
    Candidate.objects.filter(run=second, pair=pairs[0]).delete()
    comparison = done_comparison(runs, olga)
    url = reverse("annotations:comparison", args=[comparison.pk])
    page = sign_in(olga).get(url)
    assert [row["pair"] for row in page.context["rows"]] == [pairs[0]]
    page = sign_in(olga).get(url, {"after": page.context["following"]})
    assert [row["pair"] for row in page.context["rows"]] == [pairs[1]] and not page.context["following"]


def test_a_run_can_be_deleted_with_its_comparisons(runs, olga):
    done_comparison(runs, olga)
    delete_run(run=runs[0])
    assert not RunComparison.objects.exists()
