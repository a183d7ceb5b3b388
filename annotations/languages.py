"""BCP 47 language tags: the canonical spelling, a name for people, and how the script runs."""

from dataclasses import dataclass
from functools import lru_cache

import langcodes
from django.utils import translation
from django.utils.translation import gettext as _

MAX_TAG_LENGTH = 35

# Scripts whose letters run from right to left: bidi class R or AL in the Unicode Character Database 16.
_RIGHT_TO_LEFT = frozenset(
    """
    Adlm Arab Aran Armi Avst Chrs Cprt Elym Gara Hatr Hebr Khar Lydi Mand Mani Mend Merc Mero Narb Nbat
    Nkoo Ougr Palm Phli Phlp Phnx Prti Rohg Samr Sarb Sogd Sogo Syrc Thaa Todr Yezi
    """.split()  # noqa: SIM905 (a table that people read)
)


@dataclass(frozen=True, slots=True)
class Language:
    """What a page needs to show text of a language: `lang` and `dir` attributes, and a name for people."""

    tag: str
    script: str
    direction: str

    @property
    def name(self) -> str:
        """In the language of the interface; the tag itself where the tag is private."""
        return _display_name(self.tag, translation.get_language() or "en")


@lru_cache(maxsize=1024)
def get_language(tag: str) -> Language:
    """The language of a tag such as `sw`, `pt-BR`, `ha-Arab` or a private `qaa`.

    The script is the one written in the tag, else the likeliest of the language (CLDR). Raises ValueError
    for what is not a registered language tag.
    """
    try:
        canonical = langcodes.standardize_tag(tag.strip())
        language = langcodes.get(canonical)
    except (ValueError, LookupError) as error:
        raise _no_tag(tag) from error
    if not language.is_valid() or language.language in {None, "und"} or len(canonical) > MAX_TAG_LENGTH:
        raise _no_tag(tag)
    script = language.maximize().script or "Zyyy"
    direction = "rtl" if script in _RIGHT_TO_LEFT else "ltr"
    return Language(canonical, script, direction)


def _no_tag(tag: str) -> ValueError:
    words = _("%r is not a language tag; write one of BCP 47, for example sw, pt-BR or ha-Arab")
    return ValueError(words % tag)


@lru_cache(maxsize=4096)
def _display_name(tag: str, interface_language: str) -> str:
    language = langcodes.get(tag)
    return tag if _is_private(language) else language.display_name(interface_language)


def canonical_tag(tag: str) -> str:
    """The one spelling under which a language is stored. Raises ValueError as `get_language` does."""
    return get_language(tag).tag


def same_language(a: str, b: str) -> bool:
    """Whether two tags name the same language, whatever region or script they add."""
    return langcodes.get(canonical_tag(a)).language == langcodes.get(canonical_tag(b)).language


def _is_private(language: langcodes.Language) -> bool:
    return "qaa" <= (language.language or "") <= "qtz" and len(language.language or "") == 3
