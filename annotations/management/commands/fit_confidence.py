"""Refit the confidence of a project's projections from its reviews."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.actions.projects import keep_recalibration
from annotations.management.lookups import get_project
from annotations.models import Project, Review, ReviewItem


class Command(BaseCommand):
    help = (
        "Fits how likely a projection is right to what reviewers did with the suggestions of a project, one "
        "model per projection method. The next runs of the project use it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="number or name of the project")
        parser.add_argument("--language", help="learn from reviews of this target language only")
        parser.add_argument("--method", help="this method only; default: every method with reviews")
        parser.add_argument("-o", "--output", type=Path, help="write the weights to a JSON file, too")
        parser.add_argument("--forget", action="store_true", help="go back to the weights that ship")

    def handle(self, *_args: Any, **options: Any) -> None:
        project = get_project(options["project"])
        if options["forget"]:
            for method in [options["method"]] if options["method"] else list(project.recalibrations):
                keep_recalibration(project=project, method=method, values={})
            self.stdout.write("The next runs use the weights that ship.")
            return
        decided = decided_items(project, language=options["language"])
        methods = decided.values_list("candidate__run__method", flat=True).distinct().order_by()
        known = sorted({method for method in methods if options["method"] in (None, method)})
        if not known:
            raise CommandError("No suggestion of a run was reviewed yet; 0 right and 0 wrong.")
        fitted = {method: self.fit(project, method, decided) for method in known}
        kept = {method: values for method, values in fitted.items() if values}
        if not kept:
            raise CommandError("Nothing was refitted.")
        if options["output"]:
            self.write(options["output"], kept)

    def fit(self, project: Project, method: str, decided: Any) -> dict[str, Any]:
        """Fit and keep one method's model; {} when its reviews are too few."""
        from workers.project.confidence import fit_recalibration

        rows = list(reviewed_rows(decided.filter(candidate__run__method=method)))
        try:
            fitted = fit_recalibration(rows)
        except ValueError as error:
            self.stderr.write(f"{method}: {error}")
            return {}
        keep_recalibration(project=project, method=method, values=fitted.values)
        self.stdout.write(
            f"{method}: {fitted.n_reviews} reviewed suggestions; calibration error {fitted.error_before:.3f} "
            f"before, {fitted.error_after:.3f} after, on reviews that the fit did not see"
        )
        return fitted.values

    def write(self, path: Path, weights: dict[str, Any]) -> None:
        from workers.conll import replace_file

        try:
            with replace_file(path) as output:
                output.write(json.dumps(weights, indent=1) + "\n")
        except OSError as error:
            raise CommandError(str(error)) from error


def decided_items(project: Project, *, language: str | None) -> Any:
    """The suggestions that a finished gold review decided on."""
    decided = ReviewItem.objects.filter(
        review__pair__project=project,
        review__status=Review.Status.DONE,
        review__is_gold=True,
        candidate__rank=0,
        candidate__confidence__isnull=False,
        candidate__source_entity__isnull=False,
        candidate__via="alignment",  # other ways have confidences of their own
    ).exclude(state=ReviewItem.State.PENDING)
    return decided.filter(candidate__run__target_language=language) if language else decided


def reviewed_rows(decided: Any) -> Any:
    """ReviewedProjection of each item: as the engine said it before any correction, and whether it stood."""
    from workers.project.confidence import ReviewedProjection, without_recalibration

    items = decided.select_related("candidate__source_entity", "candidate__run").order_by("pk")
    for item in items.iterator(chunk_size=2000):
        candidate, entity = item.candidate, item.candidate.source_entity
        row = ReviewedProjection(
            confidence=candidate.confidence,
            margin=candidate.margin or 0.0,
            n_source=entity.end - entity.start,
            n_target=0 if candidate.start is None else candidate.end - candidate.start,
            tagger_score=entity.score,
            right=item.state == ReviewItem.State.ACCEPTED
            and (item.start, item.end, item.label) == (candidate.start, candidate.end, candidate.label),
        )
        recalibration = candidate.run.method_options.get("recalibration")
        as_fitted = without_recalibration(row, recalibration) if recalibration else row
        if as_fitted is not None:
            yield as_fitted
