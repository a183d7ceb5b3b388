"""The form that launches a run: on the project's page and in Django admin."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from annotations.actions.runs import FILTER_FIELDS, MAX_CHUNK_SIZE
from annotations.languages import get_language
from annotations.models import Project, ProjectionRun
from workers.tasks import known_names

OPTION_FIELDS = ("method_options", "aligner_options", "tagger_options")


def name_choices(field: str) -> list[tuple[str, str]]:
    """The names that a field of a run may hold, each with a line on it; the default first."""
    return [
        (name, f"{name}: {line}".removesuffix(".") if line else name)
        for name, line in known_names()[field].items()
    ]


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
    method = forms.ChoiceField(label=_("Projection method"), widget=forms.RadioSelect)
    aligner = forms.ChoiceField(label=_("Word aligner"))
    tagger = forms.ChoiceField(
        label=_("Source tagger"), help_text=_("Used for sentences whose source came without labels.")
    )
    method_options = forms.JSONField(label=_("Options of the method"), required=False)
    aligner_options = forms.JSONField(
        label=_("Options of the aligner"),
        required=False,
        help_text=_('For example {"model": "bert-base-multilingual-cased"}: a folder or a Hugging Face id.'),
    )
    tagger_options = forms.JSONField(label=_("Options of the tagger"), required=False)
    chunk_size = forms.IntegerField(
        label=_("Sentences a worker takes at a time"), min_value=1, max_value=MAX_CHUNK_SIZE, initial=100
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = project.pair_counts.all().totals_by("target_language")
        languages = [
            (row["target_language"], f"{get_language(row['target_language']).name} ({row['n_pairs']:,})")
            for row in rows
        ]
        self._offer("target_language", languages)
        for field in known_names().keys() & self.fields.keys():
            self._offer(field, name_choices(field))
        for field in OPTION_FIELDS:
            self.fields[field].widget.attrs |= {"rows": 2, "placeholder": "{}", "spellcheck": "false"}

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        """Let a field take these, the first unless another is picked."""
        field = cast(forms.ChoiceField, self.fields[name])
        field.choices = choices
        field.initial = choices[0][0] if choices else None

    @property
    def advanced(self) -> list[forms.BoundField]:
        return [self[field] for field in ("route", *OPTION_FIELDS, "chunk_size")]

    @property
    def choices(self) -> dict[str, Any]:
        choices = dict(self.cleaned_data)
        given = {field: value for field in FILTER_FIELDS if (value := choices.pop(field))}
        choices["scope_filter"] = given if choices["scope"] == ProjectionRun.Scope.FILTER else {}
        return choices | {field: choices[field] or {} for field in OPTION_FIELDS}

    def add_refusal(self, error: ValidationError) -> None:
        """Show why `launch_run` refused, at the fields where there are such."""
        if not hasattr(error, "error_dict"):
            return self.add_error(None, error)
        for field, messages in error.error_dict.items():
            place = "domain" if field == "scope_filter" else field
            self.add_error(place if place in self.fields else None, messages)
        return None
