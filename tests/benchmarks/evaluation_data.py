"""The evaluation data folder, its sentences tagged and aligned once: what tuning and the benchmark read.

The folder is not part of the repository; its layout is described where it is handed out (europarl/, absa/,
mafand_ner/). Alignments and tags are kept in a cache folder, one file per corpus and aligner signature.
"""

import csv
import hashlib
import json
import pickle
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from annotations.tokens import tokenize
from workers.align import Aligner, Alignment
from workers.conll import read_conll
from workers.iob2 import tags_to_entities
from workers.project import ProjectionInput
from workers.spans import Entity
from workers.tag import Tagger

DEMO = Path(__file__).parents[2] / "annotations" / "demo"
AFRICAN = {"lug": "en", "pcm": "en", "yor": "en", "wol": "fr"}  # target -> source language
ABSA_LINKS = ("awesome", "simalign", "mgiza", "fast_align")
BATCH = 200


@dataclass(frozen=True, slots=True)
class Corpus:
    """Sentence pairs with the gold entities of the target side.

    wanted: where the corpus says which target span renders which source entity, (sentence, entity) -> span.
    """

    name: str
    inputs: list[ProjectionInput]
    gold: list[list[Entity]]
    wanted: dict[tuple[int, int], tuple[int, int]] | None = None

    def without_similarity(self) -> "Corpus":
        inputs = [replace(item, similarity=None) for item in self.inputs]
        return replace(self, name=f"{self.name}/links", inputs=inputs)


def europarl(data: Path, language: str, aligner: Aligner, cache: Path) -> Corpus:
    source = read_conll(data / "europarl" / "en.conll", lenient=True)
    target = read_conll(data / "europarl" / f"{language}.conll", lenient=True)
    pairs = [(s.tokens, t.tokens) for s, t in zip(source, target, strict=True)]
    entities = [tags_to_entities(s.tags or [], lenient=True) for s in source]
    gold = [tags_to_entities(t.tags or [], lenient=True) for t in target]
    name = f"europarl-{language}"
    return Corpus(name, _inputs(pairs, entities, align_cached(name, pairs, aligner, cache)), gold)


def absa(
    data: Path, language: str, split: str, aligner: Aligner | None, cache: Path, links: str = ""
) -> Corpus:
    """links: one of ABSA_LINKS for the published aligners' links; otherwise `aligner` is asked."""
    folder = data / "absa" / language / split
    source, target = (
        read_conll(folder / "source.conll", lenient=True),
        read_conll(folder / "gold.conll", lenient=True),
    )
    pairs = [(s.tokens, t.tokens) for s, t in zip(source, target, strict=True)]
    entities = [tags_to_entities(s.tags or [], lenient=True) for s in source]
    gold = [tags_to_entities(t.tags or [], lenient=True) for t in target]
    name = f"absa-{language}-{split}"
    if links:
        lines = (folder / f"alignments.{links}.pharaoh").read_text().split("\n")
        alignments = [_given(line, *map(len, pair)) for line, pair in zip(lines, pairs, strict=False)]
        return Corpus(f"{name}-{links}", _inputs(pairs, entities, alignments), gold)
    if aligner is None:
        raise ValueError("absa needs an aligner or the name of given links")
    return Corpus(name, _inputs(pairs, entities, align_cached(name, pairs, aligner, cache)), gold)


def african(
    data: Path, language: str, part: str, tagger: Tagger, aligner: Aligner, cache: Path, limit: int
) -> Corpus:
    """part: "tune" is train and dev rows, "test" is test rows; a language without test rows is cut in
    halves. At most `limit` rows, evenly spread; suspect and repeated rows are left out, and so is DATE."""
    folder = data / "mafand_ner" / language
    with (folder / "meta.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    usable = [k for k, row in enumerate(rows) if row["suspect"] == "-" and row["duplicate_of_earlier"] == "0"]
    test = [k for k in usable if rows[k]["masakhaner_split"] == "test"]
    tune = [k for k in usable if rows[k]["masakhaner_split"] != "test"]
    if not test:
        tune, test = tune[::2], tune[1::2]
    part_rows = tune if part == "tune" else test
    spread = np.linspace(0, len(part_rows) - 1, min(limit, len(part_rows)))
    picked = [part_rows[int(k)] for k in spread]
    texts = (folder / "source.txt").read_text(encoding="utf-8").split("\n")
    target = read_conll(folder / "gold.conll", lenient=True)
    source_tokens = [_tokens(texts[k], AFRICAN.get(language, "en")) for k in picked]
    pairs = [(tokens, target[k].tokens) for tokens, k in zip(source_tokens, picked, strict=True)]
    gold = [
        [e for e in tags_to_entities(target[k].tags or [], lenient=True) if e.label != "DATE"] for k in picked
    ]
    name = f"mafand-{language}-{part}-{limit}"
    entities = [
        [entity for entity in sentence if entity.label != "MISC"]
        for sentence in tag_cached(name, source_tokens, tagger, cache)
    ]
    return Corpus(name, _inputs(pairs, entities, align_cached(name, pairs, aligner, cache)), gold)


def demo(language: str, aligner: Aligner, cache: Path) -> Corpus:
    """The product's own demo corpus, which says which target entity renders which source entity."""
    lines = (DEMO / f"en-{language}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    pairs = [(row["source"], row["target"]) for row in rows]
    entities = [[Entity(*values) for values in row["source_entities"]] for row in rows]
    gold = [[Entity(*values) for values in row["target_entities"]] for row in rows]
    wanted = {
        (number, source): (row["target_entities"][target][0], row["target_entities"][target][1])
        for number, row in enumerate(rows)
        for source, target in row["entity_links"]
    }
    name = f"demo-{language}"
    alignments = align_cached(name, pairs, aligner, cache)
    return Corpus(name, _inputs(pairs, entities, alignments), gold, wanted)


def demo_languages() -> list[str]:
    return sorted(path.stem.removeprefix("en-") for path in DEMO.glob("en-*.jsonl"))


def align_cached(
    name: str, pairs: Sequence[tuple[Sequence[str], Sequence[str]]], aligner: Aligner, cache: Path
) -> list[Alignment]:
    path = cache / f"{name}.{_digest([aligner.signature, repr(pairs)])}.links.pickle"
    if path.exists():
        return list(pickle.loads(path.read_bytes()))  # our own cache
    alignments = [
        alignment
        for start in range(0, len(pairs), BATCH)
        for alignment in aligner.align(pairs[start : start + BATCH])
    ]
    cache.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(alignments))
    return alignments


def tag_cached(
    name: str, sentences: Sequence[Sequence[str]], tagger: Tagger, cache: Path
) -> list[list[Entity]]:
    path = cache / f"{name}.{_digest([tagger.signature, repr(sentences)])}.tags.pickle"
    if path.exists():
        return list(pickle.loads(path.read_bytes()))  # our own cache
    entities = tagger.tag(sentences)
    cache.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(entities))
    return entities


def _inputs(
    pairs: Iterable[tuple[Sequence[str], Sequence[str]]],
    entities: Iterable[Sequence[Entity]],
    alignments: Iterable[Alignment],
) -> list[ProjectionInput]:
    return [
        ProjectionInput(source, target, spans, alignment.links, alignment.scores, alignment.similarity)
        for (source, target), spans, alignment in zip(pairs, entities, alignments, strict=True)
    ]


def _given(line: str, n_source: int, n_target: int) -> Alignment:
    """Links of a Pharaoh line; the published files have a few links past the end, which are left out."""
    pairs = sorted({(int(i), int(j)) for i, j in (pair.split("-") for pair in line.split())})
    kept = [(i, j) for i, j in pairs if i < n_source and j < n_target]
    links = np.array(kept, dtype=np.int32).reshape(-1, 2)
    return Alignment(links, np.ones(len(links), dtype=np.float32))


def _tokens(text: str, language: str) -> list[str]:
    offsets = tokenize(text, language)
    return [text[start:end] for start, end in zip(offsets[::2], offsets[1::2], strict=True)]


def _digest(values: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(values).encode()).hexdigest()[:12]
