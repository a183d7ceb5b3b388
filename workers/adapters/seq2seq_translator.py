"""NLLB-200, M2M100 and Marian (OPUS-MT) translators through transformers.

Batches hold sentences of similar length; each sentence has a length limit of its own, so that what it becomes
does not depend on what it is batched with, but for the rounding of padded arithmetic in reduced precision.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import torch
from transformers import GenerationConfig, LogitsProcessor
from transformers.modeling_outputs import BaseModelOutput

from workers import model_cache
from workers.adapters.translation_tokens import PairTokens, TranslationTokens, load_tokens
from workers.translate import Translation
from workers.translation_batches import SPLIT_ABOVE, Engine, Output, target_limit, translate_texts

TOKEN_BUDGET = {"cpu": 2_048, "cuda": 32_768}  # padded source subwords of one batch, times beams
LOGITS_BUDGET = {"cpu": 1 << 26, "cuda": 1 << 29}  # scores over the vocabulary computed at once


@dataclass(frozen=True, slots=True)
class LoadedTranslator:
    model: Any
    tokens: TranslationTokens
    revision: str


class Seq2SeqTranslator:
    """NLLB-200, M2M100 or Marian through transformers.

    model: Hugging Face id or local folder.
    tokenizer: where the tokenizer is when it is not with the model (fine-tuned NLLB checkpoints are often
        saved with a broken one: name the base model). revision: hub branch, tag or commit.
    beams: beam size, 1 is greedy. split_above: subwords above which a text goes sentence by sentence.
    token_budget: padded source subwords of one batch, times beams.
    """

    name = "seq2seq"

    def __init__(
        self,
        model: str,
        *,
        tokenizer: str | None = None,
        revision: str | None = None,
        beams: int = 4,
        split_above: int = SPLIT_ABOVE,
        device: str = "auto",
        dtype: str = "auto",
        token_budget: int | None = None,
    ) -> None:
        for option, value in (("beams", beams), ("split_above", split_above)):
            if value < 1:
                raise ValueError(f"{option} must be at least 1, not {value}")
        self.model_name = model
        self.beams = beams
        self.split_above = split_above
        self.device = model_cache.torch_device(device)
        self.dtype = model_cache.torch_dtype(dtype, self.device)
        budget = token_budget or TOKEN_BUDGET.get(self.device.type, TOKEN_BUDGET["cpu"])
        self.token_budget = max(1, budget // beams)
        key = (model, tokenizer, revision, str(self.device), self.dtype)
        loaded = model_cache.load_once(
            "translator",
            model,
            key,
            lambda: load_translator(
                model, tokenizer=tokenizer, revision=revision, device=self.device, dtype=self.dtype
            ),
        )
        self.model, self.tokens, self.revision = loaded.model, loaded.tokens, loaded.revision
        # Marian's padding subword is in its vocabulary for technical reasons only: it takes no probability
        forbidden = self.model.generation_config.bad_words_ids or []
        self.forbidden = [word[0] for word in forbidden if len(word) == 1]
        self.logits_budget = LOGITS_BUDGET.get(self.device.type, LOGITS_BUDGET["cpu"])

    @property
    def signature(self) -> str:
        dtype = str(self.dtype).removeprefix("torch.")
        return (
            f"{self.name} {self.model_name}@{self.revision} beams={self.beams} split={self.split_above} "
            f"{dtype} transformers-{version('transformers')}"
        )

    def check_languages(self, source_language: str, target_language: str) -> None:
        self.tokens.pair(source_language, target_language)

    def translate(
        self, texts: Sequence[str], *, source_language: str, target_language: str
    ) -> list[Translation]:
        pair = self.tokens.pair(source_language, target_language)
        model_cache.apply_threads()
        engine = Engine(
            encode=self.tokens.encode,
            generate=lambda rows: self._generate(rows, pair),
            free_memory=self._free_memory,
            max_subwords=self.tokens.max_subwords,
            token_budget=self.token_budget,
            max_rows=max(1, self.logits_budget // (self.beams * self.model.config.vocab_size)),
            split_above=self.split_above,
        )
        translations = translate_texts(
            texts, engine, source_language=source_language, target_language=target_language
        )
        self.token_budget = engine.token_budget
        return translations

    @torch.inference_mode()
    def _generate(self, rows: Sequence[list[int]], pair: PairTokens) -> list[Output]:
        ids, mask = self._pad([[*pair.before, *row, *pair.after] for row in rows])
        hidden = self.model.get_encoder()(input_ids=ids, attention_mask=mask).last_hidden_state
        limits = [target_limit(len(row), self.tokens.max_target_subwords) for row in rows]
        start = 1 + len(pair.target_start)  # the decoder's start mark and the forced language
        sequences = self.model.generate(
            # generate() repeats the encoder's output for the beams inside the object that it is given
            encoder_outputs=BaseModelOutput(last_hidden_state=hidden),
            attention_mask=mask,
            generation_config=self._generation_config(pair, max(limits)),
            logits_processor=[_EndAtLimit(limits, start, self.beams, self.tokens.end_id, self.device)],
        )
        ends = _ends(sequences, start, self.tokens.end_id)
        scores = self._scores(hidden, mask, sequences, start, ends)
        return [
            Output(
                text=self.tokens.decode(row[start:end]),
                score=score / (end - start),
                n_subwords=end - start,
                at_limit=end - start > limit,
            )
            for row, end, limit, score in zip(sequences.tolist(), ends, limits, scores, strict=True)
        ]

    def _generation_config(self, pair: PairTokens, limit: int) -> GenerationConfig:
        """What is decided here; what is left out (length penalty, forbidden subwords) is the model's own."""
        return GenerationConfig(
            num_beams=self.beams,
            do_sample=False,
            early_stopping=bool(self.model.generation_config.early_stopping) and self.beams > 1,
            min_length=0,
            max_length=1 + len(pair.target_start) + limit + 1,  # start, language, subwords, end
            forced_bos_token_id=pair.target_start[0] if pair.target_start else None,
            eos_token_id=self.tokens.end_id,
        )

    def _scores(
        self, hidden: torch.Tensor, mask: torch.Tensor, sequences: torch.Tensor, start: int, ends: list[int]
    ) -> list[float]:
        """Summed log-probability of each row's subwords from `start` to its end, by one pass over all.

        Keeping the scores that beam search computes would keep every step's whole vocabulary in memory.
        """
        n_rows, width = sequences.shape
        step = max(1, self.logits_budget // (width * self.model.config.vocab_size))
        sums: list[float] = []
        for first in range(0, n_rows, step):
            rows = slice(first, first + step)
            logits = self.model(
                encoder_outputs=BaseModelOutput(last_hidden_state=hidden[rows]),
                attention_mask=mask[rows],
                decoder_input_ids=sequences[rows, :-1],
                use_cache=False,
            ).logits[:, start - 1 :]  # (rows, width - start, vocabulary)
            logits[:, :, self.forbidden] = -torch.inf
            labels = sequences[rows, start:].clone()
            places = torch.arange(start, width, device=labels.device)
            labels[places >= torch.tensor(ends[rows], device=labels.device)[:, None]] = -100
            losses = torch.nn.functional.cross_entropy(
                logits.transpose(1, 2).float(), labels, ignore_index=-100, reduction="none"
            )
            sums += (-losses.sum(dim=1)).tolist()
        return sums

    def _pad(self, rows: Sequence[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        longest = max(len(row) for row in rows)
        pad = self.model.config.pad_token_id
        ids = torch.tensor([row + [pad] * (longest - len(row)) for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
        return ids.to(self.device), mask.to(self.device)

    def _free_memory(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.empty_cache()


def load_translator(
    name: str, *, tokenizer: str | None, revision: str | None, device: torch.device, dtype: torch.dtype
) -> LoadedTranslator:
    """Load a model onto `device`. Raises ModelUnavailable with the reason."""
    from transformers import AutoConfig, AutoModelForSeq2SeqLM

    pinned = revision or "main"
    config = model_cache.load_pretrained(AutoConfig, name, revision=pinned)
    tokens = load_tokens(
        tokenizer or name, config, revision=revision if tokenizer is None else None, model=name
    )
    model = model_cache.load_pretrained(AutoModelForSeq2SeqLM, name, revision=pinned, dtype=dtype)
    return LoadedTranslator(model.to(device).eval(), tokens, model_cache.model_revision(name, config))


class _EndAtLimit(LogitsProcessor):
    """Ends each row at its own limit of subwords after the first `start` ones."""

    def __init__(
        self, limits: Sequence[int], start: int, beams: int, end_id: int, device: torch.device
    ) -> None:
        self.first = min(limits) + start
        self.limits = torch.tensor(limits, device=device).repeat_interleave(beams) + start
        self.end_id = end_id

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        length = input_ids.shape[1]
        if length < self.first:
            return scores
        over = (self.limits <= length)[:, None]
        is_end = torch.arange(scores.shape[1], device=scores.device) == self.end_id
        return scores.masked_fill(over & ~is_end, -torch.inf).masked_fill(over & is_end, 0.0)


def _ends(sequences: torch.Tensor, start: int, end_id: int) -> list[int]:
    """Where each row ends: one past its end mark."""
    is_end = sequences[:, start:] == end_id
    found = is_end.any(dim=1)
    first = is_end.int().argmax(dim=1) + start + 1
    return torch.where(found, first, sequences.shape[1]).tolist()
