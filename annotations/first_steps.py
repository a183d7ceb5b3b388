"""The way of a new project from its first sentences to its first files, for its owners."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from annotations.models import Project


@dataclass(frozen=True, slots=True)
class Step:
    """is_next: the first that is not done; its button is the one to press."""

    title: str
    words: str
    url: str
    is_done: bool
    is_next: bool


def first_steps(project: Project, counts: dict[str, int]) -> list[Step]:
    """Empty for whoever is no owner, and once files were made. counts: of the project's pairs."""
    if project.role != "owner" or project.exports.exists():
        return []
    todo = [
        (
            _("Import sentences"),
            _("Sentences with their translations, or of one language: CoNLL, TSV, JSONL or text."),
            "imports",
            counts["n_pairs"] > 0,
        ),
        (
            _("Launch a projection"),
            _("A worker carries the names of the source sentences to their translations, as suggestions."),
            "run_launch",
            project.runs.exists(),
        ),
        (
            _("Review the suggestions"),
            _("Enter accepts a whole sentence; ? shows all keys. Others can help: add them under People."),
            "review_next",
            counts["n_reviewed"] > 0,
        ),
        (
            _("Export the result"),
            _("What is reviewed, as CoNLL or JSONL, read back and compared before you get it."),
            "exports",
            False,
        ),
    ]
    n_next = next(number for number, step in enumerate(todo) if not step[3])
    return [
        Step(title, words, reverse(f"annotations:{name}", args=[project.pk]), is_done, number == n_next)
        for number, (title, words, name, is_done) in enumerate(todo)
    ]
