"""Sentence pairs as the pipeline takes them."""

from collections import defaultdict

from django.db.models import QuerySet

from annotations.models import SentencePair, SourceEntity
from annotations.models.corpus import tokens_of
from workers.pipeline import PairInput
from workers.spans import Entity


def load_inputs(pairs: QuerySet[SentencePair]) -> list[PairInput]:
    """Pairs by id, with the entities they were imported with; None where the source came unlabelled."""
    rows = list(
        pairs.order_by("id").values_list(
            "id", "source_text", "source_offsets", "target_text", "target_offsets", "has_source_labels"
        )
    )
    entities: defaultdict[int, list[Entity]] = defaultdict(list)
    imported = SourceEntity.objects.filter(run=None, pair__in=[row[0] for row in rows]).order_by("start")
    columns = imported.values_list("pair", "start", "end", "label", "score")
    for pair_id, start, end, label, score in columns:
        entities[pair_id].append(Entity(start, end, label, score))
    return [
        PairInput(
            pair_id,
            source_tokens=tokens_of(source_text, source_offsets),
            target_tokens=tokens_of(target_text, target_offsets),
            entities=tuple(entities[pair_id]) if labelled else None,
        )
        for pair_id, source_text, source_offsets, target_text, target_offsets, labelled in rows
    ]
