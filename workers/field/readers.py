"""Folders of the field's corpora, one language each, as parallel or bare test sentences.

    masakhaner2   LANGUAGE/test.txt (train, dev beside it), CoNLL; DATE is left out, MISC does not occur
    wikiann       LANGUAGE/test or LANGUAGE/test.tsv, `lang:token<tab>tag` (XTREME's) or `token tag`; no MISC
    europarl      LANGUAGE.conll and en.conll, or XX-europarl.test.conll02; line by line parallel, four labels
    conll         LANGUAGE.conll or LANGUAGE/*.conll, labels as they are

Where a language's folder holds `source.conll` (labelled) or `source.txt` (raw), or en.conll lies beside plain
files, sentences have a source; line n of it belongs to sentence n.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workers.conll import ConllSentence, read_conll
from workers.iob2 import OUTSIDE, tags_to_entities
from workers.spans import Entity
from workers.text_lines import read_lines

# layout -> labels that are left out on both sides, as in the published comparisons
LABEL_POLICIES: dict[str, tuple[str, ...]] = {
    "masakhaner2": ("DATE", "MISC"),
    "wikiann": ("MISC",),
    "europarl": (),
    "conll": (),
}
PARTS = ("test", "dev", "train")
EUROPARL_SUFFIX = "-europarl.test.conll02"
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z]{2,8})*")
TAGGED_SUFFIXES = ("", ".txt", ".tsv", ".conll")


@dataclass(frozen=True, slots=True)
class FieldCorpus:
    """Test sentences of one language with gold entities, `ignored` labels already left out.

    source: labelled source sentences (gold), or None. source_lines: raw source text, or None.
    """

    language: str
    tokens: list[list[str]]
    gold: list[list[Entity]]
    ignored: tuple[str, ...]
    source: list[ConllSentence] | None = None
    source_lines: list[str] | None = None


def read_field_folder(
    folder: Path,
    layout: str = "auto",
    *,
    part: str = "test",
    languages: Sequence[str] = (),
    ignore: Sequence[str] | None = None,
) -> list[FieldCorpus]:
    """Every language of the folder (or those named), sorted.

    ignore: labels to leave out instead of the layout's own. Raises ValueError naming what was looked for,
    or file and line; OSError.
    """
    layout = guess_layout(folder) if layout == "auto" else layout
    if layout not in LABEL_POLICIES:
        raise ValueError(f"unknown layout {layout!r}; known: auto, {', '.join(LABEL_POLICIES)}")
    files = find_files(folder, layout, part)
    if missing := sorted(set(languages) - set(files)):
        raise ValueError(f"{folder} has no {missing[0]!r}; it has {', '.join(files) or 'nothing to read'}")
    dropped = tuple(LABEL_POLICIES[layout] if ignore is None else ignore)
    wanted = sorted(languages or files)
    shared = find_shared_source(folder)
    prefixed = layout == "wikiann"
    return [read_corpus(language, files[language], dropped, shared, prefixed=prefixed) for language in wanted]


def guess_layout(folder: Path) -> str:
    """By the names of its files. Raises ValueError when they are of no known layout."""
    if any(folder.glob(f"*{EUROPARL_SUFFIX}")) or (
        any(folder.glob("*.conll")) and (folder / "en.conll").is_file()
    ):
        return "europarl"
    if any(folder.glob("*/test.txt")):
        return "masakhaner2"
    if any(folder.glob("*/test")) or any(folder.glob("*/test.tsv")):
        return "wikiann"
    if any(folder.glob("*.conll")) or any(folder.glob("*/*.conll")):
        return "conll"
    raise ValueError(
        f"{folder} has no LANGUAGE/test.txt, LANGUAGE/test, LANGUAGE.conll or *{EUROPARL_SUFFIX}"
    )


def find_files(folder: Path, layout: str, part: str) -> dict[str, Path]:
    """Language -> its labelled file."""
    if layout == "europarl":
        named = {path.name.removesuffix(EUROPARL_SUFFIX): path for path in folder.glob(f"*{EUROPARL_SUFFIX}")}
        plain = {path.stem: path for path in folder.glob("*.conll")}
        return {language: path for language, path in (plain | named).items() if language != "en"}
    if layout == "conll":
        found = {path.stem: path for path in folder.glob("*.conll")}
        for path in sorted(folder.glob("*/*.conll")):
            if path.stem in (part, "gold", path.parent.name):
                found.setdefault(path.parent.name, path)
        return found
    found = {}
    for language in sorted(path for path in folder.iterdir() if path.is_dir()):
        for suffix in TAGGED_SUFFIXES:
            if (path := language / f"{part}{suffix}").is_file():
                found[language.name] = path
                break
    return found


def find_shared_source(folder: Path) -> Path | None:
    for name in ("en.conll", f"en{EUROPARL_SUFFIX}"):
        if (folder / name).is_file():
            return folder / name
    return None


def read_corpus(
    language: str, path: Path, ignored: tuple[str, ...], shared: Path | None, *, prefixed: bool = False
) -> FieldCorpus:
    """One language. prefixed: its tokens may carry their language, see `without_prefix`.

    Raises ValueError when a source has another number of sentences.
    """
    sentences = read_conll(path, lenient=True)
    if prefixed:
        sentences = [without_prefix(sentence) for sentence in sentences]
    tokens = [sentence.tokens for sentence in sentences]
    gold = [_entities(sentence, ignored) for sentence in sentences]
    own = path.parent / "source.conll"
    raw = path.parent / "source.txt"
    source = read_conll(own, lenient=True) if own.is_file() else None
    lines = [line for _, line in read_lines(raw)] if source is None and raw.is_file() else None
    if source is None and lines is None and shared is not None:
        source = read_conll(shared, lenient=True)
    for found in (source, lines):
        if found is not None and len(found) != len(tokens):
            raise ValueError(f"the source of {path} has {len(found)} sentences, the file has {len(tokens)}")
    return FieldCorpus(language, tokens, gold, ignored, source, lines)


def without_prefix(sentence: ConllSentence) -> ConllSentence:
    """XTREME writes `en:token`: the language and a colon before every token of a file."""
    prefixes = {token.partition(":")[0] for token in sentence.tokens}
    (prefix, *others) = prefixes
    if others or not all(":" in token for token in sentence.tokens) or not _LANGUAGE.fullmatch(prefix):
        return sentence
    tokens = [token.partition(":")[2] or token for token in sentence.tokens]
    return ConllSentence(tokens, sentence.tags, sentence.line)


def _entities(sentence: ConllSentence, ignored: Sequence[str]) -> list[Entity]:
    found = tags_to_entities(sentence.tags or [OUTSIDE] * len(sentence.tokens), lenient=True)
    return [entity for entity in found if entity.label not in ignored]
