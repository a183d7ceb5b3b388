"""What a browser would send of a page's form if nothing in it was touched."""

from __future__ import annotations

from html.parser import HTMLParser


class FormFields(HTMLParser):
    """The fields of the form that posts to `action`, with their values."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action = action
        self.values: dict[str, str | list[str]] = {}
        self._inside = False
        self._select = self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            address = given.get("action") or ""
            self._inside = (
                given.get("method", "get").lower() == "post" and address.split("?")[0] == self.action
            )
        name = given.get("name") or ""
        if not self._inside:
            return
        if tag == "input" and name and "disabled" not in given:
            self._add_input(name, given)
        elif tag == "textarea":
            self._textarea = name
            self.values[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in self.values):
            self.values[self._select] = given.get("value") or ""

    def _add_input(self, name: str, given: dict[str, str | None]) -> None:
        kind = given.get("type", "text")
        if kind in {"file", "submit", "button"}:
            return
        if kind in {"checkbox", "radio"} and "checked" not in given:
            return
        self.values[name] = given.get("value") or ("on" if kind == "checkbox" else "")

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.values[self._textarea] = str(self.values[self._textarea]) + data.lstrip("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "textarea":
            self._textarea = ""
        elif tag == "select":
            self._select = ""


def read_form(page: str, action: str) -> dict[str, str | list[str]]:
    """Raises ValueError when the page has no such form."""
    parser = FormFields(action)
    parser.feed(page)
    if not parser.values:
        raise ValueError(f"the page has no form that posts to {action}")
    return {name: value for name, value in parser.values.items() if name != "csrfmiddlewaretoken"}
