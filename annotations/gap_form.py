"""What the page that launches a gap report sends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.gap_systems import (
    OTHERS_HELP,
    OfferedTagger,
    name_of,
    offered_taggers,
    read_others,
    read_pairs,
)
from annotations.gap_words import GROUPS, NOISES, WHERE
from annotations.languages import get_language
from annotations.models import Project
from workers.choices import gap_choices, known_names

FIRST_NOISES = ("typos", "ocr", "asr", "diacritics", "entities")  # those of the command
FIRST_SEVERITIES = ("0.1", "0.3")
FIRST_METHODS = ("soft", "word-to-word")  # the second where there is no tagger to compare with
MOST_CELLS = 600  # of one domain: every system under every noise
NEEDS_TAGGER = "ner-candidates"


class GapReportForm(forms.Form):
    """Systems, test sentences and noise; the defaults make a report without any change."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    others = forms.CharField(
        label=gettext_lazy("Other taggers"),
        required=False,
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "ltr"}),
        help_text=OTHERS_HELP,
    )
    methods = forms.MultipleChoiceField(
        label=gettext_lazy("Projection methods"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "They carry the source's entities over, so they are tested where there is a source."
        ),
    )
    target_tagger = forms.ChoiceField(
        label=gettext_lazy("Tagger that projection methods may ask"),
        required=False,
        help_text=gettext_lazy(
            "It reads the translation for the methods that take such evidence; ner-candidates needs one."
        ),
    )
    group_by = forms.ChoiceField(
        label=gettext_lazy("Tests"),
        choices=list(GROUPS.items()),
        initial="domain",
        help_text=gettext_lazy("The reviewed sentences, each group with its own figures."),
    )
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None is all."),
    )
    limit = forms.IntegerField(
        label=gettext_lazy("Sentences of each group at most"),
        min_value=1,
        max_value=100_000,
        initial=200,
        help_text=gettext_lazy(
            "Taken evenly from all of them. More sentences make narrower intervals, and take longer."
        ),
    )
    noises = forms.MultipleChoiceField(
        label=gettext_lazy("Noise"),
        choices=list(NOISES.items()),
        initial=FIRST_NOISES,
        widget=forms.CheckboxSelectMultiple,
    )
    severities = forms.MultipleChoiceField(
        label=gettext_lazy("Share of words that noise may change"),
        initial=FIRST_SEVERITIES,
        widget=forms.CheckboxSelectMultiple,
    )
    with_learnt = forms.BooleanField(
        label=gettext_lazy("Test also on sentences that a chosen training has learnt from"),
        required=False,
        help_text=gettext_lazy(
            "Its figures are then better than it is. Without this, they are left out and counted."
        ),
    )
    where = forms.ChoiceField(
        label=gettext_lazy("Noise is put on"), choices=list(WHERE.items()), initial="both"
    )
    repeats = forms.IntegerField(
        label=gettext_lazy("Times that noise is drawn"), min_value=1, max_value=5, initial=1,
        help_text=gettext_lazy("Figures are over all of them together."),
    )  # fmt: skip
    seed = forms.IntegerField(label=gettext_lazy("Seed"), min_value=0, max_value=2**31 - 6, initial=0)
    pairs = forms.CharField(
        label=gettext_lazy("Gaps"),
        required=False,
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy(
            "Two names of systems a line, with a comma: the gap is the first one's figure less the second "
            "one's. Empty is the first two."
        ),
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.project, self.taggers = project, offered_taggers(project)
        found, methods = gap_choices(), known_names()["method"]
        self._set_choices("severities", [(p, f"{100 * float(p):.0f} %") for p in found["severity"]])
        self._set_choices("methods", [(name, f"{name}: {line}") for name, line in methods.items()])
        asked = [("", _("None")), *((tagger.model, tagger.title) for tagger in self.taggers)]
        self._set_choices("target_tagger", asked)
        tags = [row["target_language"] for row in project.pair_counts.all().totals_by("target_language")]
        self._set_choices("languages", [(tag, get_language(tag).name) for tag in tags])
        if len(tags) < 2:
            del self.fields["languages"]
        self.initial["name"] = _("Gap report of %(day)s") % {"day": timezone.now().date().isoformat()}
        self.initial["methods"] = FIRST_METHODS[: 1 if self.taggers else 2]
        for number, tagger in enumerate(self.taggers):
            self._add_tagger(tagger, is_ticked=number < 2)

    def _set_choices(self, field: str, choices: list[tuple[str, str]]) -> None:
        self.fields[field].choices = choices  # type: ignore[attr-defined]

    def _add_tagger(self, tagger: OfferedTagger, *, is_ticked: bool) -> None:
        """A box to tick, and the name that the report gives it."""
        self.fields[f"use-{tagger.key}"] = forms.BooleanField(
            label=tagger.title, required=False, initial=is_ticked
        )
        label = _("Name of %(tagger)s in the report") % {"tagger": tagger.title}
        self.fields[f"name-{tagger.key}"] = forms.CharField(
            label=label, required=False, max_length=60, initial=tagger.key
        )

    @property
    def tagger_rows(self) -> Iterator[tuple[OfferedTagger, forms.BoundField, forms.BoundField]]:
        for tagger in self.taggers:
            yield tagger, self[f"use-{tagger.key}"], self[f"name-{tagger.key}"]

    @property
    def main_groups(self) -> list[forms.BoundField]:
        return [self[name] for name in ("noises", "severities")]

    @property
    def advanced(self) -> list[forms.BoundField]:
        names = ("others", "target_tagger", "pairs", "where", "repeats", "seed", "with_learnt")
        return [self[name] for name in names]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.errors:
            return values
        self.systems = self._systems(values)
        names = [name for name, _model in self.systems] + values["methods"]
        self.asked_pairs = read_pairs(values["pairs"], names)
        if not names:
            raise forms.ValidationError(_("Choose a tagger or a projection method at least."))
        if len(set(names)) < len(names):
            raise forms.ValidationError(_("Two systems have the same name."))
        if NEEDS_TAGGER in values["methods"] and not values["target_tagger"]:
            self.add_error("target_tagger", _("ner-candidates needs a tagger that it may ask."))
        if "entities" in values["noises"] and values["where"] == "context":
            self.add_error("where", _("Other names cannot be put on the words around them."))
        n_cells = len(names) * (1 + len(values["noises"]) * len(values["severities"]) * values["repeats"])
        if n_cells > MOST_CELLS:
            raise forms.ValidationError(
                _(
                    "That is %(n)s tests of each group, and %(most)s is the most: choose fewer systems, "
                    "noises or severities."
                )
                % {"n": n_cells, "most": MOST_CELLS}
            )
        return values

    def _systems(self, values: dict[str, Any]) -> list[tuple[str, str]]:
        """(name, model) of every tagger that is asked for."""
        ticked = [tagger for tagger in self.taggers if values[f"use-{tagger.key}"]]
        own = [(name_of(values[f"name-{tagger.key}"] or tagger.key), tagger.model) for tagger in ticked]
        return [*own, *read_others(values["others"])]

    @property
    def choices(self) -> dict[str, Any]:
        """What launch_gap_report takes."""
        values = self.cleaned_data
        models = {model for _name, model in self.systems} | {values["target_tagger"]}
        request = {
            "taggers": [list(system) for system in self.systems],
            "projections": [[method, method, {}] for method in values["methods"]],
            "target_tagger": values["target_tagger"] if values["methods"] else "",
            "pairs": [list(pair) for pair in self.asked_pairs],
            "noises": values["noises"],
            "severities": [float(severity) for severity in values["severities"]],
            "where": values["where"],
            "seeds": [values["seed"] + repeat for repeat in range(values["repeats"])],
        }
        options = {
            "request": request,
            "trainings": list(
                self.project.trainings.filter(model_folder__in=models).values_list("pk", flat=True)
            ),
            "group_by": values["group_by"],
            "languages": values.get("languages", []),
            "limit": values["limit"],
            "with_learnt": values["with_learnt"],
        }
        return {"name": re.sub(r"\s+", " ", values["name"]), "options": options}
