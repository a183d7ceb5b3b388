"""What the pages about people and whole corpora send."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib.auth.forms import BaseUserCreationForm, PasswordResetForm
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from annotations.actions.adjudication import EDIT, EMPTY, PICK
from annotations.actions.assignment import MOST_AT_ONCE, Choice
from annotations.actions.fast_lane import RIGHT, WRONG
from annotations.interface_language import words_for
from annotations.languages import get_language
from annotations.models import Membership, Project, ProjectionRun, User, Verdict


class ForgottenPasswordForm(PasswordResetForm):
    """Mail in the language of the person whom it goes to, whoever asked."""

    def send_mail(
        self, subject_template_name: str, email_template_name: str, context: Any, *rest: Any, **options: Any
    ) -> None:
        with words_for(context["user"]):
            super().send_mail(subject_template_name, email_template_name, context, *rest, **options)


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


class NameForm(forms.Form):
    """Which name, which of its decisions to preview, and where its list goes on."""

    language = forms.CharField(max_length=35)
    name = forms.CharField(max_length=300, strip=False)
    decision = forms.IntegerField(min_value=0, required=False)
    after = forms.IntegerField(min_value=0, required=False)


class AlikeForm(forms.Form):
    """A decision about a name, and the keys of the uses that it is for, or all of them."""

    words = forms.CharField(required=False, strip=False)
    label = forms.CharField(max_length=50, required=False)
    all = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        sent = self.data.getlist("uses") if isinstance(self.data, QueryDict) else []
        data["uses"] = [int(key) for key in sent if key.isdecimal() and len(key) < 19]
        if not data["uses"] and not data.get("all"):
            raise forms.ValidationError(_("Tick the sentences that are to be changed."))
        return data


class LaneForm(forms.Form):
    """What is to be accepted unseen: suggestions of a run, from a confidence on."""

    run = forms.ModelChoiceField(label=_("Run"), queryset=ProjectionRun.objects.none())
    threshold = forms.FloatField(
        label=_("Confidence, at least"),
        min_value=0.5,
        max_value=1.0,
        initial=0.95,
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )

    def __init__(self, data: QueryDict | None, *, project: Project) -> None:
        super().__init__(data)
        run = cast(forms.ModelChoiceField, self.fields["run"])
        run.queryset = project.runs.filter(status=ProjectionRun.Status.DONE)
        run.initial = run.queryset.first()


class LaneAnswersForm(forms.Form):
    """A judgement of every sentence of the sample; none may be left out."""

    def __init__(self, data: QueryDict | None, *, n: int) -> None:
        super().__init__(data)
        for number in range(n):
            self.fields[f"answer-{number}"] = forms.ChoiceField(choices=[(RIGHT, RIGHT), (WRONG, WRONG)])

    @property
    def answers(self) -> list[str]:
        return [self.cleaned_data[name] for name in self.fields]


class InvitationForm(forms.Form):
    role = forms.ChoiceField(
        label=_("Role"), choices=Membership.Role.choices, initial=Membership.Role.ANNOTATOR
    )
    note = forms.CharField(label=_("For whom"), max_length=200, required=False)


class NewAccountForm(BaseUserCreationForm):
    """An account for somebody who was invited. The address is for a forgotten password."""

    email = forms.EmailField(label=_("E-mail"), required=False)

    class Meta(BaseUserCreationForm.Meta):
        model = User
        fields = ("username", "email")


class MemberField(forms.ModelChoiceField):
    """A member, shown by name."""

    def label_from_instance(self, obj: Membership) -> str:
        return str(obj.user)


class AssignmentForm(forms.Form):
    """Which unfinished pairs are given to whom."""

    person = MemberField(label=_("Person"), queryset=Membership.objects.none())
    n = forms.IntegerField(label=_("Sentences, at most"), min_value=1, max_value=MOST_AT_ONCE, initial=100)
    language = forms.ChoiceField(label=_("Language"), required=False)
    document = forms.CharField(label=_("Document"), max_length=300, required=False)
    domain = forms.CharField(label=_("Domain"), max_length=100, required=False)

    def __init__(self, data: QueryDict | None, *, project: Project) -> None:
        super().__init__(data)
        people = project.memberships.exclude(role=Membership.Role.VIEWER).select_related("user")
        person = cast(forms.ModelChoiceField, self.fields["person"])
        person.queryset = people.order_by("user__username")
        tags = [row["target_language"] for row in project.pair_counts.all().totals_by("target_language")]
        language = cast(forms.ChoiceField, self.fields["language"])
        language.choices = [("", _("all")), *((tag, get_language(tag).name) for tag in tags)]

    @property
    def choice(self) -> Choice:
        data = self.cleaned_data
        return Choice(data["n"], data["language"], data["document"], data["domain"])
