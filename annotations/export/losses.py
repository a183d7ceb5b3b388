"""What a format cannot say: every replacement is counted, and some are shown."""

import re
from collections import Counter, defaultdict
from typing import Any

from django.utils.translation import gettext_noop as _

N_EXAMPLES = 20

# Everything that some reader takes for white space or the end of a line, U+0085, U+00A0 and U+2028 included;
# and a byte order mark, which readers drop at the start of a file.
UNSAFE = re.compile(r"[\s\x1c-\x1f\x85\ufeff]")

SPACE_IN_TOKEN = _("white space in a token was replaced by _")  # noqa: S105 (no secret)
SPACE_IN_LABEL = _("white space in a label was replaced by _")
RESERVED_TOKEN = _("a token that the format gives a meaning was changed")  # noqa: S105
SILVER_OVERLAP = _("a silver entity that shares words with a more certain one was left out")
NO_SOURCE = _("a pair without a source was left out, because the source side was asked for")
NO_TARGET = _("a pair without a translation was left out")


class Losses:
    """Collects losses by kind."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._examples: dict[str, list[dict[str, Any]]] = defaultdict(list)

    def add(self, kind: str, *, pair: int, **example: Any) -> None:
        self._counts[kind] += 1
        if len(self._examples[kind]) < N_EXAMPLES:
            self._examples[kind].append({"pair": pair, **example})

    def as_report(self) -> list[dict[str, Any]]:
        return [
            {"what": kind, "n": n, "examples": self._examples[kind]} for kind, n in self._counts.most_common()
        ]
