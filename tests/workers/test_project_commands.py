"""The commands that need no database: files in, files out, errors with their lines."""

import json

import pytest
from django.core.management import CommandError, call_command

SOURCE = "Ada B-PER\nmet O\nBo B-PER\nLee I-PER\n\nNo O\nnames O\n\n"
TARGET = "Bo\nLee\nvio\na\nAda\n\nNada\n\n"
GOLD = "Bo B-PER\nLee I-PER\nvio O\na O\nAda B-PER\n\nNada O\n\n"
LINKS = "0-4 1-2 2-0 3-1\n0-0 1-0\n"


@pytest.fixture
def files(tmp_path):
    for name, text in [("s", SOURCE), ("t", TARGET), ("g", GOLD), ("links", LINKS)]:
        (tmp_path / name).write_text(text)
    return tmp_path


def project(files, *arguments, links="links", **options):
    call_command(
        "project_conll",
        files / "s",
        files / "t",
        "-o",
        files / "out",
        "--links",
        files / links,
        *arguments,
        **options,
    )


@pytest.mark.parametrize("method", ["soft", "ensemble", "word-to-word", "ngram-candidates"])
def test_it_projects_a_file(files, method):
    project(files, "--method", method, "--candidates", files / "candidates.jsonl")
    assert (files / "out").read_text() == GOLD
    rows = [json.loads(line) for line in (files / "candidates.jsonl").read_text().splitlines()]
    assert [(row["sentence"], row["source"], row["target"]) for row in rows] == [
        (0, {"start": 0, "end": 1, "label": "PER"}, {"start": 4, "end": 5}),
        (0, {"start": 2, "end": 4, "label": "PER"}, {"start": 0, "end": 2}),
    ]
    assert all(0 <= row["confidence"] <= 1 for row in rows)
    assert all({"start", "end", "score"} == set(other) for row in rows for other in row["alternatives"])


def test_a_method_takes_options(files):
    project(files, "--method", "word-to-word", "--option", "min_ratio=5")
    assert "PER" not in (files / "out").read_text()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("links", "0-4\n", "links:1: 1 lines of links for 2 sentences"),
        ("links", "0-4\n2-0\n", "links:2: link 2-0: the source has 2 tokens, numbered 0 to 1"),
        ("links", "0-4 1/2\n\n", "links:1: '1/2' is not a link"),
        ("s", "Ada B-PER\n", "s has 1 sentences, .*t has 2"),
        ("s", "Ada\n\nBo\n", "s:1: the source has no tags"),
        ("s", "Ada B-PER\nmet O\nBo I-LOC\nLee B-PER\n\nNo S-X\n", "s:3: tag 'I-LOC'"),
        ("t", "Bo B-PER\nLee\n\nNada O\n", "t:2: expected a tag"),
    ],
)
def test_bad_input_is_named_with_its_line_and_nothing_is_written(files, name, text, message):
    (files / name).write_text(text)
    with pytest.raises(CommandError, match=message):
        project(files, "--candidates", files / "candidates.jsonl")
    assert {path.name for path in files.iterdir()} == {"s", "t", "g", "links"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--method", "magic"], "unknown projection method 'magic'; known: soft"),
        (["--method", "soft", "--option", "colour=1"], "do not fit method"),
        (["--option", "colour"], "is not KEY=VALUE"),
        (["--aligner", "simalign"], "--links and --aligner exclude each other"),
    ],
)
def test_bad_options_are_refused(files, arguments, message):
    with pytest.raises(CommandError, match=message):
        project(files, *arguments)
    assert not (files / "out").exists()


def test_the_taggers_probabilities_are_read_beside_the_source(files):
    (files / "scores").write_text("0.01 0.99\n\n")
    project(files, "--scores", files / "scores", "--candidates", files / "unsure.jsonl")
    project(files, "--candidates", files / "sure.jsonl")
    unsure, sure = (
        json.loads((files / name).read_text().split("\n")[0]) for name in ("unsure.jsonl", "sure.jsonl")
    )
    assert unsure["confidence"] != sure["confidence"]
    (files / "scores").write_text("0.5\n\n")
    with pytest.raises(CommandError, match="scores:1: 1 scores for 2 entities"):
        project(files, "--scores", files / "scores")
    (files / "scores").write_text("0.5 7\n\n")
    with pytest.raises(CommandError, match="scores:1: '7' is not a number between 0 and 1"):
        project(files, "--scores", files / "scores")


def test_a_method_that_needs_a_target_tagger_says_which_there_are(files):
    with pytest.raises(CommandError, match="no tagger is packaged for 'und', only for en, fr"):
        project(files, "--method", "ner-candidates")


@pytest.mark.slow
def test_the_target_is_tagged_for_the_method_that_needs_it(files):
    (files / "s").write_text("Angela B-PER\nMerkel I-PER\narrived O\n")
    (files / "t").write_text("Yesterday\nAngela\nMerkel\nvisited\nMadrid\n.\n")
    (files / "links").write_text("0-1 1-2 2-3\n")
    project(files, "--method", "ner-candidates", "--target-language", "en")
    assert (files / "out").read_text().startswith("Yesterday O\nAngela B-PER\nMerkel I-PER\nvisited O\n")


@pytest.mark.slow
def test_raw_text_is_tagged_and_aligned_first(files):
    (files / "text").write_text("Angela Merkel visited Madrid.\n\n")
    (files / "t").write_text("Angela\nMerkel\nvisitó\nMadrid\n.\n")
    with pytest.raises(CommandError, match="text has 2 sentences, .*t has 1"):
        call_command("project_conll", files / "t", "-o", files / "out", "--source-text", files / "text")
    (files / "text").write_text("Angela Merkel visited Madrid.\n")
    call_command("project_conll", files / "t", "-o", files / "out", "--source-text", files / "text")
    assert (files / "out").read_text() == "Angela B-PER\nMerkel I-PER\nvisitó O\nMadrid B-LOC\n. O\n\n"


def test_it_scores(files, capsys):
    (files / "p").write_text(GOLD.replace("Ada B-PER", "Ada B-LOC"))
    call_command(
        "score_conll", files / "g", files / "p", "--json", "--source", files / "s", "--baseline", files / "p"
    )
    result = json.loads(capsys.readouterr().out)
    assert result["strict"]["f1"] == 0.5
    assert result["exact_match_jaccard"] == pytest.approx(1 / 3)
    assert result["ceilings"]["project_everything"]["f1"] == 1
    assert result["gain_over_baseline"]["value"] == 0
    assert result["error_types"]["exact"]["correct"] == 2
    call_command("score_conll", files / "g", files / "p", "--ignore", "LOC")
    assert "F1  66.67" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Bo B-PER\n", "has 2 sentences, .*p has 1"),
        (GOLD.replace("vio", "vió"), "p:1: the tokens differ from sentence 0"),
        (TARGET, "p:1: the sentence has no tags"),
        (GOLD.replace("a O", "a PER"), "p:4: tag 'PER'"),
    ],
)
def test_scoring_names_what_does_not_fit(files, text, message):
    (files / "p").write_text(text)
    with pytest.raises(CommandError, match=message):
        call_command("score_conll", files / "g", files / "p")


def test_it_compares_methods_on_the_same_links(files, capsys):
    call_command(
        "compare_methods", files / "s", files / "g", "--links", files / "links",
        "--json", files / "table.json", "--plot", files / "plot.png",
    )  # fmt: skip
    rows = json.loads((files / "table.json").read_text())
    assert {row["method"]: row["f1"] for row in rows} == dict.fromkeys(
        [
            "soft", "ensemble", "word-to-word", "word-to-word original", "ngram-candidates greedy",
            "ngram-candidates exact",
        ], 1.0,
    )  # fmt: skip
    assert all(row["signature"] and row["seconds_per_1000"] > 0 for row in rows)
    assert (files / "plot.png").read_bytes().startswith(b"\x89PNG")
    assert "word-to-word original" in capsys.readouterr().out
