"""The model folder of a training: safetensors, tokenizer, label map, model card with signature and scores."""

import json
import platform
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import torch
from numpy.typing import NDArray

from workers import model_cache
from workers.adapters.hf_tagger import HfTagger
from workers.adapters.packaged_e5 import PackedEmbedding
from workers.evaluate import Scores, score_tags, sentence_counts
from workers.iob2 import entities_to_tags
from workers.signature import VERSION, digest, installed_version
from workers.tag import Tagger
from workers.training.base import BaseModel
from workers.training.data import RECORD, TrainingSentence, describe
from workers.training.options import TrainingOptions

PACKAGES = ("torch", "transformers", "tokenizers", "accelerate", "numpy")
N_BOOTSTRAP = 2_000
Counts = NDArray[np.int64]  # (sentences, 3), see `sentence_counts`


def save_tagger(
    base: BaseModel,
    options: TrainingOptions,
    train: Sequence[TrainingSentence],
    dev: Sequence[TrainingSentence],
    folder: Path,
    curve: Sequence[dict[str, Any]],
) -> tuple[Scores, Counts, str]:
    """Write the folder, which appears whole; returns what was written scored on dev, and the signature.

    Weights are half precision: a file half the size, and the dev scores are those of the rounded model.
    """
    part = folder.with_name(f".{folder.name}.{uuid4().hex}.part")
    part.mkdir(parents=True)
    try:
        _unpack_embeddings(base.model)
        base.model.half().save_pretrained(part)
        base.tokenizer.save_pretrained(part)
        tagger = HfTagger(model=str(part), labels=_own_labels(base.model), device="cpu", dtype="float32")
        scores, counts = score_tagger(tagger, dev)
        model_cache.forget(str(part))
        record: dict[str, Any] = {
            "base": base.origin,
            "options": options.to_dict(),
            "train": describe(train),
            "dev": describe(dev),
            "dev_scores": scores.to_dict(),
            "curve": list(curve),
            "versions": {"projector": VERSION, "python": platform.python_version()}
            | {name: installed_version(name) for name in PACKAGES},
        }
        known = {key: record[key] for key in ("base", "options", "train", "dev", "versions")}
        record["signature"] = digest(known)
        (part / RECORD).write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        (part / "README.md").write_text(model_card(record), encoding="utf-8")
        folder.parent.mkdir(parents=True, exist_ok=True)
        if folder.exists():
            folder.rmdir()  # it is empty, see check_data
        part.replace(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return scores, counts, record["signature"]


def score_tagger(
    tagger: Tagger, sentences: Sequence[TrainingSentence], *, n_bootstrap: int = N_BOOTSTRAP
) -> tuple[Scores, Counts]:
    """What a tagger is worth on labelled sentences, and (sentences, 3) counts to compare it by."""
    found = tagger.tag([list(sentence.tokens) for sentence in sentences])
    predicted = [entities_to_tags(one, len(s.tokens)) for one, s in zip(found, sentences, strict=True)]
    gold = [sentence.tags for sentence in sentences]
    return score_tags(gold, predicted, n_bootstrap=n_bootstrap), sentence_counts(gold, predicted)


def read_record(folder: Path) -> dict[str, Any] | None:
    """What a finished model folder says of itself; None where there is none."""
    path = folder / RECORD
    if not path.is_file():
        return None
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


def model_card(record: dict[str, Any]) -> str:
    scores, train, dev = record["dev_scores"], record["train"], record["dev"]
    interval = scores["strict_f1_interval"]
    rows = [
        f"| {label} | {100 * s['precision']:.1f} | {100 * s['recall']:.1f} | {100 * s['f1']:.1f} "
        f"| {s['support']} |"
        for label, s in scores["per_label"].items()
    ]
    settings = ", ".join(f"{key} {value}" for key, value in record["options"].items())
    versions = ", ".join(f"{key} {value}" for key, value in record["versions"].items())
    return "\n".join(
        [
            "---",
            "library_name: transformers",
            "pipeline_tag: token-classification",
            "---",
            "",
            "# Named-entity tagger",
            "",
            f"Fine-tuned by Projector from {record['base']}. Signature: `{record['signature']}`.",
            "",
            f"- Learnt from {_amount(train)}; data digest `{train['digest']}`.",
            f"- Chosen by its F1 on {_amount(dev)}; data digest `{dev['digest']}`.",
            f"- Settings: {settings}.",
            f"- Made with {versions}.",
            "",
            "## Scores on the dev part",
            "",
            f"Strict F1 {100 * scores['strict']['f1']:.1f} "
            f"[{100 * interval['low']:.1f}, {100 * interval['high']:.1f}], exact-match Jaccard "
            f"{100 * scores['exact_match_jaccard']:.1f}, sentence exact match "
            f"{100 * scores['sentence_exact']:.1f}. "
            "The epoch was chosen by this part, so these scores flatter the model.",
            "",
            "| label | P | R | F1 | gold |",
            "|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _amount(part: dict[str, Any]) -> str:
    kinds = " and ".join(f"{count} {kind}" for kind, count in part["kinds"].items())
    return f"{kinds} sentences ({part['tokens']} tokens, {sum(part['entities'].values())} entities)"


def _own_labels(model: Any) -> dict[str, str]:
    labels = {tag.partition("-")[2] for tag in model.config.id2label.values()} - {""}
    return {label: label for label in labels}


def _unpack_embeddings(model: Any) -> None:
    """The packed table of pieces as an ordinary one, so that every reader of transformers loads it."""
    encoder = getattr(model, model.base_model_prefix)
    packed = getattr(encoder.embeddings, "word_embeddings", None)
    if not isinstance(packed, PackedEmbedding):
        return
    n_pieces = len(packed.scales)
    with torch.inference_mode():
        parts = [
            packed(torch.arange(k, min(k + 10_000, n_pieces))).half() for k in range(0, n_pieces, 10_000)
        ]
    table = torch.cat(parts).clone()
    encoder.embeddings.word_embeddings = torch.nn.Embedding.from_pretrained(
        table, padding_idx=model.config.pad_token_id
    )
