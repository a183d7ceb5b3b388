"""The same translators through CTranslate2, a faster engine (`pip install ctranslate2==4.8.5`).

It runs models that were converted once:

    python -m workers.convert_translator facebook/m2m100_418M models/m2m100-ct2 --quantization int8

Text, scores and flags mean what they mean with transformers. Unquantised models give the same translations
but for ties of the beam search; quantised ones come close.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from workers import model_cache
from workers.adapters.translation_tokens import PairTokens, TranslationTokens, load_tokens
from workers.model_cache import ModelUnavailable
from workers.translate import Translation
from workers.translation_batches import SPLIT_ABOVE, Engine, Output, target_limit, translate_texts

COMPUTE_TYPES = (
    "default",
    "auto",
    "int8",
    "int8_float32",
    "int8_float16",
    "int8_bfloat16",
    "int16",
    "float16",
    "bfloat16",
    "float32",
)
TOKEN_BUDGET = {"cpu": 4_096, "cuda": 65_536}  # padded source subwords of one batch, times beams
MAX_ROWS = 512
TOKENIZER_FOLDER = "tokenizer"
INSTALL = "CTranslate2 is not installed; pip install ctranslate2==4.8.5"


@dataclass(frozen=True, slots=True)
class LoadedCTranslate2:
    engine: Any
    tokens: TranslationTokens
    length_penalty: float
    revision: str


class CTranslate2Translator:
    """NLLB-200, M2M100 or Marian through CTranslate2, from a folder that was converted for it.

    model: that folder. compute_type: one of COMPUTE_TYPES; "default" keeps what the conversion chose. The
        other options are those of Seq2SeqTranslator.
    """

    name = "ctranslate2"

    def __init__(
        self,
        model: str,
        *,
        beams: int = 4,
        split_above: int = SPLIT_ABOVE,
        device: str = "auto",
        compute_type: str = "default",
        token_budget: int | None = None,
    ) -> None:
        for option, value in (("beams", beams), ("split_above", split_above)):
            if value < 1:
                raise ValueError(f"{option} must be at least 1, not {value}")
        if compute_type not in COMPUTE_TYPES:
            raise ValueError(f"unknown compute type {compute_type!r}; known: {', '.join(COMPUTE_TYPES)}")
        self.model_name = model
        self.beams = beams
        self.split_above = split_above
        threads = model_cache.policy().threads or 0
        device = _device(device)
        loaded = model_cache.load_once(
            "translator",
            model,
            ("ctranslate2", model, device, compute_type, threads),
            lambda: load_converted(model, device=device, compute_type=compute_type, threads=threads),
        )
        self.engine, self.tokens, self.revision = loaded.engine, loaded.tokens, loaded.revision
        self.length_penalty: float = loaded.length_penalty
        self.token_budget = max(1, (token_budget or TOKEN_BUDGET[self.engine.device]) // beams)

    @property
    def signature(self) -> str:
        import ctranslate2

        return (
            f"{self.name} {self.model_name}@{self.revision} beams={self.beams} split={self.split_above} "
            f"{self.engine.compute_type} ctranslate2-{ctranslate2.__version__}"
        )

    def check_languages(self, source_language: str, target_language: str) -> None:
        self.tokens.pair(source_language, target_language)

    def translate(
        self, texts: Sequence[str], *, source_language: str, target_language: str
    ) -> list[Translation]:
        pair = self.tokens.pair(source_language, target_language)
        engine = Engine(
            encode=self.tokens.encode,
            generate=lambda rows: self._generate(rows, pair),
            free_memory=lambda: None,
            max_subwords=self.tokens.max_subwords,
            token_budget=self.token_budget,
            max_rows=max(1, MAX_ROWS // self.beams),
            split_above=self.split_above,
        )
        translations = translate_texts(
            texts, engine, source_language=source_language, target_language=target_language
        )
        self.token_budget = engine.token_budget
        return translations

    def _generate(self, rows: Sequence[list[int]], pair: PairTokens) -> list[Output]:
        sources = [self.tokens.pieces([*pair.before, *row, *pair.after]) for row in rows]
        prefix = self.tokens.pieces(pair.target_start)
        limits = [target_limit(len(row), self.tokens.max_target_subwords) for row in rows]
        results = self.engine.translate_batch(
            sources,
            target_prefix=[prefix] * len(rows) if prefix else None,
            beam_size=self.beams,
            length_penalty=self.length_penalty,
            max_input_length=0,  # its own limit would cut the source silently
            max_decoding_length=max(limits) + len(prefix),
        )
        targets = [
            result.hypotheses[0][: limit + len(prefix)] for result, limit in zip(results, limits, strict=True)
        ]
        scored = self.engine.score_batch(sources, targets, max_input_length=0, offset=len(prefix))
        return [
            Output(
                text=self.tokens.decode_pieces(target[len(prefix) :]),
                score=sum(scores.log_probs) / len(scores.log_probs),
                n_subwords=len(scores.log_probs),
                at_limit=len(target) - len(prefix) >= limit,
            )
            for target, scores, limit in zip(targets, scored, limits, strict=True)
        ]


def load_converted(folder: str, *, device: str, compute_type: str, threads: int) -> LoadedCTranslate2:
    """Load a converted model. Raises ModelUnavailable with the reason and what to do."""
    try:
        import ctranslate2
    except ImportError as error:
        raise ModelUnavailable(INSTALL) from error
    from transformers import AutoConfig, GenerationConfig

    tokenizer = Path(folder) / TOKENIZER_FOLDER
    if not (Path(folder) / "model.bin").is_file() or not tokenizer.is_dir():
        raise ModelUnavailable(
            f"{folder!r} is not a converted translator (model.bin and {TOKENIZER_FOLDER}/); "
            f"make one with: python -m workers.convert_translator MODEL {folder}"
        )
    config = model_cache.load_pretrained(AutoConfig, str(tokenizer))
    settings = model_cache.load_pretrained(GenerationConfig, str(tokenizer))
    tokens = load_tokens(str(tokenizer), config, revision=None, model=folder)
    try:
        engine = ctranslate2.Translator(folder, device, compute_type=compute_type, intra_threads=threads)
    except (RuntimeError, ValueError) as error:
        raise ModelUnavailable(f"cannot load model {folder!r}: {error}") from error
    penalty = settings.length_penalty
    return LoadedCTranslate2(engine, tokens, 1.0 if penalty is None else penalty, _revision(Path(folder)))


def _device(name: str) -> str:
    """CTranslate2's name of the device: "cpu", or "cuda" where it sees one."""
    wanted = model_cache.policy().device if name == "auto" else name
    return "auto" if wanted == "auto" else "cuda" if wanted.startswith("cuda") else "cpu"


def _revision(folder: Path) -> str:
    """A digest of the weights' size, first and last megabyte, and of the settings."""
    digest = sha256()
    with (folder / "model.bin").open("rb") as file:
        size = file.seek(0, 2)
        for start in (0, max(0, size - (1 << 20))):
            file.seek(start)
            digest.update(file.read(1 << 20))
    digest.update(f"{size} {(folder / 'config.json').read_text(encoding='utf-8')}".encode())
    return digest.hexdigest()[:12]
