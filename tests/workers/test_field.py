"""Readers of the field's folders, their label policies, and the table beside the paper's figures."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from workers.field.published import published_f1, published_means, setup_note
from workers.field.readers import guess_layout, read_field_folder

SENTENCE = "Ana B-PER\nin O\nRoma B-LOC\nMonday B-DATE\n\n"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_masakhaner_leaves_dates_out(tmp_path: Path) -> None:
    write(tmp_path / "lug" / "test.txt", SENTENCE)
    write(tmp_path / "lug" / "source.txt", "Ana in Rome Monday\n")
    write(tmp_path / "yor" / "test.txt", SENTENCE * 2)
    assert guess_layout(tmp_path) == "masakhaner2"
    lug, yor = read_field_folder(tmp_path)
    assert [entity.label for entity in lug.gold[0]] == ["PER", "LOC"]
    assert lug.source_lines == ["Ana in Rome Monday"] and yor.source_lines is None
    (all_labels,) = read_field_folder(tmp_path, languages=["lug"], ignore=[])
    assert [entity.label for entity in all_labels.gold[0]] == ["PER", "LOC", "DATE"]


def test_wikiann_tokens_lose_their_language(tmp_path: Path) -> None:
    write(tmp_path / "sw" / "test", "sw:Ana\tB-PER\nsw:in\tO\nsw:10:30\tO\n\n")
    (corpus,) = read_field_folder(tmp_path)
    assert corpus.tokens == [["Ana", "in", "10:30"]]


def test_wikiann_of_tabs_and_of_spaces_without_misc(tmp_path: Path) -> None:
    write(tmp_path / "sw" / "test.tsv", "Ana\tB-PER\nni\tO\nMwislamu\tB-MISC\n\n")
    write(tmp_path / "yo" / "test.tsv", "Ana B-PER\n\n")
    write(tmp_path / "yo" / "dev.tsv", "Eva B-PER\n\n")
    assert guess_layout(tmp_path) == "wikiann"
    sw, yo = read_field_folder(tmp_path)
    assert [entity.label for entity in sw.gold[0]] == ["PER"] and sw.ignored == ("MISC",)
    (dev,) = read_field_folder(tmp_path, part="dev", languages=["yo"])
    assert yo.tokens == [["Ana"]] and dev.tokens == [["Eva"]]


def test_a_time_is_no_language(tmp_path: Path) -> None:
    """Only a code that every token of the sentence has is XTREME's, and only in its layout."""
    write(tmp_path / "en" / "test", "10:30\tO\n\nen:Ana\tB-PER\nen:at\tO\n\n")
    (corpus,) = read_field_folder(tmp_path)
    assert corpus.tokens == [["10:30"], ["Ana", "at"]]
    write(tmp_path / "plain" / "x.conll", "note:this O\n\n")
    (plain,) = read_field_folder(tmp_path / "plain")
    assert plain.tokens == [["note:this"]]


def test_europarl_as_it_is_published(tmp_path: Path) -> None:
    write(tmp_path / "en-europarl.test.conll02", SENTENCE)
    write(tmp_path / "de-europarl.test.conll02", "Ana B-PER\nin O\nRom B-LOC\nMontag B-MISC\n\n")
    assert guess_layout(tmp_path) == "europarl"
    (corpus,) = read_field_folder(tmp_path)
    assert corpus.language == "de" and [e.label for e in corpus.gold[0]] == ["PER", "LOC", "MISC"]


def test_plain_folders_keep_their_labels(tmp_path: Path) -> None:
    write(tmp_path / "swa" / "gold.conll", SENTENCE)
    write(tmp_path / "swa" / "source.conll", SENTENCE)
    write(tmp_path / "lug.conll", SENTENCE)
    assert guess_layout(tmp_path) == "conll"
    lug, swa = read_field_folder(tmp_path)
    assert [entity.label for entity in lug.gold[0]] == ["PER", "LOC", "DATE"]
    assert lug.source is None and swa.source is not None


def test_europarl_is_parallel_to_english(tmp_path: Path) -> None:
    write(tmp_path / "en.conll", SENTENCE)
    write(tmp_path / "es.conll", SENTENCE)
    (corpus,) = read_field_folder(tmp_path)
    assert corpus.language == "es" and corpus.source is not None
    write(tmp_path / "de.conll", SENTENCE * 2)
    with pytest.raises(ValueError, match="has 1 sentences, the file has 2"):
        read_field_folder(tmp_path, languages=["de"])


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has no LANGUAGE/test.txt"):
        read_field_folder(tmp_path)
    write(tmp_path / "lug" / "test.txt", SENTENCE)
    with pytest.raises(ValueError, match="has no 'swa'; it has lug"):
        read_field_folder(tmp_path, languages=["swa"])
    with pytest.raises(ValueError, match="unknown layout 'x'"):
        read_field_folder(tmp_path, "x")


def test_figures_of_the_paper_and_where_set_ups_differ() -> None:
    assert published_f1("europarl", "es", "word-to-word") == 90.7
    assert published_f1("masakhaner2", "lug", "ngram-candidates") == 82.7
    assert published_f1("europarl", "es", "soft") is None
    assert published_f1("masakhaner2", "lug", "align_tgt") == 65.9
    assert published_f1("masakhaner2", "lug", "markers") == 76.7
    assert published_means("wikiann")[0] == "The paper, mean of 39 languages: model transfer 50.9."
    assert published_f1("conll", "es", "word-to-word") is None
    assert setup_note("europarl", gold_source=True, method="word-to-word") == ""
    assert "NLLB" in setup_note("masakhaner2", gold_source=False, method="word-to-word")


@pytest.mark.slow
def test_the_command_fills_the_table(tmp_path: Path) -> None:
    write(tmp_path / "en.conll", "Ana B-PER\nlives O\nin O\nMadrid B-LOC\n. O\n\n" * 3)
    write(tmp_path / "es.conll", "Ana B-PER\nvive O\nen O\nMadrid B-LOC\n. O\n\n" * 3)
    table, rows = tmp_path / "table.md", tmp_path / "rows.json"
    call_command("benchmark_field", str(tmp_path), "-o", str(table), "--json", str(rows))
    found = {row["method"]: row for row in json.loads(rows.read_text())["rows"]}
    assert found["word-to-word"]["f1"] == 100 and found["word-to-word"]["delta"] == pytest.approx(9.3)
    assert found["model-transfer"]["not_run"].startswith("needs --target-tagger")
    assert "same data, labels and source" in table.read_text()
    assert "| es | align_tgt | not run | | | | needs --translator" in table.read_text()
    assert "aligner: fused:1" in table.read_text()
    call_command(
        "benchmark_field", str(tmp_path), "--methods", "word-to-word", "--limit", "2", "-o", str(table)
    )
    assert "only the first 2 sentences" in table.read_text() and "+9.3" not in table.read_text()
    with pytest.raises(CommandError, match="unknown method 'x'"):
        call_command("benchmark_field", str(tmp_path), "--methods", "x")
