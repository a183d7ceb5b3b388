import json

import pytest
from django.core.management import CommandError, call_command

from annotations.models import Candidate, Review, ReviewItem
from tests.factories import make_pair, make_project
from workers.project import get_projector

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


def test_it_fits_what_the_next_run_can_use(tmp_path, capsys):
    project = make_project()
    for number in range(80):
        review(make_pair(project, confidence=0.9 if number % 2 else 0.6), right=number % 2 == 1)
    call_command("fit_confidence", str(project.pk), "-o", tmp_path / "weights.json")
    values = json.loads((tmp_path / "weights.json").read_text())
    assert values["reviews"] == 80
    assert "80 reviewed suggestions" in capsys.readouterr().out
    assert get_projector("soft", recalibration=values).signature.endswith("recalibrated:80")


def test_open_reviews_do_not_count(tmp_path):
    project = make_project()
    for number in range(80):
        review(make_pair(project), right=number % 2 == 1, status=Review.Status.OPEN)
    with pytest.raises(CommandError, match="0 right and 0 wrong .* it takes 60 reviews"):
        call_command("fit_confidence", str(project.pk), "-o", tmp_path / "weights.json")
    assert not (tmp_path / "weights.json").exists()
