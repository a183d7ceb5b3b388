"""The field's pipelines that translate: sources for bare sentences, labelled translations back, markers."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from workers.field.pipelines import EVIDENCE, Pipeline
from workers.field.readers import FieldCorpus
from workers.field.tools import FieldTools
from workers.pairs import BACK_TRANSLATION, MARKERS, PairInput, PairOutput, side_of, tokenized_side
from workers.pipeline import learn, process
from workers.project import get_projector
from workers.project.files import SentencePair
from workers.spans import Entity
from workers.stages import Stages, needed
from workers.tag import get_tagger
from workers.tokens import join_tokens
from workers.training.data import SILVER, TrainingSentence
from workers.training.fit import train
from workers.translate import translate_with_cache

LOST = ("markers-lost", "markers-added", "markers-unpaired", "markers-taken")


def translated_sources(corpus: FieldCorpus, tools: FieldTools) -> list[list[str]]:
    """The corpus's sentences in the source language, in words; one that cannot be translated has none."""
    texts = [join_tokens(tokens)[0] for tokens in corpus.tokens]
    found = translate_with_cache(
        needed(tools.translator, "translator"),
        texts,
        source_language=corpus.language,
        target_language=tools.source_language,
        cache=tools.cache,
    )
    return [list(tokenized_side(one.text, tools.source_language).tokens) for one in found]


def project_back(
    pairs: Sequence[SentencePair], language: str, pipeline: Pipeline, tools: FieldTools
) -> list[list[Entity]]:
    """Entities by a labelled translation back: as evidence, or as the only path, as in the paper."""
    as_evidence = pipeline.way == EVIDENCE
    stages = Stages(
        aligner=tools.aligner,
        projector=get_projector(pipeline.method, **pipeline.options),
        route="translate-test",
        translator=tools.translator or tools.back_translator,
        back_translation="evidence" if as_evidence else "project",
        back_translator=tools.back_translator,
        target_tagger=tools.target_tagger if "target_tagger" in pipeline.needs else None,
        source_language=tools.source_language,
        target_language=language,
    )
    batch = [
        PairInput(
            number,
            side_of(*join_tokens(pair.source_tokens)),
            side_of(*join_tokens(pair.target_tokens)),
            pair.entities,
        )
        for number, pair in enumerate(pairs)
    ]
    if statistics := learn(batch, stages, cache=tools.cache):
        projector = get_projector(pipeline.method, statistics=statistics, **pipeline.options)
        stages = replace(stages, projector=projector)
    outputs = process(batch, stages, cache=tools.cache)
    return [_entities(output, None if as_evidence else BACK_TRANSLATION) for output in outputs]


def tag_by_markers(corpus: FieldCorpus, pipeline: Pipeline, tools: FieldTools) -> list[list[Entity]]:
    """Mark and translate the labelled source sentences, train a tagger on them, and tag the corpus.

    Sentences whose marks did not all come back are left out, as in EasyProject (Chen et al. 2023).
    Raises ValueError when too little came back to learn from.
    """
    stages = Stages(
        aligner=tools.aligner,
        projector=get_projector(pipeline.method, **pipeline.options),
        route="translate-train",
        translator=tools.back_translator,
        markers="easyproject",
        source_language=tools.source_language,
        target_language=corpus.language,
    )
    batch = [
        PairInput(
            number,
            side_of(*join_tokens(sentence.tokens)),
            side_of("", ()),
            [entity for entity in sentence.entities if entity.label not in corpus.ignored],
            open_side="target",
        )
        for number, sentence in enumerate(tools.train_source)
    ]
    outputs = process(batch, stages, cache=tools.cache)
    silver = [
        TrainingSentence(output.made.side.tokens, _entities(output, MARKERS), SILVER)
        for output in outputs
        if output.made and output.status in ("done", "no-entities") and not set(output.flags) & set(LOST)
    ]
    dev = silver[::10]
    rest = [sentence for k, sentence in enumerate(silver) if k % 10]
    with TemporaryDirectory(prefix="projector-markers-") as folder:
        model = Path(folder, "tagger")
        train(tools.training, rest, dev, model)
        return get_tagger("huggingface", model=str(model)).tag(corpus.tokens)


def _entities(output: PairOutput, via: str | None) -> list[Entity]:
    """What was projected, or only what came by one of the ways."""
    ways = output.via or ("",) * len(output.projections)
    found = [
        Entity(one.span.start, one.span.end, one.entity.label)
        for one, way in zip(output.projections, ways, strict=True)
        if one.span and (via is None or way == via)
    ]
    return sorted(found)
