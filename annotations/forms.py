"""What the pages of a project send: settings, labels, members, and which sentences its list shows."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.renderers import get_default_renderer
from django.utils.translation import gettext_lazy as _

from annotations.keys import RESERVED_KEYS, is_free_key
from annotations.languages import canonical_tag
from annotations.models import Membership, Project, SentencePair


class ProjectForm(forms.ModelForm):
    """What a project is, without its labels, which are lines of their own."""

    class Meta:
        model = Project
        fields = [
            "name",
            "description",
            "source_language",
            "guidelines",
            "overlap_percent",
            "overlap_people",
        ]
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}
        labels = {
            "name": _("Name"),
            "description": _("Description"),
            "source_language": _("Source language"),
            "guidelines": _("Guidelines"),
            "overlap_percent": _("Share that several people review"),
            "overlap_people": _("People for each of those sentences"),
        }
        help_texts = {
            "source_language": _("BCP 47, for example en or pt-BR."),
            "guidelines": _("Plain text, shown beside every sentence."),
            "overlap_percent": _("In percent; they do not see each other’s reviews. 0 for none."),
            "overlap_people": "",
        }
        error_messages = {"name": {"unique": _("There is a project of this name already.")}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("overlap_percent", "overlap_people"):
            self.fields[name].required = False

    def clean_overlap_percent(self) -> int:
        return self.cleaned_data["overlap_percent"] or 0

    def clean_overlap_people(self) -> int:
        return self.cleaned_data["overlap_people"] or 2

    def clean_source_language(self) -> str:
        try:
            return canonical_tag(self.cleaned_data["source_language"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


class LabelForm(forms.Form):
    name = forms.RegexField(
        r"^[^\s-]+$",
        label=_("Label"),
        max_length=50,
        error_messages={"invalid": _("A label is one word without hyphens, as in B-PER.")},
    )
    key = forms.CharField(label=_("Key"), max_length=1)
    description = forms.CharField(label=_("Meaning"), max_length=200, required=False)

    def clean_key(self) -> str:
        key = self.cleaned_data["key"]
        if not is_free_key(key):
            raise forms.ValidationError(_("A key is one letter or sign; digits choose alternatives."))
        if key in RESERVED_KEYS:
            words = RESERVED_KEYS[key].words
            raise forms.ValidationError(
                _("The key %(key)s is taken: %(words)s."), params={"key": key, "words": words}
            )
        return key


class LabelFormSet(forms.BaseFormSet):
    """A line per label and two empty ones; what formset_factory would set is said here."""

    form = LabelForm
    extra, min_num, max_num, absolute_max = 2, 0, 40, 60
    can_delete = can_delete_extra = True
    can_order = validate_min = validate_max = False
    renderer = get_default_renderer()

    def clean(self) -> None:
        if any(self.errors):
            return
        for field, message in (
            ("name", _("Two labels are called %s.")),
            ("key", _("Two labels have the key %s.")),
        ):
            values = [label[field] for label in self.labels]
            twice = next((value for value in values if values.count(value) > 1), None)
            if twice is not None:
                raise forms.ValidationError(message % twice)
        if not self.labels:
            raise forms.ValidationError(_("A project needs at least one label."))

    @property
    def labels(self) -> list[dict[str, str]]:
        """The labels as Project.labels holds them."""
        kept = [
            form.cleaned_data for form in self.forms if form.cleaned_data and not form.cleaned_data["DELETE"]
        ]
        return [{name: data[name] for name in ("name", "key", "description")} for data in kept]


class MemberForm(forms.Form):
    username = forms.CharField(label=_("Username"), max_length=150)
    role = forms.ChoiceField(
        label=_("Role"), choices=Membership.Role.choices, initial=Membership.Role.ANNOTATOR
    )


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Membership.Role.choices)


class PairFilterForm(forms.Form):
    """Which sentences the list shows. after: the last id of the page before."""

    q = forms.CharField(label=_("Words or name"), max_length=200, required=False)
    status = forms.ChoiceField(
        choices=[("", _("any status")), *SentencePair.Status.choices, ("flagged", _("Flagged"))],
        required=False,
    )
    label = forms.CharField(max_length=50, required=False)
    reviewer = forms.CharField(max_length=150, required=False)
    run = forms.IntegerField(min_value=1, required=False)
    language = forms.CharField(max_length=35, required=False)
    document = forms.CharField(max_length=300, required=False)
    id = forms.CharField(max_length=300, required=False)
    after = forms.IntegerField(min_value=0, required=False)
