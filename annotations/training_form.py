"""What the page that launches a training sends."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from annotations.languages import get_language
from annotations.models import Project, TrainingRun

OPTIONS = (
    *("model", "sides", "left_out", "weights", "layers", "frozen_layers"),
    *("epochs", "patience", "batch_size", "learning_rate", "seed"),
)
MAIN = ("learn_from", "languages", "sides", "dev_percent", "model", "curve_parts")


class TrainingForm(forms.Form):
    """Data, model and settings; the settings' defaults are those of the command `train_tagger`."""

    learn_from = forms.ChoiceField(label=_("Learn from"), choices=TrainingRun.Data.choices)
    languages = forms.MultipleChoiceField(
        label=_("Languages"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("None is all.")
    )
    sides = forms.ChoiceField(
        label=_("Sides"),
        choices=[("both", _("Target sentences and their sources")), ("target", _("Target sentences only"))],
        initial="both",
        help_text=_(
            "The sources hold the entities that no suggestion reached, which helps most without reviews."
        ),
    )
    dev_percent = forms.IntegerField(
        label=_("Documents kept apart, in percent"),
        min_value=1,
        max_value=50,
        initial=10,
        help_text=_("The best epoch is chosen, and the scores are made, on them."),
    )
    model = forms.CharField(
        label=_("Model to start from"),
        max_length=500,
        initial="packaged",
        help_text=_("packaged, a Hugging Face id, or a folder where models may lie."),
    )
    curve_parts = forms.IntegerField(
        label=_("Points of a learning curve"),
        min_value=0,
        max_value=4,
        initial=0,
        help_text=_(
            "As many smaller trainings, on 1/2, 1/4, ... of the reviewed sentences, and one without any; "
            "0 leaves them out."
        ),
    )
    epochs = forms.IntegerField(label=_("Epochs at most"), min_value=1, max_value=100, initial=10)
    patience = forms.IntegerField(
        label=_("Epochs without a better score"), min_value=1, max_value=100, initial=2
    )
    left_out = forms.ChoiceField(
        label=_("Words of an entity that may have been left out"),
        choices=[("skip", _("Learn nothing from them")), ("count", _("Learn that they are no entity"))],
        initial="skip",
    )
    weights = forms.ChoiceField(
        label=_("What suggestions count"),
        choices=[("equal", _("As much as reviews")), ("confidence", _("By their confidence"))],
        initial="equal",
    )
    layers = forms.IntegerField(
        label=_("Layers of the model"),
        min_value=1,
        max_value=200,
        required=False,
        help_text=_("Empty is all."),
    )
    frozen_layers = forms.IntegerField(
        label=_("Lowest layers that are not trained"), min_value=0, max_value=200, initial=0
    )
    batch_size = forms.IntegerField(label=_("Sentences in a step"), min_value=1, max_value=512, initial=16)
    learning_rate = forms.FloatField(
        label=_("Learning rate"), min_value=1e-7, max_value=0.1, initial=1e-4, widget=forms.TextInput
    )
    seed = forms.IntegerField(label=_("Seed"), min_value=0, max_value=2**31 - 1, initial=0)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tags = [row["target_language"] for row in project.pair_counts.all().totals_by("target_language")]
        choices = [(tag, get_language(tag).name) for tag in tags]
        self.fields["languages"].choices = choices  # type: ignore[attr-defined]
        if len(tags) < 2:
            del self.fields["languages"]

    @property
    def main_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in MAIN if name in self.fields]

    @property
    def advanced(self) -> list[forms.BoundField]:
        return [self[name] for name in OPTIONS if name not in MAIN]

    @property
    def choices(self) -> dict[str, Any]:
        """What launch_training takes."""
        values = self.cleaned_data
        chosen = {name: values[name] for name in ("dev_percent", "curve_parts")}
        chosen |= {"data": values["learn_from"], "languages": values.get("languages", [])}
        return chosen | {"options": {name: values[name] for name in OPTIONS}}
