"""What an evaluation's report calls things, in the reader's language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Words = str | Promise

MEASURES: dict[str, Words] = {
    "strict_f1": _("Strict F1"),
    "exact_match_jaccard": _("Exact-match Jaccard"),
    "entity_exact": _("Entities found exactly"),
    "sentence_exact": _("Sentences all right"),
    "sentence_exact_with_gold": _("Sentences all right, of those with names"),
    "sentence_exact_without_gold": _("Sentences all right, of those without names"),
}
PARTS: dict[str, Words] = {
    "label": _("By label"),
    "language": _("By language"),
    "domain": _("By domain"),
    "length": _("By words of the name"),
    "sentence length": _("By words of the sentence"),
    "frequency": _("By how often training saw the name"),
}
COLUMNS: dict[str, Words] = {
    "label": _("Label"),
    "language": _("Language"),
    "domain": _("Domain"),
    "length": _("Name"),
    "sentence length": _("Sentence"),
    "frequency": _("Name"),
}
BUCKETS: dict[str, Words] = {
    "1 word": _("1 word"),
    "2 words": _("2 words"),
    "3 words": _("3 words"),
    "4 words or more": _("4 words or more"),
    "unseen": _("never seen"),
    "seen once or twice": _("seen once or twice"),
    "seen 3 to 9 times": _("seen 3 to 9 times"),
    "seen 10 times or more": _("seen 10 times or more"),
    "up to 10 words": _("up to 10 words"),
    "11 to 20 words": _("11 to 20 words"),
    "21 to 40 words": _("21 to 40 words"),
    "more than 40 words": _("more than 40 words"),
}
KINDS: dict[str, Words] = {
    "missed": pgettext_lazy("an entity", "missed"),
    "spurious": pgettext_lazy("an entity", "found where none is"),
    "boundary": pgettext_lazy("an entity", "wrong words"),
    "label": pgettext_lazy("an entity", "wrong label"),
    "boundary and label": pgettext_lazy("an entity", "wrong words and label"),
}
READINGS: dict[str, Words] = {
    "strict": _("words and label"),
    "exact": _("words alone"),
    "partial": _("any of the words"),
    "ent_type": _("any of the words, and the label"),
}
SEMEVAL: dict[str, Words] = {
    "correct": pgettext_lazy("entities", "correct"),
    "incorrect": pgettext_lazy("entities", "incorrect"),
    "partial": pgettext_lazy("entities", "partial"),
    "missed": pgettext_lazy("entities", "missed"),
    "spurious": pgettext_lazy("entities", "spurious"),
}
STAGES: dict[str, Words] = {
    "tagging": _("tagging"),
    "tagging with the baseline": _("tagging with the baseline"),
    "scoring": _("scoring"),
}
NOTHING = pgettext_lazy("an entity", "nothing")
