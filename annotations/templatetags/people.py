"""Tags of what people say about a pair, for the review page."""

from __future__ import annotations

from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString

from annotations.escaping import escape
from annotations.models import Membership, Project, SentencePair, User, Verdict

register = template.Library()
Kind = Verdict.Kind
OF_ITEM = (
    Kind.TOO_LONG,
    Kind.TOO_SHORT,
    Kind.WRONG_WORDS,
    Kind.WRONG_LABEL,
    Kind.SOURCE_WRONG,
    Kind.DROPPED,
    Kind.BAD_TRANSLATION,
)
OF_PAIR = (Kind.BAD_TRANSLATION, Kind.DROPPED, Kind.SOURCE_WRONG)


@register.simple_tag
def own_verdicts(pair: SentencePair, user: User) -> dict[int | None, frozenset[str]]:
    """Position of the item, or None for the pair -> the faults this person named. No query for most pairs."""
    if not pair.n_verdicts:
        return {}
    named: dict[int | None, set[str]] = {}
    for position, kind in Verdict.objects.filter(pair=pair, reviewer=user).values_list("position", "kind"):
        named.setdefault(position, set()).add(kind)
    return {position: frozenset(kinds) for position, kinds in named.items()}


@register.simple_tag
def verdict_chips(verdicts: dict[int | None, frozenset[str]], position: int | None, url: str) -> SafeString:
    """A chip per fault, pressed where the person named it; they stand inside the form of the item."""
    kinds = OF_PAIR if position is None else OF_ITEM
    chips = _chips(translation.get_language(), kinds, verdicts.get(position, frozenset()))
    return SafeString(chips.replace("{url}", escape(url)))  # both parts are escaped


@lru_cache(maxsize=4096)
def _chips(language: str, kinds: tuple[Kind, ...], named: frozenset[str]) -> SafeString:
    chips = [(kind.value, kind.label, kind in named) for kind in kinds]
    return render_to_string("annotations/_verdict_chips.html", {"chips": chips})


@register.inclusion_tag("annotations/_guidelines_news.html")
def guidelines_news(project: Project, user: User, back: str) -> dict:
    """A notice where the guidelines changed since the reader last looked."""
    if not project.guidelines_version:
        return {"is_new": False}
    member = Membership.objects.filter(project=project, user=user).values_list("guidelines_seen", flat=True)
    seen = member.first()
    is_new = seen is not None and seen < project.guidelines_version
    return {"project": project, "is_new": is_new, "is_first": not seen, "back": back}
