"""What the import pages send."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from annotations.imports.detect import AUTO, FORMATS, KINDS, SCHEME_CHOICES
from annotations.imports.records import ImportOptions
from annotations.languages import MAX_TAG_LENGTH, canonical_tag
from annotations.models import Project

SIDES = ("pairs", "source", "target")


def _choices(known: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(AUTO, _("as the file looks")), *known.items()]


class ReadingForm(forms.Form):
    """How files are read. Every field but label_map is a field of ImportOptions."""

    target_language = forms.CharField(
        label=_("Language of the translations"),
        max_length=MAX_TAG_LENGTH,
        required=False,
        help_text=_("A tag such as sw, pt-BR or ha-Arab. Lines of JSONL may name their own."),
    )
    domain = forms.CharField(
        label=_("Domain"), max_length=100, required=False, help_text=_("Of lines that name none, as in news.")
    )
    format = forms.ChoiceField(
        label=_("The file of pairs is"),
        choices=[(AUTO, _("as the file looks")), ("jsonl", FORMATS["jsonl"]), ("tsv", FORMATS["tsv"])],
        initial=AUTO,
    )
    source_kind = forms.ChoiceField(label=_("The source file is"), choices=_choices(KINDS), initial=AUTO)
    target_kind = forms.ChoiceField(label=_("The target file is"), choices=_choices(KINDS), initial=AUTO)
    source_scheme = forms.ChoiceField(
        label=_("Tags of the source"), choices=_choices(SCHEME_CHOICES), initial=AUTO
    )
    target_scheme = forms.ChoiceField(
        label=_("Tags of the target"), choices=_choices(SCHEME_CHOICES), initial=AUTO
    )
    token_column = forms.IntegerField(
        label=_("Token column"), initial=1, min_value=-50, max_value=50, help_text=_("CoNLL; -1 is the last.")
    )
    tag_column = forms.IntegerField(
        label=_("Tag column"), initial=-1, min_value=-50, max_value=50, help_text=_("CoNLL; 0 is for none.")
    )
    tokenized = forms.BooleanField(
        label=_("Plain text is tokenised already, with spaces between the tokens"), required=False
    )
    one_sided = forms.BooleanField(
        label=_("An empty sentence is one that is still to be translated"), required=False
    )
    label_map = forms.CharField(
        label=_("Other names of labels"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "PERSON=PER\nDATE="}),
        help_text=_("One a line, as PERSON=PER; DATE= leaves those entities out."),
    )
    add_labels = forms.BooleanField(label=_("Give the project the labels that it lacks"), required=False)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.project = project

    def clean_target_language(self) -> str:
        tag = self.cleaned_data["target_language"]
        try:
            return canonical_tag(tag) if tag else ""
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def clean_label_map(self) -> dict[str, str]:
        rules = {}
        for line in self.cleaned_data["label_map"].splitlines():
            old, equals, new = (part.strip() for part in line.partition("="))
            if not line.strip():
                continue
            if not (old and equals):
                raise forms.ValidationError(_("%(line)s: write FROM=TO."), params={"line": line})
            rules[old] = new
        return rules

    @property
    def options(self) -> ImportOptions:
        known = {field.name for field in fields(ImportOptions)}
        return ImportOptions(
            source_language=self.project.source_language,
            max_tokens=settings.IMPORT_MAX_TOKENS,
            max_line_bytes=settings.IMPORT_MAX_LINE_BYTES,
            **{name: value for name, value in self.cleaned_data.items() if name in known},
        )

    @staticmethod
    def initial_from(reading: dict[str, Any]) -> dict[str, Any]:
        """The form's values for options as ImportBatch keeps them."""
        rules = "\n".join(f"{old}={new}" for old, new in reading["label_map"].items())
        return reading | {"label_map": rules}


class UploadForm(ReadingForm):
    """Files and how to read them: one file of pairs, or one for each side, or for one side only."""

    pairs = forms.FileField(
        label=_("Pairs"), required=False, help_text=_("JSONL, or TSV with source and target")
    )
    source = forms.FileField(
        label=_("Source"), required=False, help_text=_("CoNLL, or plain text with a sentence on a line")
    )
    target = forms.FileField(
        label=_("Target"), required=False, help_text=_("CoNLL or plain text, in the same order")
    )

    def __init__(self, *args: Any, too_large: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.too_large = too_large

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.too_large:
            raise forms.ValidationError(
                _("%(names)s: over %(limit)d MB. Larger files are for manage.py import_corpus."),
                params={
                    "names": ", ".join(self.too_large),
                    "limit": settings.IMPORT_MAX_UPLOAD_BYTES // 1_000_000,
                },
            )
        has_pairs, has_sides = bool(data.get("pairs")), bool(data.get("source") or data.get("target"))
        if has_pairs == has_sides and not self.errors:
            raise forms.ValidationError(
                _("Choose one file of pairs, or a source file and a target file, or one of these two.")
            )
        if has_sides and not data.get("target_language") and "target_language" not in self.errors:
            self.add_error("target_language", _("Say which language the translations are in."))
        return data

    @property
    def uploads(self) -> dict[str, UploadedFile]:
        return {side: self.cleaned_data[side] for side in SIDES if self.cleaned_data.get(side)}
