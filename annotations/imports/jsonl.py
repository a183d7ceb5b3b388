"""JSONL: one object a line with source and target as text or tokens, entities, id, document, domain, meta.

A side is `source` (text, or a list of tokens, then perhaps `source_text`); its entities are
`source_entities`, each [start, end, label] in tokens, or an object with start and end (tokens) or
start_char and end_char (code points), and label. Target likewise. `entities` is short for
`source_entities`. Keys that are not known here are kept in meta.
"""

import json
import math
from collections.abc import Iterable
from typing import Any

from annotations.imports.lines import open_bytes, read_lines
from annotations.imports.records import (
    SOURCE,
    TARGET,
    BadLine,
    BadText,
    ImportOptions,
    InputFile,
    PairRecord,
    Raw,
    Records,
    Side,
    side_of_text,
    side_of_tokens,
)
from annotations.tokens import span_of_characters
from workers.spans import Entity

_OWN_KEYS = {
    *("id", "document", "domain", "meta", "entities"),
    *("source", "source_text", "source_entities", "source_language"),
    *("target", "target_text", "target_entities", "target_language"),
}
SILVER = "silver"


def read_jsonl(file: InputFile, options: ImportOptions) -> Records:
    """One record for every line, in order."""
    with open_bytes(file) as content:
        for line in read_lines(content, max_bytes=options.max_line_bytes):
            raw: Raw = ((file.name, line.raw),)
            try:
                if line.problem or line.is_blank:
                    raise BadText(line.problem or "the line is empty")
                yield _record(parse_object(line.text), file.name, line.number, raw, options)
            except BadText as error:
                yield BadLine(file.name, line.number, str(error), raw)


def parse_object(line: str) -> dict[str, Any]:
    """A JSON object, strictly: no repeated keys, no NaN or infinity, no broken characters.

    Raises BadText with the reason.
    """
    try:
        value = json.loads(
            line, object_pairs_hook=_unique_keys, parse_constant=_no_constant, parse_float=_finite
        )
    except json.JSONDecodeError as error:
        raise BadText(f"not JSON: {error.msg} at character {error.pos + 1}") from error
    except RecursionError as error:
        raise BadText("not usable JSON: nested too deeply") from error
    except ValueError as error:
        raise BadText(f"not usable JSON: {error}") from error
    if not isinstance(value, dict):
        raise BadText(f"a JSON object is expected, not {_kind(value)}")
    if "\\u" in line:
        _check_characters(value)
    return value


def _record(row: dict[str, Any], file: str, line: int, raw: Raw, options: ImportOptions) -> PairRecord:
    if "entities" in row and "source_entities" in row:
        raise BadText('"entities" and "source_entities" are the same thing; give one of them')
    if "entities" in row:
        row["source_entities"] = row.pop("entities")
    meta = row.get("meta") if row.get("meta") is not None else {}
    if not isinstance(meta, dict):
        raise BadText(f'"meta" must be an object, not {_kind(meta)}')
    unknown = {key: row[key] for key in row if key not in _OWN_KEYS}
    clash = meta.keys() & unknown.keys()
    if clash:
        raise BadText(f"{sorted(clash)[0]!r} is both a key of the line and of its meta")
    if row.get("kind") == SILVER:
        row["target_entities"] = None  # a machine's labels never become the reference
    source_language = _string(row, "source_language") or options.source_language
    target_language = _string(row, "target_language") or options.target_language
    document = _string(row, "document")
    return PairRecord(
        file=file,
        line=line,
        raw=raw,
        source=_side(row, SOURCE, source_language, options),
        target=_side(row, TARGET, target_language, options),
        source_language=source_language,
        target_language=target_language,
        external_id=_string(row, "id"),
        document=document,
        document_key=document,
        domain=_string(row, "domain") or options.domain,
        meta=meta | unknown,
    )


def _side(row: dict[str, Any], name: str, language: str, options: ImportOptions) -> Side:
    content, text, entities = row.get(name), row.get(f"{name}_text"), row.get(f"{name}_entities")
    if content is None and text is None:
        if entities:
            raise BadText(f"{name}_entities without a {name}")
        return Side()
    if text is not None and not isinstance(text, str):
        raise BadText(f'"{name}_text" must be a string, not {_kind(text)}')
    if content is None:
        content, text = text, None
    if not content or (isinstance(content, str) and not content.strip()):
        raise BadText(f'"{name}" is empty; leave the key out where there is no {name}')
    if isinstance(content, str):
        if text is not None:
            raise BadText(f'"{name}" is text already; "{name}_text" goes with a list of tokens')
        side = side_of_text(content, language, tokenized=options.tokenized)
    elif isinstance(content, list) and all(isinstance(token, str) for token in content):
        side = side_of_tokens(content, text)
    else:
        raise BadText(f'"{name}" must be a string or a list of strings, not {_kind(content)}')
    if entities is not None:
        if not isinstance(entities, list):
            raise BadText(f'"{name}_entities" must be a list, not {_kind(entities)}')
        try:
            side.entities = [_entity(entity, side) for entity in entities]
        except BadText as error:
            raise BadText(f"{name} entity: {error}") from error
    return side


def _entity(value: Any, side: Side) -> Entity:
    if isinstance(value, list) and len(value) == 3:
        start, end, label = value
    elif isinstance(value, dict) and "label" in value and {"start", "end"} <= value.keys():
        start, end, label = value["start"], value["end"], value["label"]
    elif isinstance(value, dict) and "label" in value and {"start_char", "end_char"} <= value.keys():
        start, end, label = value["start_char"], value["end_char"], value["label"]
        if _whole(start) and _whole(end):
            try:
                start, end = span_of_characters(side.offsets, start, end)
            except ValueError as error:
                raise BadText(f"{error}: {side.text[max(start, 0) : max(end, 0)]!r}") from error
    else:
        raise BadText(
            f"{json.dumps(value, ensure_ascii=False)[:100]} is none of [start, end, label], "
            '{"start", "end", "label"}, {"start_char", "end_char", "label"}'
        )
    if not (_whole(start) and _whole(end) and isinstance(label, str)):
        raise BadText(f"[{start!r}, {end!r}, {label!r}] must be two whole numbers and a string")
    try:
        return Entity(start, end, label)
    except ValueError as error:
        raise BadText(str(error)) from error


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _string(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    if value is None:
        return ""
    if key == "id" and _whole(value):
        return str(value)
    if not isinstance(value, str):
        raise BadText(f'"{key}" must be a string, not {_kind(value)}')
    return value


def _unique_keys(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    pairs = list(pairs)
    values = dict(pairs)
    if len(values) != len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {repeated!r} is there twice")
    return values


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits[:40]} is too large a number")
    return number


def _check_characters(value: Any) -> None:
    """Refuse what a JSON escape can write but no text can hold: NUL, and half of a surrogate pair."""
    if isinstance(value, str):
        if "\0" in value:
            raise BadText("a NUL character (\\u0000)")
        for character in value:
            if "\ud800" <= character <= "\udfff":
                raise BadText(f"half a character (the lone surrogate \\u{ord(character):04x})")
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_characters(key)
            _check_characters(item)
    elif isinstance(value, list):
        for item in value:
            _check_characters(item)


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
