"""What to tell a reviewer about a side that was translated here."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.models import PairResult, SentencePair

# The flags that workers leave at a result.
FLAG_TEXTS = {
    "split": gettext_lazy("The text was long and was translated sentence by sentence."),
    "cut": gettext_lazy("A sentence was too long for the translator and was cut."),
    "length-limit": gettext_lazy("The translator did not come to an end; the translation may be cut off."),
    "no-output": gettext_lazy("The translator gave nothing for a part of the text."),
    "no-back-translation": gettext_lazy("It could not be translated back; word alignment alone decided."),
    "markers-taken": gettext_lazy("The text uses every kind of marker itself; entities went over alignment."),
    "markers-changed": gettext_lazy("The translator wrote the entities' markers in another form."),
    "markers-lost": gettext_lazy("The translator lost the markers of an entity."),
    "markers-added": gettext_lazy("The translator marked more than the entities."),
    "markers-unpaired": gettext_lazy("The translator wrote half a marker."),
}


def translation_notes(pair: SentencePair, run_id: int | None) -> list[str]:
    """Sentences about the translated side of a pair, and what the shown run says of it; [] without one."""
    if not pair.translated_side:
        return []
    side = pair.get_translated_side_display().lower()
    if pair.translation is None:
        notes = [_("The %(side)s was translated here, and edited since.") % {"side": side}]
    else:
        made = {"side": side, "translator": pair.translation.signature}
        notes = [_("The %(side)s was translated here, by %(translator)s.") % made]
    flags = PairResult.objects.filter(pair=pair, run=run_id).values_list("flags", flat=True).first() or []
    return [*notes, *(str(FLAG_TEXTS.get(flag, flag)) for flag in flags)]
