"""All figures of a project as one JSON value."""

from __future__ import annotations

from typing import Any

from annotations.figures.agreement import agreement_figures
from annotations.figures.decisions import calibration_figures, decision_figures, verdict_figures
from annotations.figures.independent import load_shared_pairs
from annotations.figures.people import people_figures, throughput_figures
from annotations.models import Project, User

VERSION = 2  # of what is in it: pages ask for new figures where those stored are of another


def build_figures(project: Project) -> dict[str, Any]:
    shared = load_shared_pairs(project)
    people = {person for pair in shared for person in pair.opinions}
    names = dict(User.objects.filter(pk__in=people).values_list("pk", "username"))
    return {
        "version": VERSION,
        "agreement": agreement_figures(shared, names),
        "decisions": decision_figures(project),
        "verdicts": verdict_figures(project),
        "calibration": calibration_figures(project),
        "people": people_figures(project, shared),
        "throughput": throughput_figures(project),
    }
