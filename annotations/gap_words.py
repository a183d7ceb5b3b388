"""Gap reports in plain words: noises, where they are put, and why sentences are left out."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NOISES: dict[str, Promise] = {
    "typos": _("Typing errors"),
    "ocr": _("Errors of a scanner"),
    "asr": _("As speech recognition writes: no capitals, no punctuation"),
    "lower": _("Small letters only"),
    "upper": _("Capital letters only"),
    "title": _("A capital at the beginning of each word"),
    "diacritics": _("Accents and other marks left out"),
    "tones": _("Tone marks left out"),
    "apostrophes": _("Other characters as apostrophes"),
    "letters": _("Special letters as plain ones"),
    "entities": _("Other names of the same kind"),
    "code-switch": _("Words of the source sentence"),
    "split": _("Spaces inside words"),
    "merge": _("Spaces left out"),
}
WHERE: dict[str, Promise] = {
    "both": _("All words"),
    "entity": _("The words of entities"),
    "context": _("The words around entities"),
}
GROUPS: dict[str, Promise] = {
    "domain": _("By domain"),
    "language": _("By target language"),
    "all": _("All as one"),
}
LEFT_OUT: dict[str, Promise] = {
    "learnt": _("A chosen training has learnt from them"),
    "no-source": _("They have no source, which projection needs"),
    "untagged": _("Nobody and no run has labelled their source, which projection needs"),
    "small": _("Their group is not among the twenty largest"),
    "limit": _("Their group has more than were asked for"),
}
