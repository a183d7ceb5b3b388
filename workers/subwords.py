"""Subwords of token sequences: which word each belongs to, and windows of what a model can read at once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Scripts written without spaces: Thai, Lao, Myanmar, Khmer, kana, bopomofo, Han, CJK and full-width marks.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u303f\u3040-\u312f\u31a0-\u4dbf\u4e00-\u9fff"
    "\uaa60-\uaa7f\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff"
)
_ENDS_UNSPACED = re.compile(f"[{_UNSPACED}]$")
_STARTS_UNSPACED = re.compile(f"[{_UNSPACED}]")


@dataclass(frozen=True, slots=True)
class Subwords:
    """ids: content subwords, special ones left out. before, after: the special ids that frame them.

    rows, words: int64 (k,), subword rows[x] is part of word words[x]; `words` ascends. A subword that crosses
    a word boundary appears once for each of its words.
    """

    ids: list[int]
    before: list[int]
    after: list[int]
    rows: NDArray[np.int64]
    words: NDArray[np.int64]


def split_subwords(
    tokenizer: Any, sentences: Sequence[Sequence[str]], *, join_unspaced: bool
) -> list[Subwords]:
    """Subwords of every sentence.

    tokenizer: a `tokenizers.Tokenizer` without padding and truncation.
    join_unspaced: put words of a script without spaces together before they are split, as the text that the
    model was trained on has them. Otherwise every word is split by itself.
    """
    chunks = [join_words(sentence) if join_unspaced else None for sentence in sentences]
    texts = [list(s) if c is None else c.texts for s, c in zip(sentences, chunks, strict=True)]
    encodings = tokenizer.encode_batch(texts, is_pretokenized=True)
    return [_read_encoding(encoding, chunk) for encoding, chunk in zip(encodings, chunks, strict=True)]


@dataclass(frozen=True, slots=True)
class JoinedWords:
    """texts: the chunks. first_word: the first word of each. ends: per chunk, where its words end in it."""

    texts: list[str]
    first_word: list[int]
    ends: list[list[int]]


def join_words(tokens: Sequence[str]) -> JoinedWords | None:
    """Neighbouring tokens without a space between them in running text; None when there are none."""
    texts: list[str] = []
    first_word: list[int] = []
    ends: list[list[int]] = []
    for word, token in enumerate(tokens):
        if texts and _STARTS_UNSPACED.match(token) and _ENDS_UNSPACED.search(texts[-1]):
            texts[-1] += token
            ends[-1].append(len(texts[-1]))
        else:
            texts.append(token)
            first_word.append(word)
            ends.append([len(token)])
    return JoinedWords(texts, first_word, ends) if len(texts) < len(tokens) else None


def _read_encoding(encoding: Any, chunks: JoinedWords | None) -> Subwords:
    chunk_of = encoding.word_ids
    content = [k for k, chunk in enumerate(chunk_of) if chunk is not None]
    first, last = (content[0], content[-1] + 1) if content else (1, 1)
    ids = encoding.ids
    if chunks is None:
        rows = np.arange(len(content))
        words = np.array([chunk_of[k] for k in content], np.int64)
    else:
        offsets = encoding.offsets
        parts = [
            (row, word)
            for row, k in enumerate(content)
            for word in _words_at(chunks, chunk_of[k], *offsets[k])
        ]
        parts.sort(key=lambda part: (part[1], part[0]))
        rows, words = np.array(parts, np.int64).reshape(-1, 2).T
    return Subwords([ids[k] for k in content], ids[:first], ids[last:], rows, words)


def _words_at(chunks: JoinedWords, chunk: int, start: int, end: int) -> list[int]:
    """The words that the characters [start, end) of a chunk touch."""
    ends = np.array(chunks.ends[chunk])
    first = int(np.searchsorted(ends, start, side="right"))
    last = int(np.searchsorted(ends, end, side="left"))
    return [chunks.first_word[chunk] + word for word in range(first, last + 1)] if end > start else []


@dataclass(frozen=True, slots=True)
class Window:
    """What one row of a forward pass reads of a sentence. ids holds the special subwords too.

    It answers for the content subwords [keep_from, keep_from + n_kept), which stand at ids[first:].
    """

    sentence: int
    ids: list[int]
    keep_from: int
    first: int
    n_kept: int


def cut_windows(sentence: int, subwords: Subwords, max_length: int) -> list[Window]:
    """Windows of at most `max_length` ids; neighbours share half of them.

    A subword in two windows is answered for by the one in which it stands nearer to the middle.
    """
    ids, before, after = subwords.ids, subwords.before, subwords.after
    room = max_length - len(before) - len(after)
    if len(ids) <= room:
        return [Window(sentence, before + ids + after, 0, len(before), len(ids))]
    starts = [*range(0, len(ids) - room, room // 2), len(ids) - room]
    windows = []
    keep_from = 0
    for start, following in zip(starts, [*starts[1:], None], strict=True):
        keep_to = len(ids) if following is None else (start + room + following) // 2
        piece = before + ids[start : start + room] + after
        windows.append(
            Window(sentence, piece, keep_from, len(before) + keep_from - start, keep_to - keep_from)
        )
        keep_from = keep_to
    return windows


def batches_by_budget(windows: Sequence[Window], budget: int) -> list[list[Window]]:
    """Neighbours of a list sorted by length, as many as fit `budget` padded subwords, at least one."""
    batches: list[list[Window]] = []
    for window in windows:
        if batches and (len(batches[-1]) + 1) * len(window.ids) <= budget:
            batches[-1].append(window)
        else:
            batches.append([window])
    return batches
