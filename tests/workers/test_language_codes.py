"""BCP 47 tags to the codes of NLLB-200, M2M100 and Marian models."""

import pytest
from transformers.models.m2m_100.tokenization_m2m_100 import FAIRSEQ_LANGUAGE_CODES as M2M100
from transformers.models.nllb.tokenization_nllb import FAIRSEQ_LANGUAGE_CODES as NLLB

from workers.language_codes import LanguageNotServed, find_code

MARIAN = ("fra", "pt", "pt_br", "zho_Hans", "zho_Hant", "swa", "arb", "nob")


@pytest.mark.parametrize(
    ("tag", "nllb", "m2m100"),
    [
        ("en", "eng_Latn", "en"),
        ("en-GB", "eng_Latn", "en"),
        ("ko", "kor_Hang", "ko"),
        ("eng", "eng_Latn", "en"),
        ("sw", "swh_Latn", "sw"),
        ("sw-TZ", "swh_Latn", "sw"),
        ("swh", "swh_Latn", "sw"),
        ("ar", "arb_Arab", "ar"),
        ("zh", "zho_Hans", "zh"),
        ("zh-Hans", "zho_Hans", "zh"),
        ("cmn-Hans", "zho_Hans", "zh"),
        ("fa", "pes_Arab", "fa"),
        ("iw", "heb_Hebr", "he"),
        ("tl", "tgl_Latn", "tl"),
        ("fil", "tgl_Latn", "tl"),
        ("ms", "zsm_Latn", "ms"),
        ("lv", "lvs_Latn", "lv"),
        ("mn", "khk_Cyrl", "mn"),
        ("ne", "npi_Deva", "ne"),
        ("or", "ory_Orya", "or"),
        ("uz", "uzn_Latn", "uz"),
        ("az", "azj_Latn", "az"),
        ("mg", "plt_Latn", "mg"),
        ("sq", "als_Latn", "sq"),
        ("yi", "ydd_Hebr", "yi"),
        ("ps", "pbt_Arab", "ps"),
        ("no", "nob_Latn", "no"),
        ("nb", "nob_Latn", "no"),
        ("ff", "fuv_Latn", "ff"),
        ("nso", "nso_Latn", "ns"),
        ("lg", "lug_Latn", "lg"),
        ("lug", "lug_Latn", "lg"),
        ("tn", "tsn_Latn", "tn"),
        ("sr", "srp_Cyrl", "sr"),
        ("pt-BR", "por_Latn", "pt"),
    ],
)
def test_a_tag_means_one_code(tag: str, nllb: str, m2m100: str) -> None:
    assert find_code(tag, NLLB, model="nllb") == nllb
    assert find_code(tag, M2M100["m2m100"], model="m2m100") == m2m100


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("zh-TW", "zho_Hant"),
        ("zh-Hant", "zho_Hant"),
        ("yue", "yue_Hant"),
        ("tw", "twi_Latn"),
        ("twi", "twi_Latn"),
        ("ak", "aka_Latn"),
        ("prs", "prs_Arab"),
        ("fa-AF", "prs_Arab"),
        ("ary", "ary_Arab"),
        ("ku", "kmr_Latn"),
        ("ckb", "ckb_Arab"),
        ("qu", "quy_Latn"),
        ("bm", "bam_Latn"),
        ("ks-Deva", "kas_Deva"),
        ("kr", "knc_Latn"),
        ("om", "gaz_Latn"),
        ("nn", "nno_Latn"),
    ],
)
def test_nllb_keeps_scripts_and_dialects_apart(tag: str, code: str) -> None:
    assert find_code(tag, NLLB, model="nllb") == code


@pytest.mark.parametrize("code", NLLB)
def test_every_nllb_code_is_found_from_its_own_tag(code: str) -> None:
    assert find_code(code.replace("_", "-"), NLLB, model="nllb") == code


@pytest.mark.parametrize("code", M2M100["m2m100"])
def test_every_m2m100_code_is_found_from_its_own_tag(code: str) -> None:
    tag = {"ns": "nso"}.get(code, code)
    assert find_code(tag, M2M100["m2m100"], model="m2m100") == code


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("fr", "fra"),
        ("pt", "pt"),
        ("pt-BR", "pt_br"),
        ("pt-PT", "pt"),
        ("zh-TW", "zho_Hant"),
        ("sw", "swa"),
        ("ar", "arb"),
        ("no", "nob"),
    ],
)
def test_marian_codes(tag: str, code: str) -> None:
    assert find_code(tag, MARIAN, model="opus") == code


@pytest.mark.parametrize(
    ("tag", "codes", "name", "nearest"),
    [
        ("pcm", NLLB, "Nigerian Pidgin (pcm)", "English (eng_Latn)"),
        ("sr-Latn", NLLB, "Serbian (Latin) (sr-Latn)", "srp_Cyrl"),
        ("ary", M2M100["m2m100"], "Moroccan Arabic (ary)", "Arabic (ar)"),
        ("nn", M2M100["m2m100"], "Norwegian Nynorsk (nn)", "Norwegian (no)"),
        ("zh-TW", M2M100["m2m100"], "Chinese", "Chinese (zh)"),
        ("bbj", NLLB, "Ghomala (bbj)", "no language close to it"),
        ("de", ("ROMANCE", "mul", "es"), "German (de)", "all that it has: ROMANCE, mul, es"),
    ],
)
def test_a_missing_language_is_named_with_the_nearest(
    tag: str, codes: list[str], name: str, nearest: str
) -> None:
    with pytest.raises(LanguageNotServed) as refusal:
        find_code(tag, codes, model="some/model")
    assert "'some/model'" in str(refusal.value)
    assert name in str(refusal.value)
    assert nearest in str(refusal.value)


@pytest.mark.parametrize("tag", ["", "english", "x", "en_", "12", "zh-Hant-Hant-Hant"])
def test_what_is_no_language_tag_is_refused(tag: str) -> None:
    with pytest.raises(ValueError, match="BCP 47"):
        find_code(tag, NLLB, model="nllb")
