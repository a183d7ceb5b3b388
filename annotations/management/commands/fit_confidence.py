"""Refit the confidence of a project's projections from its reviews."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.management.commands.run_projection import find_project
from annotations.models import Project, Review, ReviewItem


class Command(BaseCommand):
    help = (
        "Fits how likely a projection is right to what reviewers did with the suggestions of a project. "
        'The weights are an option of every method: run_projection --option recalibration="$(cat FILE)".'
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="id or name of the project")
        parser.add_argument("-o", "--output", type=Path, required=True, help="the weights, as JSON")
        parser.add_argument("--language", help="reviews of this target language only")
        parser.add_argument("--method", help="reviews of this method's suggestions only")

    def handle(self, *_args: Any, **options: Any) -> None:
        from workers.conll import replace_file
        from workers.project.confidence import ReviewedProjection, fit_recalibration

        project = find_project(options["project"])
        rows = [
            ReviewedProjection(**row)
            for row in reviewed_rows(project, language=options["language"], method=options["method"])
        ]
        try:
            fitted = fit_recalibration(rows)
            with replace_file(options["output"]) as output:
                output.write(json.dumps(fitted.values, indent=1) + "\n")
        except (ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{fitted.n_reviews} reviewed suggestions; calibration error {fitted.error_before:.3f} before, "
            f"{fitted.error_after:.3f} after, on reviews that the fit did not see"
        )


def reviewed_rows(project: Project, *, language: str | None, method: str | None) -> list[dict[str, Any]]:
    """One row per suggestion that a finished gold review decided on: as stored, and whether it stood."""
    decided = ReviewItem.objects.filter(
        review__pair__project=project,
        review__status=Review.Status.DONE,
        review__is_gold=True,
        candidate__rank=0,
        candidate__confidence__isnull=False,
    ).exclude(state=ReviewItem.State.PENDING)
    if language:
        decided = decided.filter(candidate__run__target_language=language)
    if method:
        decided = decided.filter(candidate__run__method=method)
    columns = (
        "state", "start", "end", "label",
        "candidate__start", "candidate__end", "candidate__label", "candidate__confidence",
        "candidate__margin", "candidate__source_entity__start", "candidate__source_entity__end",
        "candidate__source_entity__score",
    )  # fmt: skip
    found = decided.order_by("pk").values_list(*columns)
    return [reviewed_row(*values) for values in found.iterator(chunk_size=2000)]


def reviewed_row(state: str, *values: Any) -> dict[str, Any]:
    now, (start, end, label), (confidence, margin) = values[:3], values[3:6], values[6:8]
    source_start, source_end, tagger_score = values[8:]
    return {
        "confidence": confidence,
        "margin": margin or 0.0,
        "n_source": source_end - source_start,
        "n_target": 0 if start is None else end - start,
        "tagger_score": tagger_score,
        "right": state == ReviewItem.State.ACCEPTED and now == (start, end, label),
    }
