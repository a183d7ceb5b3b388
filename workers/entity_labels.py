"""Conventions of tag sets: their labels as CoNLL's four, and what belongs to the span of a name."""

from collections.abc import Iterable, Mapping, Sequence

from workers.spans import Entity

ONTONOTES_TO_CONLL = {
    "PERSON": "PER",
    "ORG": "ORG",
    "GPE": "LOC",
    "LOC": "LOC",
    "FAC": "LOC",
    "NORP": "MISC",
    "EVENT": "MISC",
    "PRODUCT": "MISC",
    "WORK_OF_ART": "MISC",
    "LAW": "MISC",
    "LANGUAGE": "MISC",
}
CONLL_LABELS = ONTONOTES_TO_CONLL | {"PER": "PER", "ORGANIZATION": "ORG", "LOCATION": "LOC", "MISC": "MISC"}

DROP = "-"  # stands where a label is left out

_ARTICLES = {"the", "a", "an"}
_TITLES = {"mr", "mrs", "ms", "miss", "madam", "dr", "prof"}
_POSSESSIVES = {"'s", "’s", "'", "’"}


def map_labels(
    own: Iterable[str], changes: Mapping[str, str] | None, *, model: str, keep_others: bool = True
) -> dict[str, str]:
    """A model's label -> the label to use; labels that are not in the answer are left out.

    own: the model's labels, prefixes left off. By default OntoNotes' and spaCy's become CoNLL's four, those
    of CoNLL and MasakhaNER are them already, and others (dates, numbers) stay as they are or are left out.
    changes: the model's label -> another, or DROP. Raises ValueError naming one that the model does not have.
    """
    labels = {label: CONLL_LABELS.get(label, label if keep_others else DROP) for label in own}
    changes = changes or {}
    if unknown := sorted(set(changes) - set(labels)):
        has = ", ".join(sorted(labels)) or "none"
        raise ValueError(f"model {model!r} has no label {unknown[0]!r}; it has {has}")
    return {label: new for label, new in (labels | dict(changes)).items() if new not in (DROP, "")}


def trim_entity(tokens: Sequence[str], entity: Entity) -> Entity | None:
    """An English entity by CoNLL's conventions, None when nothing of it is left.

    OntoNotes counts a leading article and a possessive ending to a name ("the United Nations", "Kenya 's"),
    CoNLL, MasakhaNER and Europarl do not, and neither do they count titles of persons ("Mrs Silva").
    """
    start, end = entity.start, entity.end
    while start < end and _is_outside(tokens[start], entity.label):
        start += 1
    while start < end and tokens[end - 1] in _POSSESSIVES:
        end -= 1
    return Entity(start, end, entity.label, entity.score) if start < end else None


def _is_outside(token: str, label: str) -> bool:
    word = token.lower()
    return word in _ARTICLES or word in _POSSESSIVES or (label == "PER" and word.rstrip(".") in _TITLES)


def lower_shouting(tokens: Sequence[str]) -> list[str]:
    """Tokens of a line written in capitals with capitals at their beginnings only; other lines as they are.

    Taggers learn from running text, where case tells a name from a word.
    """
    words = [token for token in tokens if len(token) > 1 and token.isalpha()]
    shouted = sum(token.isupper() for token in words)
    if len(words) < 4 or shouted < 0.8 * len(words):
        return list(tokens)
    return [token.capitalize() if token.isupper() and len(token) > 1 else token for token in tokens]
