"""Project the entities of a CoNLL file onto its translation. Needs no database and no server."""

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError

from annotations.management.model_options import add_model_options, configure_models, key_value
from annotations.tokens import tokenize


class Command(BaseCommand):
    help = "Project the entities of SOURCE.conll (or of tagged raw text) onto the sentences of TARGET.conll."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "files", nargs="+", type=Path, metavar="[SOURCE.conll] TARGET.conll",
            help="labelled source and target sentences; only the target with --source-text",
        )  # fmt: skip
        parser.add_argument("-o", "--output", type=Path, required=True, help="the target in IOB2")
        parser.add_argument("--source-text", type=Path, help="raw source sentences, one a line, tagged first")
        parser.add_argument("--method", help="projection method (default: the best we have)")
        parser.add_argument(
            "--option", action="append", default=[], type=key_value, metavar="KEY=VALUE",
            help="an option of the method; VALUE is JSON, or text where it is not. May be repeated",
        )  # fmt: skip
        parser.add_argument("--aligner", help="word aligner (default: the best we have)")
        parser.add_argument("--links", type=Path, help="use these Pharaoh links, one line a sentence")
        add_tagger_options(parser)
        parser.add_argument("--source-language", default="en", help="BCP 47 code (default: en)")
        parser.add_argument(
            "--target-language", default="und", help="BCP 47 code, for a packaged target tagger"
        )
        parser.add_argument("--candidates", type=Path, help="also write one JSON object per source entity")
        add_model_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        from workers.conll import replace_file
        from workers.model_cache import ModelUnavailable
        from workers.project.files import project_sentences

        try:
            configure_models(options)
            method = method_name(options["method"])
            pairs = tag_targets(read_pairs(options), options, needed=method == "ner-candidates")
            alignments = find_alignments(options, pairs)
            sentences = project_sentences(pairs, alignments, method, **dict(options["option"]))
            with ExitStack() as files:
                output = files.enter_context(replace_file(options["output"]))
                path = options["candidates"]
                candidates = files.enter_context(replace_file(path)) if path else None
                counts = write_results(sentences, output, candidates, self.stderr)
        except (ValueError, OSError, ModelUnavailable) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{method}: {counts['projected']} of {counts['entities']} entities projected "
            f"in {counts['sentences']} sentences, {counts['failed']} sentences not aligned"
        )


def add_tagger_options(parser: ArgumentParser) -> None:
    parser.add_argument("--tagger", help="tagger of --source-text (default: the packaged one)")
    parser.add_argument("--tagger-model", metavar="MODEL", help="its model: a package, an id, or a folder")
    parser.add_argument("--scores", type=Path, help="probabilities that tag_text wrote beside SOURCE.conll")
    parser.add_argument(
        "--target-tagger",
        help="tag the target as well: ner-candidates needs it, ensemble uses it (default for "
        "ner-candidates: the packaged tagger of the target language)",
    )
    parser.add_argument("--target-tagger-model", metavar="MODEL", help="its model")


def read_pairs(options: dict[str, Any]) -> list[Any]:
    """The sentence pairs that the command line names. Raises ValueError with file and line."""
    from workers.conll import read_conll
    from workers.entity_scores import with_scores
    from workers.project.files import SentencePair

    files, text = options["files"], options["source_text"]
    expected = 1 if text else 2
    if len(files) != expected:
        wanted = "TARGET.conll with --source-text" if text else "SOURCE.conll and TARGET.conll"
        raise ValueError(f"expected {wanted}, got {len(files)} files")
    target = read_conll(files[-1], lenient=True)
    if text:
        source_path = text
        tokens = read_raw_text(text, options["source_language"])
        check_counts(source_path, len(tokens), files[-1], len(target))
        if options["scores"]:
            raise ValueError("--scores goes with SOURCE.conll; --source-text is tagged here")
        entities = tag(tokens, options["source_language"], options["tagger"], options["tagger_model"])
    else:
        source_path = files[0]
        source = read_conll(source_path)
        if source and source[0].tags is None:
            raise ValueError(f"{source_path}:{source[0].line}: the source has no tags; see --source-text")
        check_counts(source_path, len(source), files[-1], len(target))
        tokens = [sentence.tokens for sentence in source]
        entities = [sentence.entities for sentence in source]
        if options["scores"]:
            entities = with_scores(options["scores"], entities)
    return [
        SentencePair(words, sentence.tokens, spans)
        for words, sentence, spans in zip(tokens, target, entities, strict=True)
    ]


def read_raw_text(path: Path, language: str) -> list[list[str]]:
    from workers.text_lines import read_lines

    sentences = []
    for _, text in read_lines(path):
        offsets = tokenize(text, language)
        sentences.append([text[a:b] for a, b in zip(offsets[::2], offsets[1::2], strict=True)])
    return sentences


def tag(sentences: Sequence[Sequence[str]], language: str, name: str | None, model: str | None) -> list[Any]:
    from workers.tag import get_tagger_for

    given = {"model": model} if model else {}
    return list(get_tagger_for(language, name or "", **given).tag(sentences))


def tags_target(options: dict[str, Any]) -> bool:
    return bool(options["target_tagger"] or options["target_tagger_model"])


def tag_targets(pairs: list[Any], options: dict[str, Any], *, needed: bool) -> list[Any]:
    """The pairs with what a target-side tagger finds, where one is asked for or needed."""
    if not needed and not tags_target(options):
        return pairs
    name, model = options["target_tagger"], options["target_tagger_model"]
    found = tag([pair.target_tokens for pair in pairs], options["target_language"], name, model)
    return [replace(pair, target_entities=entities) for pair, entities in zip(pairs, found, strict=True)]


def check_counts(source: Path, n_source: int, target: Path, n_target: int) -> None:
    if n_source != n_target:
        raise ValueError(f"{source} has {n_source} sentences, {target} has {n_target}")


def find_alignments(options: dict[str, Any], pairs: Sequence[Any]) -> Any:
    """The links of a file, or the aligner that makes them."""
    from workers.align import DEFAULT_ALIGNER, ready_aligner
    from workers.project.files import read_links

    if options["links"]:
        if options["aligner"]:
            raise ValueError("--links and --aligner exclude each other")
        return read_links(options["links"], pairs)
    tokens = ((pair.source_tokens, pair.target_tokens) for pair in pairs)
    return ready_aligner(options["aligner"] or DEFAULT_ALIGNER, tokens)


def method_name(name: str | None) -> str:
    from workers.project import DEFAULT_METHOD, METHODS

    if name is not None and name not in METHODS:
        raise ValueError(f"unknown projection method {name!r}; known: {', '.join(METHODS)}")
    return name or DEFAULT_METHOD


def write_results(sentences: Any, output: TextIO, candidates: TextIO | None, errors: Any) -> dict[str, int]:
    from workers.conll import write_conll
    from workers.spans import Entity

    counts = dict.fromkeys(("sentences", "entities", "projected", "failed"), 0)
    for number, sentence in enumerate(sentences):
        projected = [p for p in sentence.projections if p.span]
        entities = [Entity(p.span.start, p.span.end, p.entity.label) for p in projected]
        write_conll(output, [(sentence.pair.target_tokens, entities)])
        counts["sentences"] += 1
        counts["entities"] += len(sentence.projections)
        counts["projected"] += len(projected)
        if sentence.status:
            counts["failed"] += 1
            errors.write(f"sentence {number}: {sentence.status}: {sentence.message}")
        if candidates is not None:
            for projection in sentence.projections:
                candidates.write(json.dumps(candidate_row(number, projection), ensure_ascii=False) + "\n")
    return counts


def candidate_row(number: int, projection: Any) -> dict[str, Any]:
    entity, span = projection.entity, projection.span
    return {
        "sentence": number,
        "source": {"start": entity.start, "end": entity.end, "label": entity.label},
        "target": {"start": span.start, "end": span.end} if span else None,
        "confidence": round(projection.confidence, 6),
        "margin": round(projection.margin, 6),
        "reason": projection.reason,
        "voters": list(projection.voters),
        "alternatives": [
            {"start": other.start, "end": other.end, "score": round(other.score, 6)}
            for other in projection.alternatives
        ],
    }
