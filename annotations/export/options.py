"""What an export is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from workers.iob2 import SCHEMES

CONLL2003, CONLL2002, JSONL = "conll2003", "conll2002", "jsonl"
FORMATS: dict[str, Any] = {
    CONLL2003: gettext_lazy("CoNLL-2003: token, two empty columns, tag"),
    CONLL2002: gettext_lazy("CoNLL-2002: token and tag"),
    JSONL: gettext_lazy("JSONL: everything, with provenance"),
}
PARTS = ("train", "dev", "test")


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """languages, domains: those to take, all when empty. split: share of each of PARTS, or nothing."""

    format: str = CONLL2003
    scheme: str = "IOB2"
    silver: bool = False
    languages: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    per_domain: bool = False
    split: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    source: bool = False
    header: bool = True
    docstart: bool = True
    reviewers: bool = False
    links: bool = False

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise ValueError(f"unknown format {self.format!r}; known: {', '.join(FORMATS)}")
        if self.scheme not in SCHEMES:
            raise ValueError(f"unknown tagging scheme {self.scheme!r}; known: {', '.join(SCHEMES)}")
        if self.split and abs(sum(self.split.values()) - 1) > 1e-9:
            raise ValueError(f"the shares of {', '.join(self.split)} must add up to 1")
        if self.links and self.format != JSONL:
            raise ValueError("only JSONL can hold alignment links")

    @property
    def needs_sources(self) -> bool:
        return self.source or self.format == JSONL

    @property
    def kind(self) -> str:
        return "gold+silver" if self.silver else "gold"


def part_of(key: str, split: Mapping[str, float], seed: int) -> str:
    """The part that a document falls into: always the same one, however the corpus grows.

    A document's place between 0 and 1 is a hash of seed and name, so shares hold on average over documents,
    not exactly.
    """
    place = int.from_bytes(sha256(f"{seed}\0{key}".encode()).digest()[:8]) / 2**64
    bound = 0.0
    for part, share in split.items():
        bound += share
        if place < bound:
            return part
    return next(reversed(list(split)))


def parse_split(text: str) -> dict[str, float]:
    """`80/10/10` or `90/10`: shares of train, dev and test in percent. Raises ValueError."""
    message = _("%r must be two or three whole numbers that add up to 100, as in 80/10/10") % text
    try:
        shares = [int(share) for share in text.split("/")]
    except ValueError as error:
        raise ValueError(message) from error
    if len(shares) not in (2, 3) or sum(shares) != 100 or min(shares) < 0:
        raise ValueError(message)
    names = PARTS if len(shares) == 3 else (PARTS[0], PARTS[2])
    return {name: share / 100 for name, share in zip(names, shares, strict=True) if share}
