"""A batched multilingual encoder: token sequences in, contextual vectors of their subwords out.

Every distinct sentence is encoded once, in batches of similar length, up to the highest layer asked for.
Sentences longer than the model are read through overlapping windows; nothing is cut off.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from workers import model_cache
from workers.encoder_models import PACKAGED, load_encoder
from workers.subwords import Subwords, Window, batches_by_budget, cut_windows, split_subwords
from workers.translation_batches import is_out_of_memory

Item = TypeVar("Item")
Result = TypeVar("Result")

TOKEN_BUDGET = {"cpu": 512, "cuda": 65_536}  # padded subwords of one forward pass
CACHE_BYTES = 128 << 20
MAX_SUBWORDS = 50_000  # of one sentence; a longer one is refused by name, never cut


class SentenceTooLong(ValueError):
    """A sentence has more subwords than can be encoded."""


@dataclass(frozen=True, slots=True)
class EncodedSentence:
    """vectors: (layers, k, dim) on the encoder's device, special subwords left out.

    words: int64 (k,), the word of each vector, ascending. A word of which the tokenizer leaves nothing (only
    control characters) has no vector.
    """

    vectors: torch.Tensor
    words: NDArray[np.int64]
    n_words: int


class Encoder:
    """An encoder with its layers fixed: "packaged", a Hugging Face id, or a local folder.

    layers: which layers' vectors are kept, 1 to the model's depth (0 is the embedding layer), numbered as in
    transformers' `hidden_states`. Later layers are not loaded.
    join_unspaced: see `split_subwords`.
    """

    def __init__(
        self,
        model: str = PACKAGED,
        *,
        layers: Sequence[int] = (7,),
        join_unspaced: bool = False,
        device: str = "auto",
        dtype: str = "auto",
        token_budget: int | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        if not layers or min(layers) < 0:
            raise ValueError(f"layers must be 0 or higher, not {list(layers)}")
        self.name = model
        self.layers = tuple(layers)
        self.join_unspaced = join_unspaced
        self.device = model_cache.torch_device(device)
        self.dtype = model_cache.torch_dtype(dtype, self.device)
        self.token_budget = token_budget or TOKEN_BUDGET.get(self.device.type, TOKEN_BUDGET["cpu"])
        depth = max(1, *self.layers)
        key = (model, depth, str(self.device), self.dtype)
        loaded = model_cache.load_once("encoder", model, key, lambda: self._load(depth))
        self.model = loaded.model
        self.tokenizer = loaded.tokenizer
        self.revision: str = loaded.revision
        self.max_length: int = loaded.max_length
        self._blocks = loaded.blocks
        self._full_depth: bool = loaded.full_depth
        self._cache = _Cache(cache_bytes)

    def _load(self, depth: int) -> Any:
        loaded = load_encoder(self.name, depth)
        loaded.model.to(self.device, self.dtype)
        return loaded

    @property
    def dim(self) -> int:
        """Dimensions of one layer's vectors."""
        return int(self.model.config.hidden_size)

    @property
    def signature(self) -> str:
        dtype = str(self.dtype).removeprefix("torch.")
        return f"{self.name}@{self.revision} layers={','.join(map(str, self.layers))} {dtype}"

    def encode(self, sentences: Sequence[Sequence[str]]) -> list[EncodedSentence]:
        """One EncodedSentence per token sequence, in order; equal sequences share theirs.

        Raises SentenceTooLong, and torch.OutOfMemoryError when one window alone does not fit the device.
        """
        model_cache.apply_threads()
        keys = [tuple(sentence) for sentence in sentences]
        found = {key: hit for key in dict.fromkeys(keys) if (hit := self._cache.get(key)) is not None}
        missing = [key for key in dict.fromkeys(keys) if key not in found]
        for key, encoded in zip(missing, self._encode_distinct(missing), strict=True):
            found[key] = encoded
            self._cache.put(key, encoded)
        return [found[key] for key in keys]

    def split(self, sentences: Sequence[Sequence[str]]) -> list[Subwords]:
        return split_subwords(self.tokenizer, sentences, join_unspaced=self.join_unspaced)

    @torch.inference_mode()
    def _encode_distinct(self, sentences: Sequence[tuple[str, ...]]) -> list[EncodedSentence]:
        split = self.split(sentences)
        windows: list[Window] = []
        for index, subwords in enumerate(split):
            if len(subwords.ids) > MAX_SUBWORDS:
                start = " ".join(sentences[index][:5])
                raise SentenceTooLong(
                    f"the sentence that starts with {start!r} has {len(subwords.ids)} subwords; "
                    f"at most {MAX_SUBWORDS} can be encoded"
                )
            windows += cut_windows(index, subwords, self.max_length)
        parts: list[list[tuple[int, torch.Tensor]]] = [[] for _ in sentences]
        windows.sort(key=lambda window: len(window.ids))
        for batch in batches_by_budget(windows, self.token_budget):
            for window, vectors in zip(batch, halving(self._forward, batch), strict=True):
                parts[window.sentence].append((window.keep_from, vectors))
        encoded = []
        for sentence, subwords, pieces in zip(sentences, split, parts, strict=True):
            pieces.sort(key=lambda piece: piece[0])
            vectors = torch.cat([piece for _, piece in pieces], dim=1)
            if len(subwords.rows) != vectors.shape[1] or self.join_unspaced:
                vectors = vectors[:, torch.from_numpy(subwords.rows).to(vectors.device)]
            encoded.append(EncodedSentence(vectors, subwords.words, len(sentence)))
        return encoded

    def _forward(self, batch: Sequence[Window]) -> list[torch.Tensor]:
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
            # the last entry of a whole model's hidden_states comes after its final normalisation
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


def halving(forward: Callable[[Sequence[Item]], list[Result]], batch: Sequence[Item]) -> list[Result]:
    """`forward(batch)`, in halves when memory runs out. One item alone that does not fit raises."""
    try:
        return forward(batch)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error) or len(batch) == 1:
            raise
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    middle = len(batch) // 2
    return halving(forward, batch[:middle]) + halving(forward, batch[middle:])


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
        self.n_bytes += encoded.vectors.nbytes
        while self.n_bytes > self.max_bytes:
            _, dropped = self._entries.popitem(last=False)
            self.n_bytes -= dropped.vectors.nbytes
