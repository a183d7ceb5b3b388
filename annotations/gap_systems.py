"""The systems that a gap report may compare: what is offered, and what is typed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.languages import get_language
from annotations.models import Project, TrainingRun
from workers.known_models import models_for

MOST_TRAININGS = 12
MOST_OTHERS = 8
PACKAGED = "spacy-en"  # the adapter of the packaged taggers
OTHERS_HELP = gettext_lazy(
    "One a line, NAME=MODEL: a Hugging Face id, or a folder where models may lie. What they have learnt from "
    "is not known here."
)


@dataclass(frozen=True, slots=True)
class OfferedTagger:
    """A tagger to tick. key: of its fields, and its name unless changed; training: its id, if any."""

    key: str
    title: str
    model: str
    training: int | None = None


def offered_taggers(project: Project) -> list[OfferedTagger]:
    """The project's finished trainings, latest first, and the packaged taggers of its target languages."""
    done = project.trainings.filter(status=TrainingRun.Status.DONE)[:MOST_TRAININGS]
    found = [
        OfferedTagger(f"training-{training.pk}", _title(training), training.model_folder, training.pk)
        for training in done
    ]
    tags = [row["target_language"] for row in project.pair_counts.all().totals_by("target_language")]
    for model in models_for("tagger", PACKAGED):
        served = [tag for tag in tags if model.ships and model.serves(tag)]
        if served:
            language = get_language(served[0]).name
            title = _("Packaged tagger of %(language)s") % {"language": language}
            found.append(OfferedTagger(f"packaged-{served[0]}", title, f"{PACKAGED}:{model.id}"))
    return found


def _title(training: TrainingRun) -> str:
    words = {"number": training.pk, "gold": training.n_gold, "silver": training.n_silver}
    return _("Training %(number)s: %(gold)s reviewed and %(silver)s suggested sentences") % words


def name_of(text: str) -> str:
    """A system's name, as a command line can hold it. Raises ValidationError."""
    name = " ".join(text.split())
    if not name or set(name) & set("=,") or name.startswith("-") or not name.isprintable():
        raise ValidationError(
            _("%(name)s: a name has no comma and no equals sign, and begins with no hyphen.")
            % {"name": f"“{name}”"}
        )
    return name


def read_others(text: str) -> list[tuple[str, str]]:
    """(name, model) of every line NAME=MODEL. Raises ValidationError."""
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        name, equals, model = line.partition("=")
        if not equals or not model.strip():
            raise ValidationError(_("%(line)s is not NAME=MODEL.") % {"line": f"“{line}”"})
        found.append((name_of(name)[:60], model.strip()))
    if len(found) > MOST_OTHERS:
        raise ValidationError(_("At most %(most)s other taggers.") % {"most": MOST_OTHERS})
    return found


def read_pairs(text: str, names: Sequence[str]) -> list[tuple[str, str]]:
    """The lines SPECIFIC, GENERAL. Raises ValidationError for one that does not name two of the systems."""
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        pair = [part.strip() for part in line.split(",")]
        if len(pair) != 2 or pair[0] == pair[1] or not set(pair) <= set(names):
            raise ValidationError(
                _("%(line)s does not name two of the systems: %(names)s.")
                % {"line": f"“{line}”", "names": ", ".join(names)}
            )
        found.append((pair[0], pair[1]))
    return list(dict.fromkeys(found))
