"""How a tagger's labels become the project's, as people write it: "PERSON=PER, NORP=-"."""

import re

from django.utils.translation import gettext as _

DROP = "-"  # leaves a label out


def read_label_map(text: str) -> dict[str, str]:
    """The tagger's label -> the project's label, or DROP. Raises ValueError naming what cannot be read.

    Entries are separated by commas or line breaks.
    """
    changes: dict[str, str] = {}
    for entry in re.split(r"[,\n]", text):
        if not entry.strip():
            continue
        own, equals, new = (part.strip() for part in entry.partition("="))
        if not equals or not own or not new:
            words = _("%r is not like PERSON=PER, or NORP=- to leave a label out")
            raise ValueError(words % entry.strip())
        if own in changes:
            raise ValueError(_("label %s is there twice") % own)
        changes[own] = new
    return changes
