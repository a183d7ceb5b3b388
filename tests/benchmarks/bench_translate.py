"""Translation speed: batches of this project against transformers' generate, one sentence at a time.

    python tests/benchmarks/bench_translate.py [--size opus] [--sentences 96] [--beams 4] [--json FILE]

All arms run the same model with the same threads, precision, beams and length limits, in one process, one
after the other. The weights are random, of the named model's real size: speed does not depend on what they
say, but random weights do not end a sentence, so every translation is stopped at 1.2 times its source.
"""

import argparse
import json
import platform
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, M2M100Config, M2M100ForConditionalGeneration

PROJECT = Path(__file__).parents[2]
sys.path.insert(0, str(PROJECT))

from tests.workers.tiny_models import tiny_nllb  # noqa: E402
from workers import model_cache  # noqa: E402
from workers.adapters import ctranslate2_translator, seq2seq_translator  # noqa: E402
from workers.convert_translator import convert_translator  # noqa: E402
from workers.translate import get_translator  # noqa: E402

SIZES: dict[str, dict[str, int]] = {
    "opus": {"d_model": 512, "layers": 6, "ffn": 2048, "heads": 8, "vocab_size": 60_000},
    "nllb-600m": {"d_model": 1024, "layers": 12, "ffn": 4096, "heads": 16, "vocab_size": 256_206},
    "nllb-3.3b": {"d_model": 2048, "layers": 24, "ffn": 8192, "heads": 16, "vocab_size": 256_206},
}
CPU_TYPES = ("float32", "int8")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--size", choices=SIZES, action="append", help="default: opus; on a GPU the two NLLB sizes"
    )
    parser.add_argument("--sentences", type=int, help="default: 96, on a GPU 2000")
    parser.add_argument("--alone", type=int, default=96, help="how many of them go one at a time")
    parser.add_argument("--beams", type=int, default=4)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    on_gpu = torch.cuda.is_available()
    sizes = options.size or (["nllb-600m", "nllb-3.3b"] if on_gpu else ["opus"])
    texts = english_sentences(options.sentences or (2000 if on_gpu else 96))
    seq2seq_translator.target_limit = ctranslate2_translator.target_limit = short_limit
    model_cache.configure(threads=options.threads)
    print(f"device: {device_name()}; torch {torch.__version__}, transformers {transformers.__version__}")
    print(f"{len(texts)} sentences, beams {options.beams}, threads {options.threads}")
    print("| model | arm | precision | tokens/s | times |")
    print("|---|---|---|---|---|")
    figures = []
    for size in sizes:
        rows = measure(size, texts, alone=options.alone, beams=options.beams)
        figures += rows
        for row in rows:
            times = row["tokens_per_s"] / rows[0]["tokens_per_s"]
            print(
                f"| {row['model']} | {row['arm']} | {row['precision']} "
                f"| {row['tokens_per_s']:.0f} | {times:.1f} |"
            )
    if not on_gpu:
        print("GPU: not measured, this machine has none")
    if options.json:
        options.json.write_text(json.dumps({"device": device_name(), "figures": figures}, indent=1))
    return 0


def measure(size: str, texts: list[str], *, alone: int, beams: int) -> list[dict[str, Any]]:
    """Tokens per second of each arm; a first short call of each is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        model = build(Path(folder) / "model", SIZES[size], texts)
        translator: Any = get_translator("seq2seq", model=str(model), beams=beams)
        plain = AutoModelForSeq2SeqLM.from_pretrained(model, dtype=translator.dtype)
        plain = plain.to(translator.device).eval()
        tokenizer = AutoTokenizer.from_pretrained(model, src_lang="eng_Latn")
        run_alone(plain, tokenizer, texts[:2], beams)
        precision = str(translator.dtype).removeprefix("torch.")
        arms = [("generate, one at a time", precision, run_alone(plain, tokenizer, texts[:alone], beams))]
        run_batched(translator, texts[:8])
        arms.append(("seq2seq, batched", precision, run_batched(translator, texts)))
        if find_spec("ctranslate2"):
            for precision in ("float16", "int8_float16") if translator.device.type == "cuda" else CPU_TYPES:
                converted = Path(folder) / precision
                convert_translator(str(model), converted, quantization=precision)
                fast = get_translator("ctranslate2", model=str(converted), beams=beams)
                run_batched(fast, texts[:8])
                arms.append(("ctranslate2, batched", precision, run_batched(fast, texts)))
        millions = sum(tensor.numel() for tensor in plain.parameters()) / 1e6
    return [
        {
            "model": f"{size}, {millions:.0f} M parameters",
            "arm": arm,
            "precision": precision,
            "tokens_per_s": n_tokens / seconds,
        }
        for arm, precision, (n_tokens, seconds) in arms
    ]


def run_batched(translator: Any, texts: list[str]) -> tuple[int, float]:
    started = time.perf_counter()
    translations = translator.translate(texts, source_language="en", target_language="es")
    n_tokens = sum(part.n_subwords for one in translations for part in one.sentences)
    return n_tokens, time.perf_counter() - started


@torch.inference_mode()
def run_alone(model: Any, tokenizer: Any, texts: list[str], beams: int) -> tuple[int, float]:
    started, n_tokens = time.perf_counter(), 0
    target = tokenizer.convert_tokens_to_ids("spa_Latn")
    for text in texts:
        inputs = tokenizer(text, return_tensors="pt", return_token_type_ids=False).to(model.device)
        limit = short_limit(inputs["input_ids"].shape[1] - 2, 500)
        output = model.generate(**inputs, num_beams=beams, max_length=limit + 3, forced_bos_token_id=target)
        tokenizer.batch_decode(output, skip_special_tokens=True)
        n_tokens += output.shape[1] - 2
    return n_tokens, time.perf_counter() - started


def build(folder: Path, size: dict[str, int], texts: list[str]) -> Path:
    """A model of NLLB's architecture with random weights and a tokenizer trained on the texts."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tiny_nllb(folder, texts, vocab_size=8000)
    torch.manual_seed(0)
    with torch.device(device):
        model = M2M100ForConditionalGeneration(
            M2M100Config(
                vocab_size=size["vocab_size"],
                d_model=size["d_model"],
                encoder_layers=size["layers"],
                decoder_layers=size["layers"],
                encoder_ffn_dim=size["ffn"],
                decoder_ffn_dim=size["ffn"],
                encoder_attention_heads=size["heads"],
                decoder_attention_heads=size["heads"],
                max_position_embeddings=1024,
                decoder_start_token_id=2,
                tokenizer_class="NllbTokenizer",
            )
        )
    model.to(torch.bfloat16 if device == "cuda" else torch.float32).save_pretrained(folder)
    return folder


def short_limit(n_source: int, _max_target_subwords: int) -> int:
    return max(4, round(1.2 * n_source))


def english_sentences(n_sentences: int) -> list[str]:
    """The demo corpus's English sentences, distinct; where there are too few, joined in pairs and so on."""
    found: dict[str, None] = {}
    for path in sorted((PROJECT / "annotations" / "demo").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            found.setdefault(record["source_text"])
    texts = list(found)
    step = 1
    while len(texts) < n_sentences:
        texts += [f"{one} {other}" for one, other in zip(found, [*found][step:], strict=False)]
        step += 1
    return texts[:n_sentences]


def device_name() -> str:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else f"CPU, {platform.machine()}"


if __name__ == "__main__":
    sys.exit(main())
