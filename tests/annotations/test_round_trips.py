"""Import, export, import: what comes back is what went in, in every format and scheme, to the code point."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotations.actions.imports import import_records
from annotations.export.build import build_export
from annotations.export.losses import UNSAFE
from annotations.export.options import ExportOptions
from annotations.imports.detect import open_records, settle
from annotations.imports.records import ImportFiles, ImportOptions, InputFile
from annotations.models import Project, ReferenceSpan, Review, ReviewItem, SentencePair, SourceEntity
from factories import make_project

pytestmark = pytest.mark.django_db
numbers = count(1)

# Emoji with joiners and skin tones, NFD beside NFC, both joiners within words, Plane 2, marks of direction,
# variation selectors, and whitespace of many kinds inside a token.
TOKENS = [
    *(
        "Ana",
        "São",
        "Sa\u0303o",
        "👩\u200d👩\u200d👧",
        "👍🏽",
        "🇪🇸",
        "نمی\u200cخواهم",
        "क्\u200dष",
        "𠀀𪚥",
        "\U0002f800",
    ),
    *(
        "\u200fعربي\u200e",
        "\u2067x\u2069",
        "a\u00a0b",
        "a\u3000b",
        "a\u2009b",
        "a\u202fb",
        "a\u200bb",
        "c\u2028d",
    ),
    *(
        "e\ufe0f",
        "\ufeffx",
        "x\u00ad",
        "=1+1",
        "#",
        "O",
        "B-PER",
        "-X-",
        '"',
        "'",
        "\\",
        "<b>",
        "&amp;",
        "1,5",
        "…",
    ),
]
SPACED = ["two words", "tab\there", "three  spaces"]
LABELS = ["PER", "LOC", "ORG"]
GAPS = [" ", "  ", "\u3000", "\u00a0", ""]


@st.composite
def sides(draw: st.DrawFn, tokens: Sequence[str]) -> dict[str, Any]:
    """Tokens in a text of any spacing, and entities that do not overlap."""
    words = draw(st.lists(st.sampled_from(tokens), min_size=1, max_size=7))
    text = words[0]
    for word in words[1:]:
        text += draw(st.sampled_from(GAPS)) + word
    edges = sorted(draw(st.sets(st.integers(0, len(words)), max_size=6)))
    spans = [span for span in zip(edges, edges[1:], strict=False) if draw(st.booleans())]
    entities = [[start, end, draw(st.sampled_from(LABELS))] for start, end in spans]
    return {"tokens": words, "text": text, "entities": entities}


@st.composite
def corpora(draw: st.DrawFn, tokens: Sequence[str]) -> list[dict[str, Any]]:
    rows = []
    for number in range(draw(st.integers(1, 4))):
        source, target = draw(sides(tokens)), draw(sides(tokens))
        rows.append(
            {
                "id": f"{number} {draw(st.sampled_from(TOKENS))}",
                "document": draw(st.sampled_from(["", "d 1", "文書", "a/../b", "=x"])),
                "domain": draw(st.sampled_from(["", "news", "الأخبار"])),
                "source": source["tokens"],
                "source_text": source["text"],
                "source_entities": source["entities"],
                "target": target["tokens"],
                "target_text": target["text"],
                "target_entities": target["entities"],
                "meta": {"key": draw(st.sampled_from(TOKENS))},
            }
        )
    return rows


def bring_in(files: ImportFiles, **chosen: Any) -> Project:
    project = make_project(f"Round {next(numbers)}")
    options = settle(files, ImportOptions("en", "es", **chosen))
    import_records(
        project,
        open_records(files, options),
        user=project.created_by,
        file_names=files.names,
        format=options.format,
        options=options,
    )
    return project


def make_gold(project: Project) -> None:
    """Every pair reviewed: the entities of its target are those that came with it."""
    for pair in project.pairs.all():
        review = Review.objects.create(
            pair=pair, reviewer=project.created_by, status=Review.Status.DONE, is_gold=True
        )
        ReviewItem.objects.bulk_create(
            ReviewItem(review=review, position=k, state="accepted", start=s.start, end=s.end, label=s.label)
            for k, s in enumerate(ReferenceSpan.objects.filter(pair=pair).order_by("start"))
        )
    project.pairs.update(status=SentencePair.Status.REVIEWED)


def take_out(project: Project, folder: Path, **chosen: Any) -> dict[str, Path]:
    folder.mkdir()
    build_export(project, ExportOptions(**chosen), folder, made_by="test")
    return {
        path.suffixes[-1] + ("-source" if "source" in path.name else ""): path for path in folder.iterdir()
    }


def content(project: Project) -> list[dict[str, Any]]:
    """All that a project holds of its pairs, but for what an export adds about where it came from."""

    def spans(model: Any, pair: SentencePair) -> list[tuple[int, int, str]]:
        return sorted(model.objects.filter(pair=pair).values_list("start", "end", "label"))

    fields = ("external_id", "document", "domain", "source_text", "target_text")
    fields += ("source_offsets", "target_offsets", "source_language", "target_language")
    return [
        {field: getattr(pair, field) for field in fields}
        | {"source": spans(SourceEntity, pair), "target": spans(ReferenceSpan, pair)}
        | {"meta": pair.meta.get("key")}
        for pair in project.pairs.order_by("pk")
    ]


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(rows=corpora([*TOKENS, *SPACED]))
def test_jsonl_comes_back_as_it_went(tmp_path_factory: pytest.TempPathFactory, rows: list[dict]) -> None:
    folder = tmp_path_factory.mktemp("jsonl")
    path = folder / "in.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    first = bring_in(ImportFiles(pairs=InputFile(path, "in.jsonl")))
    for row, stored in zip(rows, content(first), strict=False):
        assert (stored["target_text"], stored["external_id"]) == (row["target_text"], row["id"])
    make_gold(first)
    written = take_out(first, folder / "first", format="jsonl")[".jsonl"]
    second = bring_in(ImportFiles(pairs=InputFile(written, "out.jsonl")))
    assert content(second) == content(first)
    make_gold(second)
    again = take_out(second, folder / "second", format="jsonl")[".jsonl"]
    told = ("source", "source_text", "target", "target_text", "id", "document", "domain")
    lines = zip(
        written.read_text(encoding="utf-8").split("\n"),
        again.read_text(encoding="utf-8").split("\n"),
        strict=True,
    )
    for one, other in lines:
        assert [json.loads(one or "{}").get(key) for key in told] == [
            json.loads(other or "{}").get(key) for key in told
        ]


@pytest.mark.parametrize("format", ["conll2003", "conll2002"])
@pytest.mark.parametrize("scheme", ["IOB2", "IOB1", "IOBES", "BILOU"])
def test_conll_comes_back_as_it_went(
    tmp_path_factory: pytest.TempPathFactory, format: str, scheme: str
) -> None:
    """Tokens and entities of both sides; a token with a space is the one thing that CoNLL cannot hold."""

    @settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(rows=corpora([token for token in TOKENS if not UNSAFE.search(token)]))
    def check(rows: list[dict]) -> None:
        folder = tmp_path_factory.mktemp("conll")
        path = folder / "in.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        first = bring_in(ImportFiles(pairs=InputFile(path, "in.jsonl")))
        make_gold(first)
        out = take_out(first, folder / "out", format=format, scheme=scheme, source=True)
        files = ImportFiles(
            source=InputFile(out[".conll-source"], "source"), target=InputFile(out[".conll"], "target")
        )
        kinds = {
            f"{side}_{what}": value
            for side in ("source", "target")
            for what, value in (("kind", "conll"), ("scheme", scheme))
        }
        second = bring_in(files, **kinds)
        assert tokens_and_entities(second) == tokens_and_entities(first)

    check()


def tokens_and_entities(project: Project) -> list[Any]:
    def tokens(text: str, offsets: list[int]) -> list[str]:
        return [text[a:b] for a, b in zip(offsets[::2], offsets[1::2], strict=True)]

    return [
        [
            tokens(row["source_text"], row["source_offsets"]),
            tokens(row["target_text"], row["target_offsets"]),
            row["source"],
            row["target"],
        ]
        for row in content(project)
    ]
