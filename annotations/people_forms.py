"""What the pages about people and whole corpora send."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from annotations.actions.adjudication import EDIT, EMPTY, PICK
from annotations.models import Verdict


class PageForm(forms.Form):
    """Where a list goes on: after or before an id."""

    after = forms.IntegerField(min_value=0, required=False)
    before = forms.IntegerField(min_value=0, required=False)


class CommentForm(forms.Form):
    text = forms.CharField(
        label=_("Comment"), max_length=4000, widget=forms.Textarea(attrs={"rows": 2, "id": "comment-text"})
    )


class VerdictForm(forms.Form):
    verdict = forms.ChoiceField(choices=Verdict.Kind.choices)
    position = forms.IntegerField(min_value=0, max_value=32767, required=False)


class SeenVersionForm(forms.Form):
    """The version of the guidelines that was on the screen."""

    number = forms.IntegerField(min_value=0)


class AdjudicationForm(forms.Form):
    """The review that was chosen, with what else was on the screen."""

    decision = forms.ChoiceField(choices=[(PICK, PICK), (EDIT, EDIT), (EMPTY, EMPTY)])
    review = forms.IntegerField(min_value=1)
    version = forms.IntegerField(min_value=0)
    gold = forms.IntegerField(min_value=1, required=False)
    own = forms.IntegerField(min_value=0)
