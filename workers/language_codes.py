"""BCP 47 language tags to the language codes that translation models use.

NLLB-200 speaks FLORES codes (`swh_Latn`), M2M100 two-letter codes (`sw`), multilingual Marian models a mix
(`swa`, `pt_br`, `cmn_Hans`). The codes a model has are read from the model, so that a fine-tuned one with
more languages needs nothing here; this module only says which of them a tag means. Deprecated tags, likely
scripts and macrolanguages follow the CLDR through `langcodes`.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from langcodes import Language, standardize_tag, tag_distance, tag_is_valid
from langcodes.tag_parser import LanguageTagError

# Macrolanguages that CLDR does not reduce to one member, with the member that the models were trained on.
MACRO_MEMBERS = {
    "pbt": "ps",  # Southern Pashto
    "nb": "no",  # Norwegian Bokmål
    "fuv": "ff",  # Nigerian Fulfulde
    "quy": "qu",  # Ayacucho Quechua
    "knc": "kr",  # Central Kanuri
    "dik": "din",  # Southwestern Dinka
    "taq": "tmh",  # Tamasheq
}
SAME_SCRIPTS = {"Kore": "Hang"}  # Korean as it is written, with or without Chinese characters
MODEL_SPELLINGS = {"ns": "nso"}  # M2M100 writes Northern Sotho with a code that is not in ISO 639
NEAR = 60  # langcodes' distance: dialects and mutually readable languages are below it, strangers above


class LanguageNotServed(ValueError):
    """A model cannot translate from or to a language; the message names it and the nearest it can."""


class _Key(NamedTuple):
    language: str
    script: str
    territory: str


def find_code(tag: str, codes: Iterable[str], *, model: str) -> str:
    """The one of a model's `codes` that means the BCP 47 `tag`: same language, same script.

    A tag without a script means its likely one (`zh` is Simplified, `zh-TW` Traditional Chinese). A
    territory decides only between codes that differ in nothing else (`pt`, `pt_br`); a model that has a
    language for another territory only does not have it.
    Raises LanguageNotServed naming the language and the nearest ones that the model has, and ValueError
    when `tag` is not a language tag.
    """
    return _find_code(tag, tuple(codes), model)


def language_name(tag: str) -> str:
    """The English name of a language with its tag, as messages write it: "Bambara (bm)"."""
    return f"{Language.get(tag).display_name()} ({tag})"


@lru_cache(maxsize=1024)
def _find_code(tag: str, codes: tuple[str, ...], model: str) -> str:
    try:
        valid = tag_is_valid(tag)
    except (LanguageTagError, ValueError):
        valid = False
    if not valid:
        raise ValueError(f"{tag!r} is not a BCP 47 language tag, such as 'en', 'sw' or 'zh-Hant'")
    for macro in (False, True):
        wanted = _key(tag, macro=macro)
        keys = {code: key for code in codes if (key := _code_key(code, macro)) and key[:2] == wanted[:2]}
        for territory in (wanted.territory, ""):
            if same := [code for code, key in keys.items() if key.territory == territory]:
                return min(same, key=len)
    raise LanguageNotServed(_refusal(tag, codes, model))


def _key(tag: str, *, macro: bool) -> _Key:
    """Language and likely script of a tag; the territory only if the standard form of the tag names one."""
    standard = Language.get(standardize_tag(tag, macro=macro))
    language = standard.maximize()
    name = language.language or "und"
    return _Key(
        MACRO_MEMBERS.get(name, name) if macro else name,
        SAME_SCRIPTS.get(language.script or "", language.script or ""),
        standard.territory or "",
    )


@lru_cache(maxsize=4096)
def _code_key(code: str, macro: bool) -> _Key | None:
    """The key of a model's code; None for codes that are no language (`ROMANCE`, `mul`)."""
    try:
        key = _key(_code_tag(code), macro=macro)
    except (LanguageTagError, ValueError):
        return None
    return None if key.language in ("mul", "und") else key


def _code_tag(code: str) -> str:
    return MODEL_SPELLINGS.get(code, code).replace("_", "-")


def _refusal(tag: str, codes: tuple[str, ...], model: str) -> str:
    known = {_code_tag(code): code for code in codes if _code_key(code, False)}
    near = sorted((tag_distance(tag, other), code) for other, code in known.items())
    named = [f"{Language.get(_code_tag(code)).display_name()} ({code})" for gap, code in near if gap < NEAR]
    nearest = f"nearest that it has: {', '.join(named[:3])}" if named else "it has no language close to it"
    if len(codes) <= 8:
        nearest += f"; all that it has: {', '.join(codes)}"
    return f"model {model!r} has no {language_name(tag)}; {nearest}"
