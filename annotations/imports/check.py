"""What every record must satisfy before it may enter a project, whatever file it came from."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from annotations.imports.records import (
    SOURCE,
    TARGET,
    BadLine,
    BadText,
    ImportOptions,
    PairRecord,
    Records,
    Side,
)
from annotations.languages import canonical_tag, same_language
from workers.spans import Entity, check_entities

_MAX_LENGTHS = {"external_id": 300, "document": 300, "domain": 100}
_MAX_LABEL = 50


@dataclass(slots=True)
class Rules:
    """The project's side of an import: its languages, its labels, the limits; and the labels it met."""

    source_language: str
    labels: list[str]
    label_map: dict[str, str] = field(default_factory=dict)
    add_labels: bool = False
    max_tokens: int = 1000
    seen_labels: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, source_language: str, labels: list[str], options: ImportOptions) -> "Rules":
        return cls(source_language, labels, options.label_map, options.add_labels, options.max_tokens)


def checked(records: Iterable[PairRecord | BadLine], rules: Rules) -> Records:
    """The same records with labels mapped and languages in canonical spelling; bad ones become BadLine."""
    languages: dict[tuple[str, str], tuple[str, str]] = {}
    for record in records:
        if isinstance(record, BadLine):
            yield record
            continue
        try:
            given = (record.source_language, record.target_language)
            if given not in languages:
                languages[given] = _languages(*given, rules.source_language)
            record.source_language, record.target_language = languages[given]
            _check_pair(record, rules)
        except BadText as error:
            yield BadLine(record.file, record.line, str(error), record.raw)
            continue
        yield record


def _languages(source: str, target: str, project_source: str) -> tuple[str, str]:
    try:
        source, target = canonical_tag(source), canonical_tag(target)
    except ValueError as error:
        raise BadText(str(error)) from error
    if not same_language(source, project_source):
        raise BadText(f"the source language is {source!r}, but the project's is {project_source!r}")
    if source == target:
        raise BadText(f"source and target are both {source!r}")
    return source, target


def _check_pair(record: PairRecord, rules: Rules) -> None:
    for name, limit in _MAX_LENGTHS.items():
        if len(getattr(record, name)) > limit:
            raise BadText(f"{name.removeprefix('external_')} has more than {limit} characters")
    if not record.source.text and not record.target.text:
        raise BadText("there is neither a source nor a target")
    for name, side in ((SOURCE, record.source), (TARGET, record.target)):
        if side.text and not side.offsets:
            raise BadText(f"the {name} has no word in it")
        if side.n_tokens > rules.max_tokens:
            raise BadText(
                f"the {name} has {side.n_tokens:,} tokens; at most {rules.max_tokens:,} are allowed"
            )
        if side.entities:
            _check_entities(name, side, rules)


def _check_entities(name: str, side: Side, rules: Rules) -> None:
    entities = []
    for entity in side.entities or []:
        label = rules.label_map.get(entity.label, entity.label)
        if not label:
            continue
        if label not in rules.labels:
            _check_new_label(label, rules)
        entities.append(entity if label == entity.label else Entity(entity.start, entity.end, label))
    try:
        check_entities(entities, side.n_tokens)
    except ValueError as error:
        raise BadText(f"{name} {error}") from error
    rules.seen_labels.update(entity.label for entity in entities)
    side.entities = sorted(entities)


def _check_new_label(label: str, rules: Rules) -> None:
    if not rules.add_labels:
        known = ", ".join(rules.labels)
        raise BadText(
            f"the label {label!r} is not one of the project's ({known}); map it, leave it out or add it"
        )
    if len(label) > _MAX_LABEL or not label.isprintable() or re.search(r"[\s-]", label):
        raise BadText(f"the label {label!r} must be one word of at most {_MAX_LABEL} signs without hyphens")
