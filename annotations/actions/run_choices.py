"""What a run may be asked to do: its choices, their defaults, and why a run is refused."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.models import ProjectionRun, SentencePair
from annotations.models.workforce import QUEUES
from workers.choices import given_sides, known_names, route_fields

FILTER_FIELDS = ("domain", "document")
MAX_CHUNK_SIZE = 1_000
# The choices of a run, beside the route, with what stands where there is none.
NO_CHOICE = {
    "translator": "",
    "markers": "off",
    "back_translation": "off",
    "tagger": "",
    "aligner": "",
    "method": "",
    "target_tagger": "",
}
# Whose model has no default.
NEEDS_MODEL = {
    "translator_options": ("seq2seq", "ctranslate2"),
    "target_tagger_options": ("huggingface",),
    "tagger_options": ("huggingface",),
}
# Options, by the choice that they belong to.
OPTIONS_OF = {
    "translator_options": "translator",
    "back_translator_options": "back_translation",
    "tagger_options": "tagger",
    "aligner_options": "aligner",
    "method_options": "method",
    "target_tagger_options": "target_tagger",
}
ALREADY_ACTIVE = gettext_lazy("A run over this project and language is already under way.")
# What to say where no pair has the sides that a route is given.
LACKING = {
    ("source", "target"): gettext_lazy(
        "The route %s needs a source and a target; no pair of this scope has that."
    ),
    ("source",): gettext_lazy("The route %s needs a source; no pair of this scope has that."),
    ("target",): gettext_lazy("The route %s needs a target; no pair of this scope has that."),
}


def default_names(route: str = "") -> dict[str, str]:
    """What a run over this route (the first one, if it does not say) names where it does not say."""
    defaults = {field: next(iter(names)) for field, names in known_names().items()}
    route = route or defaults["route"]
    read = route_fields().get(route, ())
    names = {field: defaults[field] if field in read else none for field, none in NO_CHOICE.items()}
    if "tagger" in read:  # a tagger of the target is a choice there, and all there is in model-transfer
        names["target_tagger"] = ""
    return {"route": route, **names}


def choices_of_route(choices: dict[str, Any]) -> dict[str, Any]:
    """The route of some choices, and all names: those chosen, if it reads them, else its own."""
    names = default_names(choices.get("route", ""))
    read = route_fields().get(names["route"], ())
    return names | {field: choices[field] for field in read if field in choices}


def check_run(run: ProjectionRun) -> None:
    """Raise ValidationError naming each field that holds what no run can use, and what it may hold."""
    errors = _unknown_names(run) | _unfit_options(run)
    if run.queue not in QUEUES:
        errors["queue"] = f"Unknown queue {run.queue!r}; known: {', '.join(QUEUES)}."
    if run.scope not in ProjectionRun.Scope.values:
        errors["scope"] = f"Unknown scope {run.scope!r}; known: {', '.join(ProjectionRun.Scope.values)}."
    elif not _is_filter(run.scope_filter):
        errors["scope_filter"] = f"A filter is an object with {' or '.join(FILTER_FIELDS)}."
    elif run.scope == ProjectionRun.Scope.FILTER and not run.scope_filter:
        errors["scope_filter"] = _("Give the domain or the document that the pairs are of.")
    elif run.scope != ProjectionRun.Scope.FILTER and run.scope_filter:
        errors["scope_filter"] = f"A filter goes with the scope {ProjectionRun.Scope.FILTER.value!r} only."
    if not 1 <= run.chunk_size <= MAX_CHUNK_SIZE:
        errors["chunk_size"] = f"A chunk has between 1 and {MAX_CHUNK_SIZE} pairs, not {run.chunk_size}."
    if not errors and not SentencePair.objects.for_scope(run).exists():
        errors["target_language"] = _("No pair of %s is in this scope.") % run.target_language
    elif not errors and not SentencePair.objects.for_scope(run).with_sides(given_sides()[run.route]).exists():
        errors["route"] = LACKING[given_sides()[run.route]] % run.route
    if errors:
        raise ValidationError(errors)
    if (
        ProjectionRun.objects.active()
        .filter(project=run.project, target_language=run.target_language)
        .exists()
    ):
        raise ValidationError(ALREADY_ACTIVE)


def _unknown_names(run: ProjectionRun) -> dict[str, str]:
    read = ("route", *route_fields().get(run.route, ()))
    return {
        field: f"Unknown {field} {getattr(run, field)!r}; known: {', '.join(names)}."
        for field, names in known_names().items()
        if field in read and getattr(run, field) not in names and not _may_be_left_out(run, field)
    }


def _may_be_left_out(run: ProjectionRun, field: str) -> bool:
    """A tagger of the target is a choice, but in model-transfer, which is nothing else."""
    return field == "target_tagger" and run.target_tagger == "" and run.route != "model-transfer"


def _unfit_options(run: ProjectionRun) -> dict[str, str]:
    errors = {}
    for field, choice in OPTIONS_OF.items():
        options = getattr(run, field)
        chosen = getattr(run, choice)
        if not isinstance(options, dict):
            errors[field] = _('Options are a JSON object, for example {"max_length": 8}.')
        elif options and chosen == NO_CHOICE[choice]:
            errors[field] = f"The run has no {choice}, so it reads no options of one."
        elif chosen in NEEDS_MODEL.get(field, ()) and not options.get("model"):
            words = _('Name the model of the %s: {"model": a folder or a Hugging Face id}.')
            errors[field] = words % choice
    return errors


def _is_filter(value: object) -> bool:
    return (
        isinstance(value, dict)
        and set(value) <= set(FILTER_FIELDS)
        and all(isinstance(text, str) and text for text in value.values())
    )
