"""A gap report as a folder: JSON, Markdown, pictures, and the sentences behind the numbers."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from workers.conll import read_conll, replace_file
from workers.gap.matrix import GapMatrix
from workers.gap.plots import plot_curves, plot_gaps
from workers.gap.report import report_markdown
from workers.gap.systems import Domain
from workers.spans import Entity

REPORT, TABLES, SENTENCES = "report.json", "report.md", "sentences.jsonl"
PICTURES = (".svg", ".png")  # for papers, and for the page


def write_report(folder: Path, report: dict[str, Any], matrix: GapMatrix) -> list[Path]:
    """Write every file of the report; returns their paths, the JSON last, so that it says all is there."""
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / SENTENCES, folder / TABLES]
    with replace_file(written[0]) as output:
        output.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in matrix.sentences)
    with replace_file(written[1]) as output:
        output.write(report_markdown(report))
    for number, (specific, general) in enumerate(report["pairs"], 1):
        for suffix in PICTURES:
            written.append(folder / f"gaps-{number}{suffix}")
            plot_gaps(report, written[-1], (specific, general))
    for suffix in PICTURES:
        written.append(folder / f"curves{suffix}")
        plot_curves(report, written[-1])
    written.append(folder / REPORT)
    with replace_file(written[-1]) as output:
        output.write(json.dumps(report, ensure_ascii=False, indent=1) + "\n")
    return written


def read_domain(
    name: str,
    gold: Path,
    source: Path | None,
    *,
    language: str = "und",
    ignore: Sequence[str] = (),
    limit: int | None = None,
    tag_source: Callable[[list[list[str]]], list[list[Entity]]] | None = None,
    is_tagged: bool = False,
) -> Domain:
    """A test domain from CoNLL files. limit: at most so many sentences, evenly spread over the file.

    source: the source sentences; where they have no tags, tag_source finds their entities. is_tagged: the
    tags of the source are a tagger's, and no gold to judge one by.
    Raises ValueError naming file and line.
    """
    sentences = read_conll(gold)
    for sentence in sentences:
        if sentence.tags is None:
            raise ValueError(f"{gold}:{sentence.line}: the sentence has no gold tags")
    picked = spread(len(sentences), limit)
    kept = [[e for e in sentences[k].entities if e.label not in ignore] for k in picked]
    tokens = [sentences[k].tokens for k in picked]
    if source is None:
        return Domain(name, tokens, kept, language)
    others = read_conll(source)
    if len(others) != len(sentences):
        raise ValueError(f"{source} has {len(others)} sentences, {gold} has {len(sentences)}")
    source_tokens = [others[k].tokens for k in picked]
    labelled = bool(others) and others[0].tags is not None
    if labelled:
        found = [others[k].entities for k in picked]
    elif tag_source is not None:
        found = tag_source(source_tokens)
    else:
        raise ValueError(f"{source} has no tags, and no tagger was given for it")
    entities = [[e for e in one if e.label not in ignore] for one in found]
    is_gold = labelled and not is_tagged
    return Domain(name, tokens, kept, language, source_tokens, entities, source_gold=is_gold)


def spread(n: int, limit: int | None) -> list[int]:
    """At most `limit` of n places, evenly spread, in order."""
    if limit is None or limit >= n:
        return list(range(n))
    return [k * n // limit for k in range(limit)]
