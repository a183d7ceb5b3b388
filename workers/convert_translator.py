"""Convert a translator for CTranslate2: python -m workers.convert_translator MODEL FOLDER.

Unlike the converter that comes with CTranslate2 this one reads safetensors only, and puts the tokenizer and
the settings of the model beside the converted weights, so that the folder is complete and can be copied to a
machine without a hub.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from workers import model_cache
from workers.adapters.ctranslate2_translator import INSTALL, TOKENIZER_FOLDER
from workers.adapters.translation_tokens import load_tokens
from workers.model_cache import ModelUnavailable

QUANTIZATIONS = ("float32", "float16", "bfloat16", "int8", "int8_float32", "int8_float16", "int8_bfloat16")


def convert_translator(
    model: str, folder: Path, *, quantization: str = "float32", tokenizer: str | None = None
) -> None:
    """Write `model` (Hugging Face id or local folder) for CTranslate2 into the new folder `folder`.

    tokenizer: where the tokenizer is when it is not with the model.
    Raises ModelUnavailable when the model cannot be loaded or its kind not be converted, FileExistsError when
    the folder is there.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} exists; give a new folder")
    try:
        from ctranslate2.converters import TransformersConverter
    except ImportError as error:
        raise ModelUnavailable(INSTALL) from error
    from transformers import AutoConfig

    config = model_cache.load_pretrained(AutoConfig, model)
    tokens = load_tokens(tokenizer or model, config, revision=None, model=model)
    if getattr(tokens.tokenizer, "separate_vocabs", False):
        raise ModelUnavailable(f"model {model!r} has two vocabularies, which CTranslate2 cannot convert")
    loaded: list[Any] = []

    class SafeConverter(TransformersConverter):
        def load_model(self, model_class: Any, name: str, **options: Any) -> Any:
            loaded.append(model_cache.load_pretrained(model_class, name, **options))
            return loaded[0]

        def load_tokenizer(self, tokenizer_class: Any, name: str, **options: Any) -> Any:
            return tokens.tokenizer

    try:
        SafeConverter(model).convert(str(folder), quantization=quantization)
    except ValueError as error:
        raise ModelUnavailable(f"cannot convert model {model!r}: {error}") from error
    beside = folder / TOKENIZER_FOLDER
    tokens.tokenizer.save_pretrained(beside)
    config.save_pretrained(beside)
    loaded[0].generation_config.save_pretrained(beside)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m workers.convert_translator", description=__doc__)
    parser.add_argument("model", help="Hugging Face id or local folder of NLLB-200, M2M100 or Marian")
    parser.add_argument("folder", type=Path, help="new folder for the converted model")
    parser.add_argument("--quantization", choices=QUANTIZATIONS, default="float32")
    parser.add_argument("--tokenizer", help="where the tokenizer is when it is not with the model")
    parser.add_argument("--download", action="store_true", help="fetch the model from the hub if need be")
    options = parser.parse_args()
    model_cache.configure(downloads=options.download)
    try:
        convert_translator(
            options.model, options.folder, quantization=options.quantization, tokenizer=options.tokenizer
        )
    except (ModelUnavailable, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{options.folder} is ready: translator ctranslate2, model {options.folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
