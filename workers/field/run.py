"""Run every pipeline of the founding paper, and ours, over the languages of a field folder."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from statistics import mean
from typing import Any

from workers.align import Alignment
from workers.evaluate import score_tags
from workers.field.pipelines import DIRECT, PIPELINES, TRAINED, TRANSFER, Pipeline
from workers.field.published import published_f1, setup_note
from workers.field.readers import FieldCorpus
from workers.field.tools import FieldTools
from workers.field.translated import project_back, tag_by_markers, translated_sources
from workers.iob2 import entities_to_tags, tags_to_entities
from workers.pairs import tokenized_side
from workers.project.files import SentencePair, align_all, project_sentences
from workers.spans import Entity


def run_language(
    corpus: FieldCorpus, layout: str, tools: FieldTools, names: Sequence[str], *, n_bootstrap: int = 2_000
) -> Iterator[dict[str, Any]]:
    """One row per pipeline: scores with what the paper has, or what it needs to run."""
    target = tools.target_tagger.tag(corpus.tokens) if tools.target_tagger else None
    pairs = make_pairs(corpus, tools, target)
    alignments = align_all(pairs, tools.aligner) if pairs else []
    for name in names:
        pipeline = PIPELINES[name]
        row: dict[str, Any] = {"language": corpus.language, "method": name}
        reason = tools.why_not(pipeline, corpus)
        if not reason:
            try:
                found = run_pipeline(pipeline, corpus, tools, pairs, alignments, target)
            except ValueError as error:  # too little came back through a translation to learn from
                reason = str(error)
        if reason:
            yield row | {"not_run": reason}
            continue
        kept = [_kept(entities, corpus.ignored) for entities in found]
        scores = score_tags(_tags(corpus.gold, corpus), _tags(kept, corpus), n_bootstrap=n_bootstrap)
        paper = published_f1(layout, corpus.language, name)
        row |= {
            "scores": {key: value for key, value in asdict(scores).items() if key != "ceilings"},
            "f1": 100 * scores.strict.f1,
            "f1_default": 100 * scores.default.f1,
            "low": 100 * scores.strict_f1_interval.low,
            "high": 100 * scores.strict_f1_interval.high,
            "paper": paper,
            "delta": None if paper is None else 100 * scores.default.f1 - paper,
        }
        yield row | {"note": _note(layout, name, corpus, tools) if paper is not None else ""}


def run_pipeline(
    pipeline: Pipeline,
    corpus: FieldCorpus,
    tools: FieldTools,
    pairs: Sequence[SentencePair],
    alignments: Sequence[Alignment],
    target: Sequence[Sequence[Entity]] | None,
) -> Sequence[Sequence[Entity]]:
    """The entities that a pipeline finds in each sentence of the corpus."""
    if pipeline.way == TRANSFER:
        return target or []
    if pipeline.way == TRAINED:
        return tag_by_markers(corpus, pipeline, tools)
    if pipeline.way != DIRECT:
        return project_back(pairs, corpus.language, pipeline, tools)
    done = project_sentences(pairs, alignments, pipeline.method, **pipeline.options)
    return [
        [Entity(p.span.start, p.span.end, p.entity.label) for p in one.projections if p.span] for one in done
    ]


def make_pairs(
    corpus: FieldCorpus, tools: FieldTools, target: Sequence[Sequence[Entity]] | None
) -> list[SentencePair]:
    """The corpus with its source: that of the folder, or else translated; [] where there is neither."""
    if corpus.source is not None:
        tokens = [sentence.tokens for sentence in corpus.source]
    elif corpus.source_lines is not None:
        tokens = [list(tokenized_side(line, tools.source_language).tokens) for line in corpus.source_lines]
    elif tools.translator is not None and _is_served(corpus, tools):
        tokens = translated_sources(corpus, tools)
    else:
        return []
    if corpus.source is not None and all(sentence.tags is not None for sentence in corpus.source):
        entities = [tags_to_entities(sentence.tags or [], lenient=True) for sentence in corpus.source]
    else:
        entities = tools.source_tagger.tag(tokens)
    return [
        SentencePair(
            words, corpus.tokens[k], _kept(entities[k], corpus.ignored), None if target is None else target[k]
        )
        for k, words in enumerate(tokens)
    ]


def _is_served(corpus: FieldCorpus, tools: FieldTools) -> bool:
    return not tools.why_not(PIPELINES["soft"], corpus)


def _note(layout: str, name: str, corpus: FieldCorpus, tools: FieldTools) -> str:
    gold_source = corpus.source is not None and all(s.tags is not None for s in corpus.source)
    translated = corpus.source is None and corpus.source_lines is None
    translator = tools.translator.signature if translated and tools.translator else ""
    return setup_note(layout, gold_source=gold_source, method=name, translator=translator)


def field_table(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Markdown: a line per language and pipeline, means where there are several languages.

    Deltas are of the paper's own measure, conlleval's F1.
    """
    lines = [
        "| language | method | strict F1 | conlleval F1 | paper | delta | set-up |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        if "not_run" in row:
            lines.append(f"| {row['language']} | {row['method']} | not run | | | | {row['not_run']} |")
            continue
        paper, delta = row["paper"], row["delta"]
        lines.append(
            f"| {row['language']} | {row['method']} | {row['f1']:.1f} [{row['low']:.1f}, {row['high']:.1f}] "
            f"| {row['f1_default']:.1f} | {'' if paper is None else f'{paper:.1f}'} "
            f"| {'' if delta is None else f'{delta:+.1f}'} "
            f"| {row['note'] or ('same data, labels and source, our aligner' if paper is not None else '')} |"
        )
    return [*lines, *_mean_lines(rows)]


def _mean_lines(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Means over the languages that a pipeline was run on; the paper's over the same ones, if it has all."""
    lines = []
    for name in dict.fromkeys(row["method"] for row in rows):
        run = [row for row in rows if row["method"] == name and "not_run" not in row]
        if len(run) < 2:
            continue
        papers = [row["paper"] for row in run]
        paper = None if None in papers else mean(papers)
        found = mean(row["f1_default"] for row in run)
        has_deltas = paper is not None and all(row["delta"] is not None for row in run)
        lines.append(
            f"| mean of {len(run)} | {name} | {mean(row['f1'] for row in run):.1f} | {found:.1f} "
            f"| {'' if paper is None else f'{paper:.1f}'} "
            f"| {f'{found - paper:+.1f}' if has_deltas and paper is not None else ''} | |"
        )
    return lines


def _kept(entities: Sequence[Entity], ignored: Sequence[str]) -> list[Entity]:
    return [entity for entity in entities if entity.label not in ignored]


def _tags(entities: Sequence[Sequence[Entity]], corpus: FieldCorpus) -> list[list[str]]:
    return [entities_to_tags(one, len(words)) for one, words in zip(entities, corpus.tokens, strict=True)]
