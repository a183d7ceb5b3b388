"""What each group of the soft method's features is worth: its F1 with the group held at its training mean."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from evaluation_data import Corpus

from workers.project import soft

GROUPS: dict[str, Callable[[str], bool]] = {
    "frequency and case of words": lambda name: name.endswith(("-rarity", "-name-like", "-upper")),
    "learnt edges": lambda name: name.endswith("-edge"),
    "learnt lengths": lambda name: name == "length",
    "learnt names": lambda name: name == "name-share",
    "forms": lambda name: "form" in name,
    "shapes and punctuation": lambda name: name.endswith(("-falls", "-rises")) or "punctuation" in name,
    "context words": lambda name: name.startswith(("previous", "following")),
    "hard links": lambda name: "link" in name or name == "dice",
    "anchors": lambda name: "anchor" in name or name in ("lost-words", "idle-words"),
    "edge membership": lambda name: name.endswith(("-odds", "-forward", "-outside")),
}


@contextmanager
def held_at_mean(held: Callable[[str], bool]) -> Iterator[None]:
    """The soft method's rankers with some features fixed at their training mean."""
    kept = {kind: soft.soft_weights(kind) for kind in ("similarity", "links")}
    for kind, weights in kept.items():
        mask = np.array([0.0 if held(name) else 1.0 for name in weights.ranker.features], dtype=np.float32)
        ranker = weights.ranker
        without = replace(ranker, linear=ranker.linear * mask, hidden=ranker.hidden * mask[:, None])
        soft._LOADED[kind] = replace(weights, ranker=without)
    try:
        yield
    finally:
        soft._LOADED.update(kept)


def ablation(corpora: Sequence[Corpus], score: Callable[[Corpus], float]) -> Iterator[str]:
    """A table of what the soft method loses without each group; score: its F1 on a corpus."""
    yield "### What each group of features is worth (F1 lost when it is held at its mean)"
    yield ""
    yield "| group | " + " | ".join(corpus.name for corpus in corpora) + " |"
    yield "|---" * (len(corpora) + 1) + "|"
    whole = [score(corpus) for corpus in corpora]
    yield "| nothing (F1) | " + " | ".join(f"{f1:.2f}" for f1 in whole) + " |"
    for name, held in GROUPS.items():
        with held_at_mean(held):
            lost = [score(corpus) for corpus in corpora]
        changes = (f"{f1 - before:+.2f}" for f1, before in zip(lost, whole, strict=True))
        yield f"| {name} | " + " | ".join(changes) + " |"
    yield ""
