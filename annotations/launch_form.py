"""The form that launches a run: its fields follow the route and the models that are picked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from annotations.actions.run_choices import FILTER_FIELDS, MAX_CHUNK_SIZE, OPTIONS_OF
from annotations.languages import get_language
from annotations.model_fields import MODEL_STAGES, ModelFieldsForm, StageFields
from annotations.models import Project, ProjectionRun
from annotations.models.workforce import QUEUES
from annotations.workforce import default_queue
from workers.choices import known_names, route_fields

OPTION_FIELDS = tuple(OPTIONS_OF)


def name_choices(field: str) -> list[tuple[str, str]]:
    """The names that a field of a run may hold, each with a line on it; the default first.

    The workers say the lines, in English; `projector_site.catalogues` collects them for translation.
    """
    return [
        (name, f"{name}: {gettext(line)}".removesuffix(".") if line else name)
        for name, line in known_names()[field].items()
    ]


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


class LaunchForm(ModelFieldsForm):
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
        self.offer("target_language", languages)
        self.offer("route", name_choices("route"))
        self.read = route_fields().get(self.picked("route"), ())
        for field in known_names().keys() - {"route"}:
            if field in self.read:
                self.offer(field, name_choices(field))
            else:
                del self.fields[field]
        if "target_tagger" in self.read and "tagger" in self.read:  # a choice there, not the whole of it
            self.offer("target_tagger", [("", _("none")), *name_choices("target_tagger")])
            self.fields["target_tagger"].required = False
        for stage in MODEL_STAGES:
            if stage in self.fields and self.picked(stage):
                self.add_model_fields(stage)
        if "aligner" not in self.read or self.picked("aligner") != "fused":
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
            yield StageFields(stage, title, fields, self.picked_model(stage), self.chosen(stage))

    @property
    def scope_stage(self) -> StageFields:
        fields = [self[name] for name in ("scope", *FILTER_FIELDS)]
        words = dict(ProjectionRun.Scope.choices)
        picked = self.picked("scope") or ProjectionRun.Scope.ALL
        return StageFields("scope", _("Sentences"), fields, None, str(words[ProjectionRun.Scope(picked)]))

    @property
    def advanced(self) -> list[forms.BoundField]:
        return [self[field] for field in ("queue", *OPTION_FIELDS, "chunk_size") if field in self.fields]

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
            options[f"{stage}_options"] |= self.model_options(stage)
        if cleaned.get("voter"):
            options["aligner_options"]["voter"] = True
        return choices | options

    def clean(self) -> dict[str, Any]:
        for stage in MODEL_STAGES:
            self.check_stage(stage)
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
