"""What pages send: checked here, so that views see only what makes sense."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django import forms
from django.conf import settings
from django.forms.renderers import get_default_renderer
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from annotations.actions.claims import ORDERS, Queue
from annotations.actions.locking import Seen
from annotations.edits import Edit
from annotations.keys import CHANGEABLE, FIXED_KEYS, RESERVED_KEYS, is_free_key, key_map
from annotations.languages import canonical_tag
from annotations.models import Membership, Project, SentencePair
from annotations.wording import Wording, merge_tokens, rewrite, split_token

# How the review page shows links, as User.preferences keeps it.
VIEWS = [("curves", _("Curves")), ("columns", _("Columns")), ("matrix", _("Matrix"))]


class SeenForm(forms.Form):
    """Every write to a review says what the reviewer had on the screen."""

    version = forms.IntegerField(min_value=0)
    run = forms.IntegerField(min_value=1, required=False)
    text = forms.IntegerField(min_value=0, required=False)
    ahead = forms.IntegerField(min_value=1, required=False)  # the pair that is on the screen already
    shown = forms.CharField(max_length=100, required=False)  # the state of its page, see render_review

    @property
    def seen(self) -> Seen:
        return Seen(self.cleaned_data["version"], self.cleaned_data["run"], self.cleaned_data["text"])


class NoteForm(SeenForm):
    note = forms.CharField(max_length=2000, required=False, strip=True)


class EditForm(SeenForm):
    """One edit: `edit` is its word, such as start-out or label:PER; tokens travel as numbers."""

    edit = forms.RegexField(r"^[a-z-]+(:.+)?$", max_length=80)
    position = forms.IntegerField(min_value=0, max_value=32767, required=False)
    first = forms.IntegerField(min_value=0, max_value=1_000_000, required=False)
    last = forms.IntegerField(min_value=0, max_value=1_000_000, required=False)

    @property
    def asked(self) -> Edit:
        data = self.cleaned_data
        verb, _separator, value = data["edit"].partition(":")
        return Edit(verb, value, data["position"], data["first"], data["last"])


class WordingForm(SeenForm):
    """A change of the words themselves: `first` cut after `part`, first to last merged, or another text."""

    kind = forms.ChoiceField(choices=[("split", ""), ("merge", ""), ("rewrite", "")])
    side = forms.ChoiceField(choices=[("source", ""), ("target", "")])
    first = forms.IntegerField(min_value=0, max_value=1_000_000, required=False)
    last = forms.IntegerField(min_value=0, max_value=1_000_000, required=False)
    part = forms.CharField(max_length=10_000, required=False, strip=False)
    words = forms.CharField(max_length=100_000, required=False)

    def change(self, language: str) -> Callable[[Wording], Wording]:
        """What to do to the sentence. language: the target's, to tokenise what is new."""
        data = self.cleaned_data
        first = data["first"] if data["first"] is not None else -1
        match data["kind"]:
            case "split":
                return lambda before: split_token(before, first, data["part"])
            case "merge":
                last = data["last"] if data["last"] is not None else first + 1
                return lambda before: merge_tokens(before, first, last)
            case _:
                return lambda before: rewrite(before, data["words"], language)


class QueueForm(forms.Form):
    """The reviewer's choice of pairs, carried in the address of every review page."""

    order = forms.ChoiceField(
        label=_("Order"),
        choices=[
            ("hardest", _("Least certain first")),
            ("easiest", _("Most certain first")),
            ("corpus", _("As imported")),
        ],
        required=False,
    )
    language = forms.CharField(max_length=35, required=False)
    label = forms.CharField(max_length=50, required=False)
    run = forms.IntegerField(min_value=1, required=False)
    comparison = forms.IntegerField(min_value=1, required=False)
    assigned = forms.IntegerField(min_value=1, required=False)
    skipped = forms.BooleanField(required=False)
    doubt = forms.ChoiceField(
        label=_("Only those with"),
        choices=[
            ("", _("anything")),
            ("missing", _("a missing entity")),
            ("disputed", _("methods that disagree")),
            ("extra", _("an entity only in the translation")),
            ("names", _("a name decided differently elsewhere")),
        ],
        required=False,
    )


def read_queue(project_id: int, query: QueryDict) -> Queue:
    """The queue that an address asks for; what makes no sense in it is left out."""
    return _read_queue(project_id, query.urlencode()) if query else Queue(project_id)


@lru_cache(maxsize=1024)
def _read_queue(project_id: int, query: str) -> Queue:
    form = QueueForm(QueryDict(query))
    form.is_valid()
    data = form.cleaned_data
    order = data.get("order") or "hardest"
    return Queue(
        project_id,
        order=order if order in ORDERS else "hardest",
        language=data.get("language", ""),
        label=data.get("label", ""),
        run=data.get("run"),
        comparison=data.get("comparison"),
        assigned=data.get("assigned"),
        skipped=data.get("skipped", False),
        doubt=data.get("doubt", ""),
    )


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


class ViewForm(forms.Form):
    """How the two sentences of a pair stand to each other. back: the page to return to."""

    view = forms.ChoiceField(choices=VIEWS)
    back = forms.CharField(max_length=2000, required=False)


class LanguageSelect(forms.Select):
    """Every language under its own name, and said to be in that language, for those who listen."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        option["attrs"] |= {"lang": value, "dir": "auto"} if value else {}
        return option


class PreferencesForm(forms.Form):
    """Language and theme, and a key for every command of the review page whose key can be changed."""

    language = forms.ChoiceField(
        label=_("Language of the interface"),
        choices=[("", _("As the browser asks")), *settings.LANGUAGES],
        required=False,
        initial="",
        widget=LanguageSelect,
    )
    theme = forms.ChoiceField(
        label=_("Theme"),
        choices=[("auto", _("As the system")), ("light", _("Light")), ("dark", _("Dark"))],
    )

    def __init__(self, data: QueryDict | None, *, preferences: dict, labels: list[dict[str, str]]) -> None:
        self.labels = labels
        own = preferences.get("keys", {})
        look = {"theme": preferences.get("theme", "auto"), "language": preferences.get("language", "")}
        super().__init__(data, initial=look)
        keys = key_map(own, [label["key"] for label in labels])
        for command in CHANGEABLE:
            key = own.get(command.name, keys[command.name])
            self.fields[command.name] = forms.CharField(
                label=str(command.words), max_length=1, initial=key, required=bool(key)
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        keys = {command.name: data.get(command.name, "") for command in CHANGEABLE}
        by_label = {label["key"]: label["name"] for label in self.labels}
        for name, key in keys.items():
            if not key:
                continue  # said already where the field is required
            if not is_free_key(key):
                self.add_error(name, _("A key is one letter or sign; digits choose alternatives."))
            elif key in by_label:
                words = _("%(key)s is the key of the label %(label)s.")
                self.add_error(name, words % {"key": key, "label": by_label[key]})
            elif list(keys.values()).count(key) > 1 or key in FIXED_KEYS:
                self.add_error(name, _("Two commands have the key %s.") % key)
        return data

    @property
    def preferences(self) -> dict[str, Any]:
        """What User.preferences keeps: only the keys that are not the defaults."""
        data = self.cleaned_data
        keys = {c.name: data[c.name] for c in CHANGEABLE if data[c.name] not in {"", c.key}}
        return {"theme": data["theme"], "language": data["language"], "keys": keys}
