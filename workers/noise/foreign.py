"""Foreign words for code-switching, from a lexicon or from the words that a token is aligned with."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from workers.text_lines import read_lines


def read_lexicon(path: Path) -> dict[str, str]:
    """Word -> foreign word, the first line of a word counts; keys in lower case.

    Raises ValueError naming the first line that is not two columns separated by a tab.
    """
    found: dict[str, str] = {}
    for number, line in read_lines(path):
        if not line.strip():
            continue
        columns = [column.strip() for column in line.split("\t")]
        if len(columns) != 2 or not all(columns) or len(columns[1].split()) != 1:
            raise ValueError(f"{path}:{number}: expected word, tab, foreign word without spaces")
        found.setdefault(columns[0].lower(), columns[1])
    return found


def from_lexicon(sentences: Sequence[Sequence[str]], lexicon: Mapping[str, str]) -> list[dict[int, str]]:
    """Per sentence, token -> foreign word for the tokens that the lexicon has."""
    return [
        {place: lexicon[token.lower()] for place, token in enumerate(tokens) if token.lower() in lexicon}
        for tokens in sentences
    ]


def from_links(
    sources: Sequence[Sequence[str]], links: Sequence[Iterable[Sequence[int]]]
) -> list[dict[int, str]]:
    """Per sentence, target token -> source word, for links that are the only one of both their words."""
    found = []
    for source, pairs in zip(sources, links, strict=True):
        pairs = [(pair[0], pair[1]) for pair in pairs]
        left, right = Counter(i for i, _ in pairs), Counter(j for _, j in pairs)
        found.append({j: source[i] for i, j in pairs if left[i] == 1 and right[j] == 1})
    return found
