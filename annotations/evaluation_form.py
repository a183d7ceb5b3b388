"""What the page that launches an evaluation sends."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from annotations.export.counts import list_domains
from annotations.label_map import read_label_map
from annotations.languages import get_language
from annotations.models import Project, ProjectionRun, TrainingRun
from annotations.shelf import ShelfModel, folder_refusal, list_models
from annotations.systems import (
    HUGGINGFACE,
    RUN,
    TRAINING,
    System,
    model_system,
    run_system,
    training_system,
)

MOST_SENTENCES = 50_000
TAGGERS = (HUGGINGFACE, "spacy-en")
NAMED = "named"
LISTED = 50  # trainings and runs, the newest; an address may name another
Choices = list[tuple[str, Any]]


class EvaluationForm(forms.Form):
    """A system, perhaps a baseline, and the sentences. `choices` are the arguments of `launch_evaluation`."""

    system = forms.ChoiceField(label=_("What to evaluate"))
    named = forms.CharField(
        label=_("Another model"),
        required=False,
        max_length=500,
        help_text=_("A Hugging Face id, or a folder on the workers' machines. Safetensors only."),
    )
    baseline = forms.ChoiceField(
        label=_("Compared with"),
        required=False,
        help_text=_("On the same sentences; the difference gets an interval of its own."),
    )
    baseline_named = forms.CharField(label=_("Another model to compare with"), required=False, max_length=500)
    languages = forms.MultipleChoiceField(
        label=_("Languages"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("None is all.")
    )
    domains = forms.MultipleChoiceField(
        label=_("Domains"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("None is all.")
    )
    limit = forms.IntegerField(
        label=_("Sentences at most"),
        min_value=1,
        max_value=MOST_SENTENCES,
        initial=5_000,
        help_text=_("Of more reviewed sentences a sample is drawn, the same one for the same seed."),
    )
    leaves_out_learnt = forms.BooleanField(
        label=_("Leave out the sentences that a training of this project learnt from"),
        required=False,
        initial=True,
    )
    labels = forms.CharField(
        label=_("Labels of a model that is no training"),
        required=False,
        max_length=2_000,
        help_text=_("As PERSON=PER, NORP=- to change or leave out some; CoNLL's four are known."),
    )
    ignore = forms.MultipleChoiceField(
        label=_("Labels that do not count"), required=False, widget=forms.CheckboxSelectMultiple
    )
    seed = forms.IntegerField(label=_("Seed"), min_value=0, max_value=2**31 - 1, initial=0)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.project = project
        tags = [row["target_language"] for row in project.pair_counts.all().totals_by("target_language")]
        self.shelves = {tagger: list_models("target_tagger", tagger, tags) for tagger in TAGGERS}
        offered = self._systems()
        self._offer("system", offered)
        self._offer("baseline", [("", _now("Nothing")), *offered])
        self._offer("languages", [(tag, get_language(tag).name) for tag in tags], least=2)
        self._offer("domains", [(domain, domain) for domain in list_domains(project)], least=2)
        self._offer("ignore", [(label, label) for label in project.label_names])

    @property
    def main_fields(self) -> list[forms.BoundField]:
        names = ("system", "named", "baseline", "baseline_named", "languages", "domains", "limit")
        return [self[name] for name in (*names, "leaves_out_learnt") if name in self.fields]

    @property
    def advanced(self) -> list[forms.BoundField]:
        return [self[name] for name in ("labels", "ignore", "seed") if name in self.fields]

    def clean_labels(self) -> dict[str, str]:
        try:
            return read_label_map(self.cleaned_data["labels"])
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for side, named in (("system", "named"), ("baseline", "baseline_named")):
            if data.get(side):
                data[f"{side}_made"] = self._system(side, data[side], data.get(named, "").strip())
        if data.get("system_made") and data["system_made"] == data.get("baseline_made"):
            self.add_error("baseline", _now("Pick something else to compare with."))
        return data

    @property
    def choices(self) -> dict[str, Any]:
        data = self.cleaned_data
        chosen = {name: data[name] for name in ("limit", "leaves_out_learnt", "seed")}
        chosen |= {name: data.get(name, []) for name in ("languages", "domains", "ignore")}
        return chosen | {"system": data["system_made"], "baseline": data.get("baseline_made", {})}

    def _systems(self) -> Choices:
        """What can be evaluated, under headings."""
        trainings = self._listed(self.project.trainings.done(), TRAINING)
        runs = self._listed(self.project.runs.filter(status=ProjectionRun.Status.DONE), RUN)
        made = {training.model_folder for training in trainings}
        taggers = [
            (f"{tagger}:{model.name}", model.line)
            for tagger, models in self.shelves.items()
            for model in models
            if model.name not in made
        ]
        headings: Choices = [
            (_now("Trainings"), [(f"{TRAINING}-{one.pk}", _training_line(one)) for one in trainings]),
            (_now("Runs"), [(f"{RUN}-{one.pk}", _run_line(one)) for one in runs]),
            (_now("Taggers"), [*taggers, (NAMED, _now("another one, named below"))]),
        ]
        return [heading for heading in headings if heading[1]]

    def _listed(self, rows: Any, kind: str) -> list[Any]:
        """The newest of the rows, and those that were asked for by number."""
        asked = [self.data.get(name) or self.initial.get(name) or "" for name in ("system", "baseline")]
        keys = [one.removeprefix(f"{kind}-") for one in asked if one.startswith(f"{kind}-")]
        wanted = [int(key) for key in keys if key.isdecimal() and len(key) < 19]
        newest = list(rows.order_by("-pk")[:LISTED])
        others = set(wanted) - {row.pk for row in newest}
        return [*newest, *rows.filter(pk__in=others)] if others else newest

    def _system(self, side: str, key: str, named: str) -> System:
        """What was picked. What cannot be is added to the errors."""
        kind, _dash, number = key.partition("-")
        if kind == TRAINING and number.isdecimal():
            return training_system(TrainingRun.objects.get(pk=number))
        if kind == RUN and number.isdecimal():
            return self._run(side, ProjectionRun.objects.get(pk=number))
        options: dict[str, Any] = {}
        if labels := self.cleaned_data.get("labels"):
            options["labels"] = labels
        if key != NAMED:
            tagger, _colon, name = key.partition(":")
            model = next(model for model in self.shelves[tagger] if model.name == name)
            return model_system(self.project, tagger, _options_of(model) | options)
        field = "named" if side == "system" else "baseline_named"
        refusal = folder_refusal(named) if named else _now("Name a model.")
        if refusal:
            self.add_error(field, refusal)
            return {}
        return model_system(self.project, HUGGINGFACE, {"model": named} | options)

    def _run(self, side: str, run: ProjectionRun) -> System:
        languages = self.cleaned_data.get("languages")
        if languages and run.target_language not in languages:
            words = _now("Run %(number)s is into %(language)s, which is not among the languages.")
            said = {"number": run.pk, "language": get_language(run.target_language).name}
            self.add_error(side, words % said)
        return run_system(run)

    def _offer(self, name: str, choices: Choices, *, least: int = 1) -> None:
        """Fill a field, or leave it out where there is nothing to choose."""
        field = self.fields[name]
        if len(choices) >= least and isinstance(field, forms.ChoiceField):
            field.choices = choices
        else:
            del self.fields[name]


def _options_of(model: ShelfModel) -> dict[str, Any]:
    return {"model": model.name} | (dict(model.known.options) if model.known else {})


def _training_line(training: TrainingRun) -> str:
    name = _now("Training %(number)s") % {"number": training.pk}
    return f"{name} · {training.get_data_display()} · {training.created_at:%Y-%m-%d}"


def _run_line(run: ProjectionRun) -> str:
    name = _now("Run %(number)s") % {"number": run.pk}
    parts = [name, get_language(run.target_language).name, run.method or run.target_tagger]
    return " · ".join([*parts, f"{run.created_at:%Y-%m-%d}"])
