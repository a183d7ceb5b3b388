"""Records into the database: whole or not at all, once, with labels on their tables."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from annotations.actions.imports import ImportRefused, import_records
from annotations.imports.records import BadLine, ImportOptions, PairRecord, Side
from annotations.imports.rows import fingerprint
from annotations.models import (
    ImportBatch,
    Membership,
    PairCount,
    Project,
    ReferenceSpan,
    SentencePair,
    SourceEntity,
    User,
)
from workers.spans import Entity

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    owner = User.objects.create_user("olga")
    project = Project.objects.create(name="Names", created_by=owner)
    Membership.objects.create(project=project, user=owner, role=Membership.Role.OWNER)
    return project


def side(text: str, *entities: tuple[int, int, str], labelled: bool = False) -> Side:
    offsets = []
    for token in text.split():
        start = text.index(token, offsets[-1] if offsets else 0)
        offsets += (start, start + len(token))
    return Side(text, offsets, [Entity(*e) for e in entities] if entities or labelled else None)


def record(source: str = "Ana sings", target: str = "Ana canta", **fields: object) -> PairRecord:
    return PairRecord("f", 1, (), side(source), side(target), "en", "es", **fields)


def import_all(project: Project, *records: PairRecord | BadLine, **choices: object) -> ImportBatch:
    user = project.created_by
    return import_records(project, records, user=user, file_names=["f"], format="jsonl", **choices)


def test_it_writes_text_tokens_labels_and_meta(project: Project) -> None:
    one = record(external_id="x1", document="d", domain="news", meta={"a": ["ü", 1]})
    one.source = side("Ana  sings\u2028here", (0, 1, "PER"))
    one.target = side("Ana canta aquí 😀", (0, 1, "PER"), (2, 4, "LOC"))
    batch = import_all(project, one, record(source="No names"))
    first, second = SentencePair.objects.order_by("pk")
    assert (first.external_id, first.document, first.domain, first.meta) == (
        "x1",
        "d",
        "news",
        {"a": ["ü", 1]},
    )
    assert (first.source_text, first.source_tokens) == ("Ana  sings\u2028here", ["Ana", "sings", "here"])
    assert first.target_tokens == ["Ana", "canta", "aquí", "😀"]
    assert (first.has_source_labels, first.has_reference) == (True, True)
    assert (second.has_source_labels, second.has_reference, second.status) == (False, False, "new")
    assert list(first.reference_spans.values_list("start", "end", "label").order_by("start")) == [
        (0, 1, "PER"),
        (2, 4, "LOC"),
    ]
    entity = first.source_entities.get()
    assert (entity.run, entity.start, entity.end, entity.label, entity.score) == (None, 0, 1, "PER", 1.0)
    assert (batch.status, batch.n_read, batch.n_imported, first.batch) == ("done", 2, 2, batch)
    assert PairCount.objects.filter(project=project).totals()["n_pairs"] == 2


def test_a_side_labelled_without_entities_is_labelled(project: Project) -> None:
    one = record()
    one.source, one.target = side("a", labelled=True), side("b", labelled=True)
    import_all(project, one)
    pair = SentencePair.objects.get()
    assert (pair.has_source_labels, pair.has_reference) == (True, True)
    assert not SourceEntity.objects.exists()
    assert not ReferenceSpan.objects.exists()


def test_the_same_file_twice_adds_nothing(project: Project) -> None:
    records = [record(), record(source="Other"), record(), record()]
    records[1].source = side("Other", (0, 1, "PER"))
    first, second = import_all(project, *records), import_all(project, *records)
    assert (first.n_imported, first.n_duplicates) == (4, 0)
    assert (second.n_imported, second.n_duplicates) == (0, 4)
    assert SentencePair.objects.count() == 4
    assert SourceEntity.objects.count() == 1


def test_only_what_is_new_is_added(project: Project) -> None:
    import_all(project, record())
    batch = import_all(project, record(), record(), record(external_id="2"))
    assert (batch.n_imported, batch.n_duplicates) == (2, 1)


def test_repeats_are_counted_across_blocks(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotations.imports.store.BLOCK", 2)
    records = [record(), record(external_id="2"), record(), record(), record(external_id="2")]
    records[3].source = side("Ana sings", (0, 1, "PER"))
    assert import_all(project, *records).n_imported == 5
    assert import_all(project, *records).n_duplicates == 5
    assert SourceEntity.objects.get().pair == SentencePair.objects.order_by("pk")[3]


def test_every_character_arrives_as_it_was(project: Project) -> None:
    odd = "a\\ \\N \\. \\t\t{},\n\"\r'NULL \u2028\ufeff\U0001f600 ¿\x01"
    one = record(external_id=odd, document=odd, domain=odd, meta={odd: [odd]})
    one.source = Side(odd, [0, 2, 3, 5], [Entity(0, 1, "PER"), Entity(1, 2, "LOC")])
    one.target = Side(odd, [0, len(odd)], [])
    import_all(project, one)
    pair = SentencePair.objects.get()
    assert (pair.external_id, pair.document, pair.domain, pair.meta) == (odd, odd, odd, {odd: [odd]})
    assert (pair.source_text, pair.source_offsets) == (odd, [0, 2, 3, 5])
    assert (pair.target_text, pair.target_offsets) == (odd, [0, len(odd)])
    spans = pair.source_entities.order_by("start").values_list("start", "end", "label", "score")
    assert list(spans) == [(0, 1, "PER", 1.0), (1, 2, "LOC", 1.0)]
    assert (pair.has_source_labels, pair.has_reference) == (True, True)


@pytest.mark.parametrize(
    "change", [{"external_id": "1"}, {"document_key": "1"}, {"target_language": "ca"}, {"source": side("b")}]
)
def test_what_makes_a_pair_another_pair(change: dict) -> None:
    one, other = record(), record()
    for name, value in change.items():
        setattr(other, name, value)
    assert fingerprint(one) != fingerprint(other)


def test_one_bad_line_keeps_everything_out(project: Project) -> None:
    with pytest.raises(
        ImportRefused, match="1 of 2 lines cannot be imported; the first is line 7: why"
    ) as info:
        import_all(project, record(), BadLine("f", 7, "why"))
    assert info.value.problems[0].reason == "why"
    assert not SentencePair.objects.exists()
    assert not ImportBatch.objects.exists()


def test_the_good_lines_are_imported_on_request(project: Project) -> None:
    batch = import_all(project, record(), BadLine("f", 7, "why"), keep_good=True)
    assert (batch.n_read, batch.n_imported, batch.n_rejected) == (2, 1, 1)
    with pytest.raises(ImportRefused):
        import_all(project, BadLine("f", 7, "why"), keep_good=True)


def test_a_crash_leaves_nothing(project: Project) -> None:
    def records():
        yield record()
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="disk"):
        import_records(project, records(), user=project.created_by, file_names=["f"], format="tsv")
    assert not SentencePair.objects.exists()
    assert not ImportBatch.objects.exists()


def test_new_labels_get_a_free_key(project: Project) -> None:
    one = record()
    one.source = side("a b", (0, 1, "PLACE"), (1, 2, "LMO"))
    import_all(project, one, options=ImportOptions("en", "es", add_labels=True))
    project.refresh_from_db()
    assert [(label["name"], label["key"]) for label in project.labels[4:]] == [("LMO", "L"), ("PLACE", "P")]


def test_pairs_keep_the_order_of_the_file(project: Project) -> None:
    import_all(project, *(record(external_id=str(n)) for n in range(50)))
    ids = SentencePair.objects.order_by("pk").values_list("external_id", flat=True)
    assert list(ids) == [str(n) for n in range(50)]


def test_nothing_of_the_session_is_left_behind(project: Project) -> None:
    import_all(project, record())
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'import\\_%%'")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_the_same_file_at_once_import_it_once(project: Project) -> None:
    def run() -> ImportBatch:
        try:
            return import_all(project, *(record(external_id=str(n)) for n in range(300)))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        batches = [future.result() for future in [pool.submit(run), pool.submit(run)]]
    assert sorted(batch.n_imported for batch in batches) == [0, 300]
    assert SentencePair.objects.count() == 300


# --- the command

Import = Callable[..., str]


@pytest.fixture
def import_corpus(project: Project, capsys: pytest.CaptureFixture) -> Import:
    def run(*arguments: object) -> str:
        call_command("import_corpus", "Names", *map(str, arguments))
        return capsys.readouterr().out

    return run


def test_the_command_imports(import_corpus: Import, tmp_path: Path) -> None:
    source, target = tmp_path / "en.conll", tmp_path / "es.txt"
    source.write_text("Ana B-PER\nsings O\n")
    target.write_text("Ana canta\n")
    said = import_corpus(
        "--source", source, "--target", target, "--target-language", "es", "--domain", "news"
    )
    assert "source: CoNLL, IOB2; target: plain text" in said
    assert "Read 1: 1 imported, 0 there already, 0 rejected." in said
    assert SentencePair.objects.get().domain == "news"
    assert "0 imported, 1 there already" in import_corpus(
        "--source", source, "--target", target, "--target-language", "es"
    )


def test_the_command_names_every_bad_line(import_corpus: Import, tmp_path: Path, capsys) -> None:
    file, rejected = tmp_path / "pairs.tsv", tmp_path / "rejected.zip"
    file.write_bytes(b"a\tb\nc\n\xff\td\ne\tf\n")
    with pytest.raises(CommandError, match="2 of 4 are bad. Nothing was imported. --keep-good"):
        import_corpus(file, "--target-language", "es", "--rejected", rejected)
    said = capsys.readouterr().err
    assert "pairs.tsv:2: 1 columns where 2 are expected (source, target)" in said
    assert "pairs.tsv:3: byte 0xFF" in said
    assert not SentencePair.objects.exists()
    with ZipFile(rejected) as archive:
        assert archive.read("rejected/pairs.tsv") == b"c\n\xff\td\n"
        assert archive.read("problems.tsv").decode().splitlines()[1].startswith("pairs.tsv\t2\t1 columns")
    assert "2 imported" in import_corpus(file, "--target-language", "es", "--keep-good")


def test_rejected_conll_sentences_can_be_corrected_and_brought_in(
    import_corpus: Import, tmp_path: Path
) -> None:
    file, rejected = tmp_path / "x.conll", tmp_path / "rejected.zip"
    file.write_text("a B-PER\n\nb X-PER\nc O\n\nd O\n\ne X-PER\n")
    arguments = ["--source", file, "--target-language", "es", "--rejected", rejected]
    assert "2 imported, 0 there already, 2 rejected" in import_corpus(*arguments, "--keep-good")
    with ZipFile(rejected) as archive:
        assert archive.read("rejected/x.conll") == b"b X-PER\nc O\n\ne X-PER\n\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Give one file of pairs"),
        (["x.tsv", "--source", "y"], "Give one file of pairs"),
        (["--source", "missing.txt", "--target-language", "es"], "missing.txt cannot be opened"),
        (["--source", "x"], "--target-language is needed"),
        (["x.tsv", "--target-language", "english"], "'english' is not a language tag"),
        (["x.tsv", "--target-language", "es", "--map-label", "PER"], "write FROM=TO"),
        (["x.tsv", "--user", "nobody"], "There is no user 'nobody'"),
    ],
)
def test_the_command_says_what_is_wrong(import_corpus: Import, arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        import_corpus(*arguments)


def test_the_command_lists_projects(project: Project) -> None:
    with pytest.raises(CommandError, match=rf"no project 'Nobody'. Projects: {project.pk} \(Names\)"):
        call_command("import_corpus", "Nobody", "x.tsv")


def test_files_of_the_same_name_are_told_apart(import_corpus: Import, tmp_path: Path) -> None:
    for folder, content in (("en", "a\nb\n"), ("es", "x\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "train").write_text(content)
    with pytest.raises(CommandError, match="source/train has a sentence 2"):
        import_corpus(
            "--source", tmp_path / "en/train", "--target", tmp_path / "es/train", "--target-language", "es"
        )


def test_lines_may_name_their_own_language(import_corpus: Import, tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    rows = [{"source": "a", "target": "b", "target_language": tag} for tag in ("swa", "yo")]
    file.write_text("\n".join(map(json.dumps, rows)))
    import_corpus(file)
    assert set(SentencePair.objects.values_list("target_language", flat=True)) == {"sw", "yo"}
