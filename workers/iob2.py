"""Tagging schemes: one tag per token <-> labelled entities. IOB2 is the one the product speaks inside."""

from collections.abc import Iterable, Sequence

from workers.spans import Entity

OUTSIDE = "O"

# What each prefix does to an entity; "single" opens and closes it.
SCHEMES: dict[str, dict[str, str]] = {
    "IOB1": {"B": "start", "I": "inside"},
    "IOB2": {"B": "start", "I": "inside"},
    "IOBES": {"B": "start", "I": "inside", "E": "end", "S": "single"},
    "BILOU": {"B": "start", "I": "inside", "L": "end", "U": "single"},
}
_CLOSED_SCHEMES = ("IOBES", "BILOU")
_ROLES = {prefix: role for roles in SCHEMES.values() for prefix, role in roles.items()}


class TagError(ValueError):
    """A tag that its scheme does not allow; `position` is the 0-based token, -1 for the whole sequence."""

    def __init__(self, message: str, position: int = -1) -> None:
        super().__init__(message)
        self.position = position


def tags_to_entities(tags: Sequence[str], scheme: str = "IOB2", *, lenient: bool = False) -> list[Entity]:
    """The entities that `tags` spell, sorted, not overlapping.

    lenient: read as conlleval (Tjong Kim Sang & Buchholz, 2000) does: an inside tag that continues nothing
        opens an entity, prefixes of every scheme are understood, and nothing is an error but a tag
        that is not PREFIX-LABEL.
    Raises TagError with the position of the first tag that the scheme does not allow.
    """
    if lenient:
        return _read_lenient(tags)
    roles = _roles_of(scheme)
    closed = scheme in _CLOSED_SCHEMES
    entities: list[Entity] = []
    start, label = -1, ""  # the open entity; start is -1 when there is none

    def close(end: int) -> None:
        nonlocal start
        if start >= 0:
            entities.append(Entity(start, end, label))
            start = -1

    for position, tag in enumerate(tags):
        if start < 0 and tag == OUTSIDE:  # most tags
            continue
        prefix, tag_label = _split_tag(tag, position)
        role = roles.get(prefix, "") if prefix != OUTSIDE else "outside"
        if not role:
            allowed = ", ".join([*(f"{known}-LABEL" for known in roles), OUTSIDE])
            raise TagError(f"tag {tag!r} at token {position}: {scheme} allows {allowed}", position)
        continues = start >= 0 and tag_label == label
        if closed and start >= 0 and role not in ("inside", "end"):
            raise TagError(f"tag {tag!r} at token {position}: the {label} entity before has no end", position)
        if role in ("inside", "end") and not continues:
            if scheme != "IOB1":
                raise TagError(f"tag {tag!r} at token {position}: nothing to continue", position)
            role = "start"
        elif scheme == "IOB1" and role == "start" and not continues:
            raise TagError(
                f"tag {tag!r} at token {position}: IOB1 uses B- only after the same label",
                position,
            )
        if role in ("start", "single", "outside"):
            close(position)
        if role in ("start", "single"):
            start, label = position, tag_label
        if role in ("end", "single"):
            close(position + 1)
    if closed and start >= 0:
        raise TagError(f"the {label} entity that starts at token {start} has no end", len(tags) - 1)
    close(len(tags))
    return entities


def entities_to_tags(entities: Iterable[Entity], n_tokens: int, scheme: str = "IOB2") -> list[str]:
    """One tag per token. Raises ValueError when entities overlap or pass the end of the sentence."""
    _roles_of(scheme)
    tags = [OUTSIDE] * n_tokens
    previous = Entity(0, 1, "none")
    previous_end = 0
    for entity in sorted(entities):
        if entity.end > n_tokens:
            raise ValueError(f"entity [{entity.start}, {entity.end}) passes the end of {n_tokens} tokens")
        if entity.start < previous_end:
            raise ValueError(
                f"entities [{previous.start}, {previous.end}) and [{entity.start}, {entity.end}) overlap"
            )
        touches = entity.start == previous_end and previous_end > 0 and entity.label == previous.label
        for position, prefix in zip(
            range(entity.start, entity.end), _prefixes(len(entity.span), scheme, touches), strict=True
        ):
            tags[position] = f"{prefix}-{entity.label}"
        previous, previous_end = entity, entity.end
    return tags


def convert_tags(tags: Sequence[str], source_scheme: str, target_scheme: str) -> list[str]:
    """The same entities in another scheme. Raises TagError as `tags_to_entities` does."""
    return entities_to_tags(tags_to_entities(tags, source_scheme), len(tags), target_scheme)


def guess_scheme(sentences: Iterable[Sequence[str]]) -> str:
    """The first of IOB2, IOB1, IOBES, BILOU that allows every sentence.

    Raises TagError when none does, with IOB2's complaint about the first sentence that it refuses.
    """
    candidates = dict.fromkeys(("IOB2", "IOB1", "IOBES", "BILOU"), "")
    first_error: TagError | None = None
    for tags in sentences:
        for scheme in list(candidates):
            try:
                tags_to_entities(tags, scheme)
            except TagError as error:
                first_error = first_error or error
                del candidates[scheme]
        if not candidates and first_error is not None:
            raise first_error
    return next(iter(candidates))


def _read_lenient(tags: Sequence[str]) -> list[Entity]:
    entities: list[Entity] = []
    start, label = -1, ""
    for position, tag in enumerate([*tags, OUTSIDE]):
        prefix, tag_label = _split_tag(tag, position)
        role = _ROLES.get(prefix, "outside")
        continues = start >= 0 and role in ("inside", "end") and tag_label == label
        if start >= 0 and not continues:
            entities.append(Entity(start, position, label))
            start = -1
        if role != "outside" and not continues:
            start, label = position, tag_label
        if role in ("end", "single"):
            entities.append(Entity(start, position + 1, label))
            start = -1
    return entities


def _split_tag(tag: str, position: int) -> tuple[str, str]:
    if tag == OUTSIDE:
        return OUTSIDE, ""
    prefix, dash, label = tag.partition("-")
    if not dash or not label or prefix not in _ROLES:
        raise TagError(f"tag {tag!r} at token {position} is neither {OUTSIDE} nor PREFIX-LABEL", position)
    return prefix, label


def _roles_of(scheme: str) -> dict[str, str]:
    if scheme not in SCHEMES:
        raise ValueError(f"unknown tagging scheme {scheme!r}; known: {', '.join(SCHEMES)}")
    return SCHEMES[scheme]


def _prefixes(length: int, scheme: str, touches_previous: bool) -> list[str]:
    if scheme == "IOB1":
        return ["B" if touches_previous else "I"] + ["I"] * (length - 1)
    if scheme not in _CLOSED_SCHEMES:
        return ["B"] + ["I"] * (length - 1)
    by_role = {role: prefix for prefix, role in SCHEMES[scheme].items()}
    if length == 1:
        return [by_role["single"]]
    return [by_role["start"], *[by_role["inside"]] * (length - 2), by_role["end"]]
