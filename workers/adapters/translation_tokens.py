"""How each family of translation models writes its languages into subwords.

| family | source side | first target subword |
|---|---|---|
| NLLB-200 | `swh_Latn` text `</s>` | `eng_Latn`, forced |
| M2M100 | `__sw__` text `</s>` | `__en__`, forced |
| Marian, one pair | text `</s>` | - |
| Marian, several targets | `>>swa<<` text `</s>` | - |

The special subwords are put around the text here instead of through the tokenizer's `src_lang` and
`tgt_lang`: those are state of an object that every run in this process shares, and a checkpoint that
carries them wrong (old NLLB tokenizers put the language last) would translate from the wrong language.
"""

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workers import model_cache
from workers.language_codes import LanguageNotServed, find_code
from workers.model_cache import ModelUnavailable

_FLORES = re.compile(r"[a-z]{3}_[A-Z][a-z]{3}")
_MARIAN_GROUPS = re.compile(r">>(.+)<<")


@dataclass(frozen=True, slots=True)
class PairTokens:
    """Subword ids around a text: before and after the source, and those the target starts with."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    target_start: tuple[int, ...]


class TranslationTokens:
    """A model's tokenizer with its languages. Raises ModelUnavailable for a family that is not known.

    codes: language codes with the ids of their subwords. max_subwords, max_target_subwords: of one sentence,
    special ones left out.
    """

    def __init__(self, model: str, tokenizer: Any, config: Any) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.end_id = int(tokenizer.eos_token_id)
        positions = getattr(config, "max_position_embeddings", None) or 512
        self.max_subwords = min(positions, 512) - 2  # trained on up to 512, whatever the positions allow
        self.max_target_subwords = positions - 4
        self._family, self.codes = _languages(model, tokenizer, config)
        self._pieces: dict[int, str] | None = None

    def pair(self, source_language: str, target_language: str) -> PairTokens:
        """The special subwords of a language pair. Raises LanguageNotServed for one that is not there."""
        end = (self.end_id,)
        if self._family == "marian":
            return PairTokens(self._marian_target(source_language, target_language), end, ())
        source = find_code(source_language, self.codes, model=self.model)
        target = find_code(target_language, self.codes, model=self.model)
        return PairTokens((self.codes[source],), end, (self.codes[target],))

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Subword ids of each text; what looks like a special subword in a text is text."""
        if not texts:
            return []
        # Marian's tokenizer takes ">>xx<<" at the very start for a language token; a space before it is none
        plain = [f" {text}" if text.startswith(">>") else text for text in texts]
        encoded = self.tokenizer(plain, add_special_tokens=False, split_special_tokens=True, verbose=False)
        return [list(ids) for ids in encoded["input_ids"]]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of target subword ids, special ones left out; no NUL, which no database column takes."""
        text: str = self.tokenizer.decode(list(ids), skip_special_tokens=True)
        return text.replace("\0", "").strip()

    def decode_pieces(self, pieces: Sequence[str]) -> str:
        """The text of target subwords that are given as strings, special ones left out."""
        special = set(self.tokenizer.all_special_tokens)
        text: str = self.tokenizer.convert_tokens_to_string([p for p in pieces if p not in special])
        return text.replace("\0", "").strip()

    def pieces(self, ids: Sequence[int]) -> list[str]:
        """Source subword ids as the strings that stand for them in the vocabulary."""
        if self._pieces is None:
            self._pieces = {index: piece for piece, index in self.tokenizer.get_vocab().items()}
        return [self._pieces[index] for index in ids]

    def _marian_target(self, source_language: str, target_language: str) -> tuple[int, ...]:
        source, target = self.tokenizer.source_lang, self.tokenizer.target_lang
        _check_side(self.model, "source", source, source_language)
        if not self.codes:
            _check_side(self.model, "target", target, target_language)
            return ()
        return (self.codes[find_code(target_language, self.codes, model=self.model)],)


def load_tokens(name: str, config: Any, *, revision: str | None, model: str) -> TranslationTokens:
    """The tokens of `model` with the tokenizer called `name`. Raises ModelUnavailable with the reason."""
    from transformers import AutoTokenizer

    with warnings.catch_warnings():
        # Marian's tokenizer recommends a package that it does not use for encoding
        warnings.filterwarnings("ignore", message="Recommended: pip install sacremoses")
        tokenizer = model_cache.load_pretrained(AutoTokenizer, name, revision=revision or "main")
    return TranslationTokens(model, tokenizer, config)


def _languages(model: str, tokenizer: Any, config: Any) -> tuple[str, dict[str, int]]:
    """The family of a model and its language codes with the ids of their subwords."""
    if config.model_type == "marian":
        vocabulary = tokenizer.get_vocab()
        groups = {token: _MARIAN_GROUPS.fullmatch(token) for token in vocabulary}
        return "marian", {match[1]: vocabulary[token] for token, match in groups.items() if match}
    if config.model_type in ("m2m_100", "nllb-moe"):
        if hasattr(tokenizer, "lang_code_to_id"):
            return "m2m100", dict(tokenizer.lang_code_to_id)
        special = [token for token in tokenizer.all_special_tokens if _FLORES.fullmatch(token)]
        if special:
            return "nllb", dict(zip(special, tokenizer.convert_tokens_to_ids(special), strict=True))
        raise ModelUnavailable(
            f"the tokenizer of model {model!r} has no language codes; give that of its base"
        )
    raise ModelUnavailable(
        f"model {model!r} is of type {config.model_type!r}; known translators: NLLB-200, M2M100, Marian"
    )


def _check_side(model: str, side: str, code: str | None, language: str) -> None:
    """Refuse a language that is not the one of a Marian model's side; a group ("ROMANCE") is let through."""
    if code is None:
        return
    codes = re.split(r"[+]", code)
    try:
        find_code(language, codes, model=f"{model}, {side} side")
    except LanguageNotServed:
        if all(part.isalpha() and part.islower() and len(part) <= 3 for part in codes):
            raise
