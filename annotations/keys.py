"""The keys of the review page: commands with their default keys, free of conflicts with label keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Command:
    """Something a key does on the review page. key: as the browser names it (KeyboardEvent.key).

    gives_way: a label may have its key; the command moves to the capital then.
    """

    name: str
    key: str
    words: str | Promise
    group: str | Promise
    is_fixed: bool = False
    gives_way: bool = False


DECIDE, EDGES, FIND, REST = _("Decide"), _("Edges, in reading order"), _("Find and select"), _("Around")
WORDS = _("The words themselves")

COMMANDS = [
    Command("accept-all", "Enter", _("Accept everything and go to the next sentence"), DECIDE, is_fixed=True),
    Command("reject", "x", _("Reject the entity, or restore it"), DECIDE),
    Command(
        "reject-extras",
        "X",
        _("Reject all suggestions that only the translation has"),
        DECIDE,
        gives_way=True,
    ),
    Command("accept", "c", _("Accept this entity only"), DECIDE),
    Command("none", "n", _("The translation has no such name"), DECIDE),
    Command("undo", "u", _("Undo, also across sentences"), DECIDE),
    Command("redo", "U", _("Redo"), DECIDE),
    Command("start-out", "d", _("Start: take in the word before"), EDGES),
    Command("start-in", "f", _("Start: leave out the first word"), EDGES),
    Command("end-in", "j", _("End: leave out the last word"), EDGES),
    Command("end-out", "k", _("End: take in the word after"), EDGES),
    Command("fill", "z", _("Join the fragments of the entity, with what is between"), EDGES, gives_way=True),
    Command("next", "ArrowDown", _("Next entity (also Tab)"), FIND, is_fixed=True),
    Command("previous", "ArrowUp", _("Previous entity (also Shift+Tab)"), FIND, is_fixed=True),
    Command("jump", ",", _("Jump to a word or an entity by the letters it shows"), FIND, gives_way=True),
    Command(
        "select",
        "a",
        _("Select the likeliest words, or the next: arrows move, Shift+arrows extend, then a label key"),
        FIND,
    ),
    Command("place", "r", _("Set the entity to the selected words, or select its words to move them"), FIND),
    Command(
        "link",
        "b",
        _("Link two words, or take their link away: choose the word, then Enter"),
        FIND,
        gives_way=True,
    ),
    Command("side", "t", _("Go to the other sentence"), FIND, gives_way=True),
    Command("cancel", "Escape", _("Drop the selection or the link"), FIND, is_fixed=True),
    Command("split", "y", _("Split the word: arrows move the cut, Enter cuts"), WORDS, gives_way=True),
    Command("merge", "w", _("Merge the selected words, or the word with the next"), WORDS, gives_way=True),
    Command("rewrite", "q", _("Edit the translation"), WORDS, gives_way=True),
    Command("links", "v", _("Show all alignment links, or only those of the entity"), REST),
    Command("view", "V", _("Show links as curves, columns or a matrix"), REST),
    Command("skip", "s", _("Skip this sentence"), REST),
    Command("flag", "g", _("Flag this sentence for others, or take the flag away"), REST),
    Command("note", "e", _("Write a remark"), REST),
    Command("guidelines", "i", _("Show or hide the guidelines"), REST),
    Command("history", "h", _("Show or hide the history"), REST),
    Command("help", "?", _("Show the keys"), REST, is_fixed=True),
]
CHANGEABLE = [command for command in COMMANDS if not command.is_fixed]
FIXED_KEYS = frozenset(command.key for command in COMMANDS if command.is_fixed)
RESERVED_KEYS = {command.key: command for command in COMMANDS if not command.gives_way}


def key_map(own: dict[str, str], label_keys: Iterable[str]) -> dict[str, str]:
    """Command name -> key for one reviewer: the defaults, with the reviewer's own keys where they are free.

    A label's key wins over everything: a command whose key a label holds moves to its capital, or to none;
    an own key that another command or a label holds is ignored.
    """
    held_by_labels = set(label_keys)
    defaults = {command.name: command.key for command in COMMANDS}
    for name, key in defaults.items():
        if key in held_by_labels:
            taken = held_by_labels | set(defaults.values())
            defaults[name] = key.swapcase() if key.swapcase() not in taken else ""
    changeable = {command.name for command in CHANGEABLE}
    own = {
        name: key
        for name, key in own.items()
        if name in changeable and is_free_key(key) and key not in held_by_labels
    }
    while True:
        keys = defaults | own
        held = Counter(keys.values())
        clashing = {name for name in own if held[keys[name]] > 1}
        if not clashing:
            return keys
        own = {name: key for name, key in own.items() if name not in clashing}


def is_free_key(key: str) -> bool:
    """One visible character that is no digit: digits choose alternatives."""
    return len(key) == 1 and key.isprintable() and not key.isspace() and not key.isdigit()
