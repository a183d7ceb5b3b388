"""Sentences as what a token classifier is trained on: windows of subwords, a tag on each word's first."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from workers.subwords import cut_windows, split_subwords
from workers.training.data import GOLD, TrainingSentence
from workers.training.options import TrainingOptions

NO_TAG = -100  # what losses leave out: special subwords, and all of a word but its first


def make_examples(
    sentences: Sequence[TrainingSentence],
    tags: Sequence[str],
    splitter: Any,
    options: TrainingOptions,
    max_length: int,
) -> list[dict[str, Any]]:
    """One dict per window: input_ids, labels (NO_TAG where there is none) and the weight of each label."""
    index_of = {tag: index for index, tag in enumerate(tags)}
    split = split_subwords(splitter, [list(sentence.tokens) for sentence in sentences], join_unspaced=False)
    examples = []
    for number, (sentence, subwords) in enumerate(zip(sentences, split, strict=True)):
        if not subwords.ids:
            continue
        _, first = np.unique(subwords.words, return_index=True)
        labels = np.full(len(subwords.ids), NO_TAG)
        weights = np.zeros(len(subwords.ids), np.float32)
        words = subwords.words[first]
        labels[first] = [index_of[tag] for tag in np.array(sentence.tags)[words]]
        weights[first] = word_weights(sentence, options)[words]
        for window in cut_windows(number, subwords, min(options.max_length, max_length)):
            own = slice(window.keep_from, window.keep_from + window.n_kept)
            place = slice(window.first, window.first + window.n_kept)
            row_labels = np.full(len(window.ids), NO_TAG)
            row_weights = np.zeros(len(window.ids), np.float32)
            row_labels[place], row_weights[place] = labels[own], weights[own]
            examples.append(
                {"input_ids": window.ids, "labels": row_labels.tolist(), "weights": row_weights.tolist()}
            )
    return examples


def word_weights(sentence: TrainingSentence, options: TrainingOptions) -> np.ndarray[Any, Any]:
    """(words,) what each word's tag counts in the loss, see TrainingOptions."""
    weights = np.ones(len(sentence.tokens), np.float32)
    if sentence.kind == GOLD:
        return weights
    by_confidence = options.weights == "confidence"
    if by_confidence:
        weights[:] = options.silver_weight
    if options.left_out == "skip":
        for span in sentence.left_out:
            weights[span.start : span.end] = 0.0
    for entity in sentence.entities:
        weights[entity.start : entity.end] = entity.score if by_confidence else 1.0
    return weights


class Collator:
    """Pads examples to the longest of their batch."""

    def __init__(self, pad_id: int) -> None:
        self.pad_id = pad_id

    def __call__(self, examples: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        longest = max(len(example["input_ids"]) for example in examples)

        def padded(name: str, value: float) -> list[list[float]]:
            return [one[name] + [value] * (longest - len(one[name])) for one in examples]

        ids = torch.tensor(padded("input_ids", self.pad_id), dtype=torch.long)
        lengths = torch.tensor([len(example["input_ids"]) for example in examples])
        return {
            "input_ids": ids,
            "attention_mask": (torch.arange(longest) < lengths[:, None]).long(),
            "labels": torch.tensor(padded("labels", NO_TAG), dtype=torch.long),
            "weights": torch.tensor(padded("weights", 0.0)),
        }  # (batch, longest)
