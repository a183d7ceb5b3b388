"""Run every method that is available over the languages of a field folder."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from workers.align import Aligner
from workers.evaluate import score_tags
from workers.field.published import published_f1, setup_note
from workers.field.readers import FieldCorpus
from workers.iob2 import entities_to_tags, tags_to_entities
from workers.project.files import SentencePair, align_all, project_sentences
from workers.spans import Entity
from workers.tag import Tagger

# name of a row -> projection method and options
METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "soft": ("soft", {}),
    "ensemble": ("ensemble", {}),
    "word-to-word": ("word-to-word", {}),
    "word-to-word original": ("word-to-word", {"preset": "original"}),
    "ngram-candidates": ("ngram-candidates", {"solver": "greedy"}),
    "ner-candidates": ("ner-candidates", {}),
}
TRANSFER = "model-transfer"


@dataclass(frozen=True, slots=True)
class FieldTools:
    """What the machine has. target_tagger: of the target languages, for ner-candidates and model transfer."""

    aligner: Aligner
    source_tagger: Tagger
    tokenize: Callable[[str], list[str]]
    target_tagger: Tagger | None = None


def run_language(
    corpus: FieldCorpus, layout: str, tools: FieldTools, names: Sequence[str], *, n_bootstrap: int = 2_000
) -> Iterator[dict[str, Any]]:
    """One row per method: scores with what the paper has, or why it was not run."""
    target = tools.target_tagger.tag(corpus.tokens) if tools.target_tagger else None
    pairs = _pairs(corpus, tools, target)
    alignments = align_all(pairs, tools.aligner) if pairs else []
    for name in names:
        row: dict[str, Any] = {"language": corpus.language, "method": name}
        if name == TRANSFER:
            found = [_kept(entities, corpus.ignored) for entities in target] if target is not None else None
            reason = "" if found is not None else "no --target-tagger"
        elif not pairs:
            found, reason = None, "the folder has no source sentences"
        elif name == "ner-candidates" and target is None:
            found, reason = None, "no --target-tagger"
        else:
            method, options = METHODS[name]
            done = project_sentences(pairs, alignments, method, **options)
            found = [
                [Entity(p.span.start, p.span.end, p.entity.label) for p in one.projections if p.span]
                for one in done
            ]
            reason = ""
        if found is None:
            yield row | {"not_run": reason}
            continue
        scores = score_tags(_tags(corpus.gold, corpus), _tags(found, corpus), n_bootstrap=n_bootstrap)
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
        note = setup_note(layout, gold_source=corpus.source is not None, method=name)
        yield row | {"note": note if paper is not None else ""}


def field_table(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Markdown: a line per language and method; deltas are of the paper's own measure, conlleval's F1."""
    lines = [
        "| language | method | strict F1 | conlleval F1 | paper | delta | set-up |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        if "not_run" in row:
            lines.append(f"| {row['language']} | {row['method']} | not run: {row['not_run']} | | | | |")
            continue
        paper, delta = row["paper"], row["delta"]
        lines.append(
            f"| {row['language']} | {row['method']} | {row['f1']:.1f} [{row['low']:.1f}, {row['high']:.1f}] "
            f"| {row['f1_default']:.1f} | {'' if paper is None else f'{paper:.1f}'} "
            f"| {'' if delta is None else f'{delta:+.1f}'} "
            f"| {row['note'] or ('same data, labels and source, our aligner' if paper is not None else '')} |"
        )
    return lines


def _pairs(
    corpus: FieldCorpus, tools: FieldTools, target: Sequence[Sequence[Entity]] | None
) -> list[SentencePair]:
    if corpus.source is not None:
        tokens = [sentence.tokens for sentence in corpus.source]
        if all(sentence.tags is not None for sentence in corpus.source):
            entities = [tags_to_entities(sentence.tags or [], lenient=True) for sentence in corpus.source]
        else:
            entities = tools.source_tagger.tag(tokens)
    elif corpus.source_lines is not None:
        tokens = [tools.tokenize(line) for line in corpus.source_lines]
        entities = tools.source_tagger.tag(tokens)
    else:
        return []
    return [
        SentencePair(
            words, corpus.tokens[k], _kept(entities[k], corpus.ignored), None if target is None else target[k]
        )
        for k, words in enumerate(tokens)
    ]


def _kept(entities: Sequence[Entity], ignored: Sequence[str]) -> list[Entity]:
    return [entity for entity in entities if entity.label not in ignored]


def _tags(entities: Sequence[Sequence[Entity]], corpus: FieldCorpus) -> list[list[str]]:
    return [entities_to_tags(one, len(words)) for one, words in zip(entities, corpus.tokens, strict=True)]
