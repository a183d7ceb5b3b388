"""From texts to batches for a translation model, and back: split, sort by length, run, put together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workers.sentences import CUT, SENTENCE, Piece, join_pieces, split_to_fit, writes_spaces
from workers.translate import TranslatedSentence, Translation

SPLIT_ABOVE = 200  # subwords; models trained on single sentences drop some of a longer text


@dataclass(frozen=True, slots=True)
class Output:
    """What a model made of one piece; score as in TranslatedSentence.

    at_limit: whether it stopped at its length limit. message: why there is no translation, or "".
    """

    text: str
    score: float
    n_subwords: int
    at_limit: bool = False
    message: str = ""


@dataclass(slots=True)
class Engine:
    """A model ready for one language pair, and how much it takes at once.

    encode: texts to subword ids, special ones left out. generate: pieces' ids to Outputs, in order.
    free_memory: called after memory ran out. max_subwords: of one piece.
    token_budget: padded source subwords of one batch; shrinks when memory runs out. max_rows: of one batch.
    """

    encode: Callable[[Sequence[str]], list[list[int]]]
    generate: Callable[[Sequence[list[int]]], list[Output]]
    free_memory: Callable[[], None]
    max_subwords: int
    token_budget: int
    max_rows: int
    split_above: int = SPLIT_ABOVE


def target_limit(n_source: int, max_target_subwords: int) -> int:
    """How many subwords the translation of `n_source` subwords may have; only a model that loops has more."""
    return min(max_target_subwords, 3 * n_source + 30)


def translate_texts(
    texts: Sequence[str], engine: Engine, *, source_language: str, target_language: str
) -> list[Translation]:
    """Translate every text: whole where it is short and of one line, else sentence by sentence."""
    texts_pieces = _split(texts, engine, source_language)
    distinct = list(dict.fromkeys(piece.text for pieces in texts_pieces for piece in pieces))
    outputs = dict(zip(distinct, run_batches(engine.encode(distinct), engine), strict=True))
    spaced = writes_spaces(target_language)
    return [
        _assemble(text, pieces, [outputs[piece.text] for piece in pieces], spaced=spaced)
        for text, pieces in zip(texts, texts_pieces, strict=True)
    ]


def run_batches(rows: Sequence[list[int]], engine: Engine) -> list[Output]:
    """Generate for every row of subword ids, longest first, in batches within the engine's budget.

    When memory runs out the budget becomes half of what did not fit, for this and later batches; a row
    that does not fit alone is an Output with a message. A row without subwords is an empty Output.
    """
    outputs = [Output("", 0.0, 0)] * len(rows)
    order = sorted((index for index, ids in enumerate(rows) if ids), key=lambda index: -len(rows[index]))
    start = 0
    while start < len(order):
        longest = len(rows[order[start]])
        size = max(1, min(engine.token_budget // longest, engine.max_rows))
        batch = order[start : start + size]
        try:
            results = engine.generate([rows[index] for index in batch])
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            results = []
        if not results:
            engine.free_memory()
            if len(batch) > 1:
                engine.token_budget = len(batch) * longest // 2
                continue
            results = [Output("", 0.0, 0, message=f"a piece of {longest} subwords does not fit in memory")]
        for index, output in zip(batch, results, strict=True):
            outputs[index] = output
        start += len(batch)
    return outputs


NO_MEMORY = ("out of memory", "can't allocate memory", "cannot allocate memory", "failed to map segment")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of torch, CTranslate2 or the loader of libraries says that memory ran out."""
    message = str(error).lower()
    return isinstance(error, MemoryError) or any(words in message for words in NO_MEMORY)


def _split(texts: Sequence[str], engine: Engine, language: str) -> list[list[Piece]]:
    def fits(text: str) -> bool:
        return len(engine.encode([text])[0]) <= engine.max_subwords

    whole = min(engine.split_above, engine.max_subwords)
    split: list[list[Piece]] = []
    for text, ids in zip(texts, engine.encode(texts), strict=True):
        stripped = text.strip()
        if not stripped:
            split.append([])
        elif len(ids) <= whole and "\n" not in stripped:
            start = text.index(stripped)
            split.append([Piece(start, start + len(stripped), stripped, SENTENCE)])
        else:
            split.append(split_to_fit(text, language, fits=fits))
    return split


def _assemble(text: str, pieces: Sequence[Piece], outputs: Sequence[Output], *, spaced: bool) -> Translation:
    if not pieces:
        return Translation("", status="empty")
    if reason := next((output.message for output in outputs if output.message), ""):
        return Translation("", status="failed", message=reason)
    flags = {
        "split": len(pieces) > 1,
        "cut": any(piece.end_reason == CUT for piece in pieces),
        "length-limit": any(output.at_limit for output in outputs),
        "no-output": not all(output.text for output in outputs),
    }
    n_subwords = sum(output.n_subwords for output in outputs)
    return Translation(
        text=join_pieces(text, pieces, [output.text for output in outputs], spaced=spaced),
        score=sum(output.score * output.n_subwords for output in outputs) / max(1, n_subwords),
        sentences=tuple(
            TranslatedSentence(piece.start, piece.end, output.text, output.score, output.n_subwords)
            for piece, output in zip(pieces, outputs, strict=True)
        ),
        flags=tuple(flag for flag, raised in flags.items() if raised),
    )
