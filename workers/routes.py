"""The routes through the pipeline: what each is given, what it makes, and which choices of a run it reads."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Route:
    """One way from sentences to suggestions.

    summary: a line for forms. given: the sides that every pair must have, "source" or "target".
    translates: the side that is made where it is missing, or "".
    fields: the choices of a run that the route reads, by their names in RunConfig, options left out.
    """

    summary: str
    given: tuple[str, ...]
    fields: tuple[str, ...]
    translates: str = ""


PROJECTING = ("tagger", "aligner", "method", "target_tagger")

ROUTES = {
    "bitext": Route(
        "source and target sentences are both there; entities go from source to target",
        given=("source", "target"),
        fields=PROJECTING,
    ),
    "translate-train": Route(
        "source sentences only; they are translated, and their entities go into the translation",
        given=("source",),
        fields=("translator", "markers", *PROJECTING),
        translates="target",
    ),
    "translate-test": Route(
        "target sentences only; they are translated into the source language, tagged there, and the entities "
        "go back",
        given=("target",),
        fields=("translator", "back_translation", *PROJECTING),
        translates="source",
    ),
    "model-transfer": Route(
        "target sentences only; a multilingual tagger labels them directly (the baseline)",
        given=("target",),
        fields=("target_tagger",),
    ),
}
DEFAULT_ROUTE = "bitext"

OFF = "off"
MARKERS = {
    OFF: "plain translation; entities go over word alignment",
    "easyproject": "entities are marked by brackets through the translation; what the markers lose goes over "
    "word alignment",
}
BACK_TRANSLATIONS = {
    OFF: "entities go over word alignment with the translation",
    "evidence": "entities go over word alignment; a labelled translation back confirms them, and finds some "
    "that alignment lost",
    "project": "entities go over word alignment with a labelled translation back into the target language; "
    "what its markers lose goes over the translation",
}
