"""manage.py fit_confidence: from reviews to the confidences of the next run."""

import json

import pytest
from django.core.management import CommandError, call_command

from annotations.actions.runs import launch_run
from annotations.management.commands.fit_confidence import decided_items, reviewed_rows
from annotations.models import Candidate, ProjectionRun, Review, ReviewItem
from factories import make_pair, make_project
from workers.project import get_projector
from workers.project.confidence import corrected_confidences
from workers.project.ranker import classifier_from

pytestmark = pytest.mark.django_db


def review(pair, *, right, status=Review.Status.DONE):
    """A finished gold review of the pair's first suggestion: taken as it is, or moved by a token."""
    made = Review.objects.create(
        pair=pair, reviewer=pair.project.created_by, status=status, is_gold=status == Review.Status.DONE
    )
    candidate = Candidate.objects.filter(pair=pair, rank=0).order_by("source_entity__start").first()
    ReviewItem.objects.create(
        review=made, position=0, state="accepted", start=candidate.start, label=candidate.label,
        end=candidate.end if right else candidate.end + 1, candidate=candidate,
        source_entity=candidate.source_entity,
    )  # fmt: skip


@pytest.fixture
def project():
    project = make_project()
    for number in range(80):
        review(make_pair(project, confidence=0.9 if number % 2 else 0.6), right=number % 2 == 1)
    ProjectionRun.objects.update(status="done")
    return project


def test_the_next_run_uses_what_the_reviews_taught(project, tmp_path, capsys):
    method = ProjectionRun.objects.values_list("method", flat=True).distinct().get()
    call_command("fit_confidence", str(project.pk), "-o", tmp_path / "weights.json")
    assert f"{method}: 80 reviewed suggestions" in capsys.readouterr().out
    project.refresh_from_db()
    values = project.recalibrations[method]
    assert json.loads((tmp_path / "weights.json").read_text()) == {method: values}

    run = launch_run(project=project, user=project.created_by, target_language="es", method=method)
    assert run.method_options == {"recalibration": values}
    assert "|recalibrated:80:" in get_projector(run.method, **run.method_options).signature

    call_command("fit_confidence", str(project.pk), "--forget")
    project.refresh_from_db()
    assert project.recalibrations == {}


def test_a_refit_starts_from_what_the_engine_said(project):
    before = list(reviewed_rows(decided_items(project, language=None)))
    call_command("fit_confidence", str(project.pk))
    project.refresh_from_db()
    (values,) = project.recalibrations.values()
    corrected = corrected_confidences(before, classifier_from(values))
    items = decided_items(project, language=None).order_by("pk")
    for item, confidence in zip(items, corrected, strict=True):
        Candidate.objects.filter(pk=item.candidate_id).update(confidence=confidence)
    ProjectionRun.objects.update(method_options={"recalibration": values})
    after = list(reviewed_rows(decided_items(project, language=None)))
    assert [row.confidence for row in after] == pytest.approx([row.confidence for row in before], abs=1e-6)


def test_open_reviews_do_not_count():
    project = make_project()
    for number in range(80):
        review(make_pair(project), right=number % 2 == 1, status=Review.Status.OPEN)
    with pytest.raises(CommandError, match="0 right and 0 wrong"):
        call_command("fit_confidence", str(project.pk))


def test_too_few_reviews_are_said(capsys):
    project = make_project()
    for number in range(20):
        review(make_pair(project), right=number % 2 == 1)
    with pytest.raises(CommandError, match="Nothing was refitted"):
        call_command("fit_confidence", str(project.pk))
    assert "10 right and 10 wrong projections were reviewed; it takes 60 reviews" in capsys.readouterr().err
