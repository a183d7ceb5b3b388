"""The catalogues of the interface's words: found in the code, kept in .po files, compiled to .mo files.

Both files are committed, so an installation needs neither GNU gettext nor Babel, and no step that could be
forgotten. Babel is among the requirements of the tests; a test holds code, .po and .mo together.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import django
from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT: Path = settings.BASE_DIR
ROOMS = ("annotations", "projector_site", "templates")
LANGUAGES = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
KEYWORDS = DEFAULT_KEYWORDS | {
    f"{name}_lazy": DEFAULT_KEYWORDS[name] for name in ("gettext", "ngettext", "pgettext", "npgettext")
}
# What Django says on our pages, and says in English where its own catalogue of a language lacks it.
DJANGO = "django"
DJANGO_SAYS: tuple[str | tuple[str, str], ...] = (
    "Enter a valid JSON.",
    "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.",
    "Null characters are not allowed.",
    "Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
    "The two password fields didn’t match.",
    "Your password can’t be a commonly used password.",
    "Your password can’t be too similar to your other personal information.",
    (
        "Ensure this value has at most %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at most %(limit_value)d characters (it has %(show_value)d).",
    ),
    ("Please submit at most %(num)d form.", "Please submit at most %(num)d forms."),
    (
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
    ),
    (
        "Your password must contain at least %(min_length)d character.",
        "Your password must contain at least %(min_length)d characters.",
    ),
)
NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)  # two people who extract the same words write the same file


def po_path(language: str) -> Path:
    return ROOT / "projector_site" / "locale" / language / "LC_MESSAGES" / "django.po"


def mo_path(language: str) -> Path:
    return po_path(language).with_suffix(".mo")


def find_words() -> Catalog:
    """Every translatable string of the code and the templates, with the files that it stands in."""
    template = Catalog(project="Projector")
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*")):
            if path.suffix not in {".py", ".html", ".txt"}:
                continue
            name = path.relative_to(ROOT).as_posix()
            code = path.read_text() if path.suffix == ".py" else as_python(path)
            found = extract("python", BytesIO(code.encode()), KEYWORDS, comment_tags=("Translators:",))
            for line, words, comments, context in found:
                template.add(words, None, [(name, line)], auto_comments=comments, context=context)
    for place, words in said_by_workers():
        template.add(words, None, [(place, 0)])
    for words in DJANGO_SAYS:
        template.add(words, None, [(DJANGO, 0)])
    return template


def said_by_workers() -> Iterator[tuple[str, str]]:
    """What the pages show of the workers' registries, which know nothing of translation: place and words."""
    from workers.choices import known_names
    from workers.known_models import KNOWN_MODELS

    for lines in known_names().values():
        yield from (("workers/choices.py", line) for line in lines.values() if line)
    yield from (("workers/known_models.py", model.notes) for model in KNOWN_MODELS if model.notes)


def as_python(template: Path) -> str:
    """Django's own reduction of a template to calls of gettext, one unindented line for each of its lines."""
    return "\n".join(line.strip() for line in templatize(template.read_text()).splitlines())


def read_catalogue(language: str) -> Catalog:
    """What is written in the .po file; an empty catalogue with Django's plural forms where there is none."""
    path = po_path(language)
    text = path.read_bytes() if path.exists() else first_header(language)
    catalogue = read_po(BytesIO(text), locale=language, domain="django")
    catalogue.project, catalogue.version, catalogue.msgid_bugs_address = "Projector", "1", ""
    catalogue.last_translator = catalogue.language_team = "Projector"
    catalogue.creation_date = catalogue.revision_date = NO_DATE
    return catalogue


def first_header(language: str) -> bytes:
    """Plural forms as in Django's own catalogue, so that both count in the same way."""
    folder = Path(django.__file__).parent / "conf" / "locale"
    django_words = gettext.translation("django", folder, [language])
    plural_forms = django_words.info()["plural-forms"]
    return f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n"Plural-Forms: {plural_forms}\\n"\n'.encode()


def with_words(catalogue: Catalog, words: Catalog) -> Catalog:
    """The catalogue with exactly these words. A changed string is a new one: nothing is guessed as fuzzy."""
    catalogue.update(words, no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    return catalogue


def po_bytes(catalogue: Catalog) -> bytes:
    """By the alphabet, with files but no line numbers and no wrapping, which keeps the differences small."""
    out = BytesIO()
    write_po(out, catalogue, width=0, sort_output=True, include_lineno=False, ignore_obsolete=True)
    return out.getvalue()


def mo_bytes(catalogue: Catalog) -> bytes:
    """Without the untranslated strings: an empty plural form would be shown as it is, as nothing."""
    for message in untranslated(catalogue):
        catalogue.delete(message.id, message.context)
    out = BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def update_all() -> Iterator[tuple[str, int]]:
    """Write every .po file anew with the words of the code; yields language and untranslated strings."""
    words = find_words()
    for language in LANGUAGES:
        catalogue = with_words(read_catalogue(language), words)
        po_path(language).parent.mkdir(parents=True, exist_ok=True)
        po_path(language).write_bytes(po_bytes(catalogue))
        yield language, len(untranslated(catalogue))


def compile_all() -> None:
    for language in LANGUAGES:
        mo_path(language).write_bytes(mo_bytes(read_catalogue(language)))


def untranslated(catalogue: Catalog) -> list[Message]:
    """The strings without a translation, or without one of the language's plural forms."""
    return [message for message in catalogue if message.id and not all(forms(message, catalogue.num_plurals))]


def forms(message: Message, n_plurals: int) -> list[str]:
    """The translation in each plural form, empty where there is none; a string without a number has one."""
    given = list(message.string) if isinstance(message.string, (list, tuple)) else [message.string or ""]
    return given + [""] * (n_plurals - len(given)) if message.pluralizable else given
