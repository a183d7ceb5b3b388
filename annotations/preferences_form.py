"""What a person prefers: language, theme, keys."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from annotations.keys import CHANGEABLE, FIXED_KEYS, is_free_key, key_map


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
