"""The mark of the product, as an address that holds it: an icon that no browser has to ask for."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import quote

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=1)
def mark_address() -> str:
    """Browsers ask for an icon again whenever a page changes its address, as the review page does."""
    image = (settings.BASE_DIR / "static" / "img" / "mark.svg").read_text(encoding="utf-8")
    return f"data:image/svg+xml,{quote(image.strip())}"
