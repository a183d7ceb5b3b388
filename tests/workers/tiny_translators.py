"""Translators of every family in toy size, texts for them, and one that is trained in seconds."""

import random
from collections.abc import Callable, Iterable
from pathlib import Path

import torch

from tests.workers.tiny_models import tiny_m2m100, tiny_marian, tiny_nllb

TEXTS = [
    "The mayor of Lisbon met Maria Silva on Monday .",
    "Angela Merkel",
    "El alcalde",
    "北京 今天 很 冷 。",
    "a b c d e f g h i j k l m n o p q r s t u v",
]
BUILDERS: dict[str, Callable[[Path], Path]] = {
    "nllb": tiny_nllb,
    "m2m100": tiny_m2m100,
    "marian": lambda folder: tiny_marian(folder, target_tokens=[">>spa<<", ">>swa<<"]),
}


def train_translator(
    folder: Path,
    pairs: Iterable[tuple[str, str]],
    *,
    source: str,
    target: str,
    steps: int,
    batch_size: int = 48,
    learning_rate: float = 3e-3,
) -> float:
    """Train an NLLB model of `tiny_nllb` in place on text pairs; returns the last steps' mean loss."""
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, src_lang=source, tgt_lang=target)
    model = AutoModelForSeq2SeqLM.from_pretrained(folder)
    model.train()
    examples = list(pairs)
    torch.manual_seed(0)
    chance = random.Random(0)
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, total_steps=steps, pct_start=0.1)
    losses = []
    for _ in range(steps):
        sources, targets = zip(*chance.sample(examples, batch_size), strict=True)
        batch = tokenizer(
            list(sources),
            text_target=list(targets),
            padding=True,
            return_tensors="pt",
            return_token_type_ids=False,
        )
        batch["labels"][batch["labels"] == tokenizer.pad_token_id] = -100
        loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    model.save_pretrained(folder)
    return sum(losses[-10:]) / len(losses[-10:])
