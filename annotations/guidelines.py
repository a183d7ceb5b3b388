"""How two versions of the guidelines differ, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

SAME, ADDED, REMOVED = "same", "added", "removed"


@dataclass(frozen=True, slots=True)
class Line:
    """kind: SAME, ADDED or REMOVED."""

    kind: str
    text: str


def compare_texts(before: str, after: str) -> list[Line]:
    """The lines of both texts in reading order; what was replaced stands before what replaces it."""
    old, new = before.splitlines(), after.splitlines()
    lines: list[Line] = []
    for tag, old_start, old_end, new_start, new_end in SequenceMatcher(
        a=old, b=new, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            lines += [Line(SAME, text) for text in old[old_start:old_end]]
        else:
            lines += [Line(REMOVED, text) for text in old[old_start:old_end]]
            lines += [Line(ADDED, text) for text in new[new_start:new_end]]
    return lines
