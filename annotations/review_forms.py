"""What the review page sends: decisions, the queue it goes through, and how it is looked at."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from annotations.actions.locking import Seen
from annotations.actions.queue import ORDERS, Queue
from annotations.edits import Edit
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


class ViewForm(forms.Form):
    """How the two sentences of a pair stand to each other. back: the page to return to."""

    view = forms.ChoiceField(choices=VIEWS)
    back = forms.CharField(max_length=2000, required=False)
