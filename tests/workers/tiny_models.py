"""Builders of tiny real models on disk: real configuration, real tokenizer files, safetensors weights.

Every builder takes a folder and a corpus, trains a tokenizer of the architecture's own kind on the corpus,
initialises a model of a few thousand weights and saves both with `save_pretrained`, so that tests load
them exactly as they would load a published model. The weights are random unless the test trains them.
"""

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

NLLB_CODES = ("eng_Latn", "spa_Latn", "swh_Latn", "zho_Hans", "arb_Arab")
CORPUS = (
    "The mayor of Lisbon met Maria Silva on Monday .",
    "El alcalde de Lisboa se reunió con Maria Silva el lunes .",
    "Angela Merkel visited the United Nations in New York .",
    "Angela Merkel alitembelea Umoja wa Mataifa huko New York .",
    "北京 今天 很 冷 。 李明 在 上海 工作 。",
    "زارت مريم القاهرة يوم الاثنين .",
    "[ Lisbon ] ( 12.5 ) : ; ! ? , \" ' - a b c d e f g h i j k l m n o p q r s t u v w x y z",
    "0 1 2 3 4 5 6 7 8 9",
)


def tiny_nllb(
    folder: Path, corpus: Sequence[str] = CORPUS, *, codes: Sequence[str] = NLLB_CODES, **config: Any
) -> Path:
    """An NLLB-200 of toy size: M2M100 architecture, BPE tokenizer, FLORES codes as special tokens."""
    from transformers import NllbTokenizer

    vocabulary, merges = _train_bpe(corpus, config.pop("vocab_size", 400))
    tokenizer = NllbTokenizer(vocab=vocabulary, merges=merges, additional_special_tokens=list(codes))
    return _save_m2m100(folder, tokenizer, len(tokenizer), config)


def tiny_m2m100(folder: Path, corpus: Sequence[str] = CORPUS, **config: Any) -> Path:
    """An M2M100 of toy size: SentencePiece file, JSON vocabulary, all hundred `__xx__` language tokens."""
    from transformers import M2M100Tokenizer
    from transformers.models.m2m_100.tokenization_m2m_100 import FAIRSEQ_LANGUAGE_CODES

    folder.mkdir(parents=True, exist_ok=True)
    pieces = _train_sentencepiece(folder / "sentencepiece.bpe.model", corpus, config.pop("vocab_size", 120))
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    vocabulary = {piece: index for index, piece in enumerate([*special, *pieces])}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    tokenizer = M2M100Tokenizer(
        str(folder / "vocab.json"),
        str(folder / "sentencepiece.bpe.model"),
        additional_special_tokens=[f"__{code}__" for code in FAIRSEQ_LANGUAGE_CODES["m2m100"]],
    )
    return _save_m2m100(folder, tokenizer, len(vocabulary) + 100 + tokenizer.num_madeup_words, config)


def tiny_marian(
    folder: Path,
    corpus: Sequence[str] = CORPUS,
    *,
    source: str = "eng",
    target: str = "spa",
    target_tokens: Sequence[str] = (),
    **config: Any,
) -> Path:
    """A Marian (OPUS-MT) model of toy size. target_tokens: `>>spa<<` and the like for a multilingual one."""
    from transformers import MarianConfig, MarianMTModel, MarianTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    pieces = _train_sentencepiece(folder / "source.spm", corpus, config.pop("vocab_size", 120))
    (folder / "target.spm").write_bytes((folder / "source.spm").read_bytes())
    names = ["</s>", "<unk>", *pieces, *target_tokens, "<pad>"]
    (folder / "vocab.json").write_text(
        json.dumps({name: i for i, name in enumerate(names)}), encoding="utf-8"
    )
    with warnings.catch_warnings(action="ignore"):  # it recommends a package that nobody here needs
        tokenizer = MarianTokenizer(
            source_spm=str(folder / "source.spm"),
            target_spm=str(folder / "target.spm"),
            vocab=str(folder / "vocab.json"),
            source_lang=source,
            target_lang=target,
        )
    pad = len(names) - 1
    torch.manual_seed(0)
    model = MarianMTModel(
        MarianConfig(
            vocab_size=len(names),
            decoder_vocab_size=len(names),
            pad_token_id=pad,
            eos_token_id=0,
            forced_eos_token_id=0,
            decoder_start_token_id=pad,
            max_position_embeddings=config.pop("max_position_embeddings", 64),
            **_sizes(config),
        )
    )
    model.generation_config.bad_words_ids = [[pad]]
    model.generation_config.num_beams = 4
    return _save(folder, model, tokenizer)


def tiny_xlmr(
    folder: Path,
    corpus: Sequence[str] = CORPUS,
    *,
    labels: Sequence[str] = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC"),
    **config: Any,
) -> Path:
    """An XLM-RoBERTa token classifier of toy size, with a Unigram tokenizer."""
    from transformers import XLMRobertaConfig, XLMRobertaForTokenClassification, XLMRobertaTokenizer

    vocabulary = _train_unigram(corpus, config.pop("vocab_size", 300))
    tokenizer = XLMRobertaTokenizer(vocab=vocabulary)
    positions = config.pop("max_position_embeddings", 66)
    tokenizer.model_max_length = positions - 2
    torch.manual_seed(0)
    model = XLMRobertaForTokenClassification(
        XLMRobertaConfig(
            vocab_size=len(tokenizer),
            hidden_size=config.pop("hidden_size", 32),
            num_hidden_layers=config.pop("num_hidden_layers", 2),
            num_attention_heads=config.pop("num_attention_heads", 2),
            intermediate_size=config.pop("intermediate_size", 64),
            max_position_embeddings=positions,
            type_vocab_size=1,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            id2label=dict(enumerate(labels)),
            label2id={label: index for index, label in enumerate(labels)},
            **config,
        )
    )
    return _save(folder, model, tokenizer)


def _save_m2m100(folder: Path, tokenizer: Any, vocab_size: int, config: dict[str, Any]) -> Path:
    from transformers import M2M100Config, M2M100ForConditionalGeneration

    torch.manual_seed(0)
    model = M2M100ForConditionalGeneration(
        M2M100Config(
            vocab_size=vocab_size,
            max_position_embeddings=config.pop("max_position_embeddings", 64),
            tokenizer_class=type(tokenizer).__name__,
            bos_token_id=0,
            pad_token_id=1,
            eos_token_id=2,
            decoder_start_token_id=2,
            **_sizes(config),
        )
    )
    model.generation_config.max_length = 200  # as published: the limit that must not cut translations
    return _save(folder, model, tokenizer)


def _sizes(config: dict[str, Any]) -> dict[str, Any]:
    """d_model 32, two layers a side, two heads, no dropout, unless `config` says otherwise."""
    layers, heads, width = config.pop("layers", 2), config.pop("heads", 2), config.pop("d_model", 32)
    return {
        "d_model": width,
        "encoder_layers": layers,
        "decoder_layers": layers,
        "encoder_attention_heads": heads,
        "decoder_attention_heads": heads,
        "encoder_ffn_dim": 2 * width,
        "decoder_ffn_dim": 2 * width,
        "dropout": 0.0,
        "attention_dropout": 0.0,
        "activation_dropout": 0.0,
        "encoder_layerdrop": 0.0,
        "decoder_layerdrop": 0.0,
        **config,
    }


def _save(folder: Path, model: Any, tokenizer: Any) -> Path:
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _train_bpe(corpus: Sequence[str], vocab_size: int) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """A BPE vocabulary whose first four ids are `<s> <pad> </s> <unk>`, and its merges."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    trainer = trainers.BpeTrainer(vocab_size=vocab_size, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(corpus, trainer)
    trained = json.loads(tokenizer.to_str())["model"]
    return trained["vocab"], [tuple(merge) for merge in trained["merges"]]


def _train_unigram(corpus: Sequence[str], vocab_size: int) -> list[tuple[str, float]]:
    """Unigram pieces with scores, after XLM-R's own special ones; `<mask>` last."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=vocab_size, show_progress=False, unk_token="<unk>")
    tokenizer.train_from_iterator(corpus, trainer)
    pieces = [tuple(piece) for piece in json.loads(tokenizer.to_str())["model"]["vocab"]]
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    rest = [(piece, score) for piece, score in pieces if piece not in special]
    return [*((name, 0.0) for name in special), *rest, ("<mask>", 0.0)]


def _train_sentencepiece(path: Path, corpus: Sequence[str], vocab_size: int) -> list[str]:
    """Train a SentencePiece BPE model into `path`; returns its pieces, special ones left out."""
    import sentencepiece

    with path.open("wb") as file:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(corpus),
            model_writer=file,
            model_type="bpe",
            vocab_size=vocab_size,
            hard_vocab_limit=False,
            character_coverage=1.0,
            minloglevel=2,
        )
    processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
    pieces = [processor.id_to_piece(index) for index in range(processor.get_piece_size())]
    return [piece for piece in pieces if piece not in ("<unk>", "<s>", "</s>")]
