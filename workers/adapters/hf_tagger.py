"""Named entities with any token-classification model of Hugging Face, by id or local folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from workers import model_cache
from workers.encode import TOKEN_BUDGET, halving
from workers.encoder_models import fast_tokenizer, max_length
from workers.entity_labels import map_labels
from workers.spans import Entity
from workers.subwords import Window, batches_by_budget, cut_windows, split_subwords

OUTSIDE = "O"
BEGINS = {"B", "U", "S"}  # parts of the schemes IOB2, BILOU and IOBES that open an entity
PARTS = BEGINS | {"I", "L", "E"}


@dataclass(frozen=True, slots=True)
class LoadedTagger:
    model: Any
    tokenizer: Any
    max_length: int
    revision: str


class HfTagger:
    """Any Hugging Face token classifier; each word is tagged by its first subword.

    model: Hugging Face id or folder. labels: changes to how its labels (prefixes B-, I-, ... left off) are
    mapped, see `map_labels`; "-" leaves one out.
    Sentences longer than the model are read through overlapping windows. An entity's score is the product of
    its words' probabilities; tags whose labels map to the same one are added up first.
    """

    name = "huggingface"

    def __init__(
        self,
        *,
        model: str,
        labels: Mapping[str, str] | None = None,
        device: str = "auto",
        dtype: str = "auto",
        token_budget: int | None = None,
    ) -> None:
        self.model_name = model
        self.device = model_cache.torch_device(device)
        self.dtype = model_cache.torch_dtype(dtype, self.device)
        self.token_budget = token_budget or TOKEN_BUDGET.get(self.device.type, TOKEN_BUDGET["cpu"])
        key = (model, str(self.device), self.dtype)
        self.loaded = model_cache.load_once("tagger", model, key, self._load)
        names = self.loaded.model.config.id2label
        self.tags = [split_tag(names[index]) for index in range(len(names))]
        own = {label for _, label in self.tags if label}
        self.labels = map_labels(own, labels, model=model)
        self.merged = sorted({self._mapped(tag) for tag in self.tags})
        self._columns = np.array([self.merged.index(self._mapped(tag)) for tag in self.tags])

    @property
    def signature(self) -> str:
        kept = ",".join(f"{old}>{new}" for old, new in sorted(self.labels.items()))
        dtype = str(self.dtype).removeprefix("torch.")
        return f"huggingface:1 {self.model_name}@{self.loaded.revision} {dtype} labels={kept}"

    def tag(self, sentences: Sequence[Sequence[str]]) -> list[list[Entity]]:
        model_cache.apply_threads()
        split = split_subwords(self.loaded.tokenizer, sentences, join_unspaced=False)
        windows = [
            window
            for index, subwords in enumerate(split)
            if subwords.ids
            for window in cut_windows(index, subwords, self.loaded.max_length)
        ]
        windows.sort(key=lambda window: len(window.ids))
        chances = [np.zeros((len(subwords.ids), len(self.merged)), np.float32) for subwords in split]
        for batch in batches_by_budget(windows, self.token_budget):
            for window, rows in zip(batch, halving(self._forward, batch), strict=True):
                chances[window.sentence][window.keep_from : window.keep_from + window.n_kept] = rows
        return [
            self._entities(self._word_chances(rows, subwords.words, len(tokens)))
            for rows, subwords, tokens in zip(chances, split, sentences, strict=True)
        ]

    def _load(self) -> LoadedTagger:
        from transformers import AutoConfig, AutoModelForTokenClassification, AutoTokenizer

        name = self.model_name
        config = model_cache.load_pretrained(AutoConfig, name)
        tokenizer = model_cache.load_pretrained(AutoTokenizer, name)
        model = model_cache.load_pretrained(AutoModelForTokenClassification, name, config=config)
        return LoadedTagger(
            model.eval().to(self.device, self.dtype),
            fast_tokenizer(name, tokenizer),
            max_length(config, tokenizer),
            model_cache.model_revision(name, config),
        )

    def _mapped(self, tag: tuple[str, str]) -> tuple[str, str]:
        """The tag with its mapped label; ("", "") is outside. Parts become B and I."""
        part, label = tag
        if label not in self.labels:
            return "", ""
        return ("B" if part in BEGINS else "I"), self.labels[label]

    @torch.inference_mode()
    def _forward(self, batch: Sequence[Window]) -> list[NDArray[np.float32]]:
        """Probabilities of the merged tags, (subwords, tags) for what each window answers for."""
        longest = max(len(window.ids) for window in batch)
        ids = np.zeros((len(batch), longest), np.int64)
        mask = np.zeros((len(batch), longest), np.int64)
        for row, window in enumerate(batch):
            ids[row, : len(window.ids)] = window.ids
            mask[row, : len(window.ids)] = 1
        logits = self.loaded.model(
            input_ids=torch.from_numpy(ids).to(self.device),
            attention_mask=torch.from_numpy(mask).to(self.device),
        ).logits
        chances = logits.float().softmax(-1).cpu().numpy()
        merged = np.zeros((*chances.shape[:2], len(self.merged)), np.float32)
        for tag, column in enumerate(self._columns):
            merged[..., column] += chances[..., tag]
        return [merged[row, window.first : window.first + window.n_kept] for row, window in enumerate(batch)]

    def _word_chances(
        self, rows: NDArray[np.float32], words: NDArray[np.int64], n_words: int
    ) -> NDArray[np.float32]:
        """(words, tags): the first subword's; a word without subwords is outside for certain."""
        chances = np.zeros((n_words, len(self.merged)), np.float32)
        chances[:, self.merged.index(("", "")) if ("", "") in self.merged else 0] = 1
        found, first = np.unique(words, return_index=True)
        chances[found] = rows[first]
        return chances

    def _entities(self, chances: NDArray[np.float32]) -> list[Entity]:
        """Read the likeliest tags; an inside tag that continues nothing begins an entity, as in conlleval."""
        entities: list[Entity] = []
        best = chances.argmax(1)
        for word, tag in enumerate(best.tolist()):
            part, label = self.merged[tag]
            if not label:
                continue
            score = float(chances[word, tag])
            last = entities[-1] if entities else None
            if part == "I" and last and last.end == word and last.label == label:
                entities[-1] = Entity(last.start, word + 1, label, last.score * score)
            else:
                entities.append(Entity(word, word + 1, label, min(1.0, score)))
        return entities


def split_tag(name: str) -> tuple[str, str]:
    """("B", "PER") of "B-PER"; ("I", "PER") of a bare "PER"; ("", "") of "O"."""
    if name == OUTSIDE:
        return "", ""
    part, dash, label = name.partition("-")
    if dash and part in PARTS:
        return part, label
    return "I", name
