"""What the export page sends."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from annotations.access import ADJUDICATE
from annotations.export.counts import list_domains
from annotations.export.options import FORMATS, ExportOptions, parse_split
from annotations.languages import get_language
from annotations.models import Project
from workers.iob2 import SCHEMES

MAIN_FIELDS = ("format", "scheme", "languages", "domains", "silver", "split")


class ExportForm(forms.Form):
    """The choices of an export. What only adjudicators and owners may have is not on other people's form."""

    format = forms.ChoiceField(label=_("Format"), choices=list(FORMATS.items()), initial="conll2003")
    scheme = forms.ChoiceField(label=_("Tags"), choices=[(name, name) for name in SCHEMES], initial="IOB2")
    languages = forms.MultipleChoiceField(
        label=_("Languages"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("None is all.")
    )
    domains = forms.MultipleChoiceField(
        label=_("Domains"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("None is all.")
    )
    silver = forms.BooleanField(label=_("With suggestions that nobody has reviewed (silver)"), required=False)
    per_domain = forms.BooleanField(label=_("A file for each domain"), required=False)
    split = forms.CharField(
        label=pgettext_lazy("of a corpus", "Split"),
        required=False,
        max_length=20,
        help_text=_("Train, dev and test in percent, as in 80/10/10. A document stays together."),
    )
    seed = forms.IntegerField(label=_("Seed of the split"), initial=0, min_value=0, required=False)
    source = forms.BooleanField(label=_("CoNLL: files of the source side, too"), required=False)
    header = forms.BooleanField(
        label=_("CoNLL: a first line that says what the file holds"), required=False, initial=True
    )
    docstart = forms.BooleanField(label=_("CoNLL: -DOCSTART- lines"), required=False, initial=True)
    links = forms.BooleanField(label=_("JSONL: with alignment links"), required=False)
    reviewers = forms.BooleanField(label=_("JSONL: with names of reviewers"), required=False)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tags = [row["target_language"] for row in project.pair_counts.all().totals_by("target_language")]
        domains = list_domains(project)
        self._offer("languages", [(tag, get_language(tag).name) for tag in tags])
        self._offer("domains", [(domain, domain) for domain in domains])
        if not domains:
            del self.fields["per_domain"]
        if project.role not in ADJUDICATE:
            del self.fields["silver"], self.fields["reviewers"]

    @property
    def main_fields(self) -> list[forms.BoundField]:
        return [field for field in self if field.name in MAIN_FIELDS or field.errors]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in MAIN_FIELDS and not field.errors]

    def clean_split(self) -> dict[str, float]:
        text = self.cleaned_data["split"].replace(" ", "")
        try:
            return parse_split(text) if text else {}
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    @property
    def options(self) -> ExportOptions:
        data = self.cleaned_data
        is_jsonl = data["format"] == "jsonl"
        return ExportOptions(
            format=data["format"],
            scheme=data["scheme"],
            silver=data.get("silver", False),
            languages=tuple(data.get("languages", ())),
            domains=tuple(data.get("domains", ())),
            per_domain=data.get("per_domain", False),
            split=data["split"],
            seed=data["seed"] or 0,
            source=data["source"] and not is_jsonl,
            header=data["header"],
            docstart=data["docstart"],
            links=data["links"] and is_jsonl,
            reviewers=data.get("reviewers", False) and is_jsonl,
        )

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        """Fill a field of several choices, or leave it out where there is no choice."""
        field = self.fields[name]
        if len(choices) > 1 and isinstance(field, forms.MultipleChoiceField):
            field.choices = choices
        else:
            del self.fields[name]
