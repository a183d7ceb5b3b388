"""Whatever tokens and spans there are, what is written reads back as the same, or the loss is said."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotations.export.conll import header_line, read_back, sentence_lines, writable
from annotations.export.losses import Losses
from annotations.export.options import ExportOptions, parse_split, part_of
from annotations.imports.conll import Columns, read_conll
from annotations.imports.records import InputFile
from workers.spans import Entity

CAREFUL = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

TOKENS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=6)
ODD_TOKENS = st.sampled_from(
    ["-DOCSTART-", "#projector:x", "#", "# id = 1", "O", "B-PER", "\u2028", "\ufeff", " "]
)
LABELS = st.sampled_from(["PER", "B-PER", "O", "a b", "É", "x-y"])


@st.composite
def sentences(draw: st.DrawFn) -> tuple[list[str], list[Entity]]:
    tokens = draw(st.lists(TOKENS | ODD_TOKENS, min_size=1, max_size=8))
    edges = sorted(draw(st.sets(st.integers(0, len(tokens)), max_size=6)))
    spans = [span for span in zip(edges, edges[1:], strict=False) if draw(st.booleans())]
    return tokens, [Entity(start, end, draw(LABELS)) for start, end in spans]


@CAREFUL
@given(
    corpus=st.lists(sentences(), min_size=1, max_size=4),
    scheme=st.sampled_from(["IOB2", "IOB1", "IOBES", "BILOU"]),
    format=st.sampled_from(["conll2003", "conll2002"]),
    header=st.booleans(),
)
def test_what_is_written_reads_back(
    tmp_path: Path, corpus: list, scheme: str, format: str, header: bool
) -> None:
    options = ExportOptions(format=format, scheme=scheme, header=header)
    losses = Losses()
    written = [writable(tokens, entities, 1, losses) for tokens, entities in corpus]
    text = header_line(options, language="es") if header else ""
    text += "".join(sentence_lines(tokens, entities, options) for tokens, entities in written)
    path = tmp_path / "x.conll"
    path.write_text(text, encoding="utf-8", newline="\n")
    assert list(read_back(path, options)) == written
    imported = read_conll(
        InputFile(path, "x"), columns=Columns(), scheme=scheme, max_tokens=99, max_line_bytes=999
    )
    assert [(sentence.side.tokens, sentence.side.entities) for sentence in imported] == written
    assert {len(line.split()) for line in text.split("\n") if line} <= {4 if format == "conll2003" else 2}
    changed = sum(
        old != new
        for (tokens, _), (kept, _) in zip(corpus, written, strict=True)
        for old, new in zip(tokens, kept, strict=True)
    )
    n_said = sum(loss["n"] for loss in losses.as_report() if "token" in loss["what"])
    assert changed == n_said


@given(
    key=st.text(), seed=st.integers(0, 10), text=st.sampled_from(["80/10/10", "90/10", "100/0/0", "0/0/100"])
)
def test_a_part_is_one_of_the_split(key: str, seed: int, text: str) -> None:
    split = parse_split(text)
    assert part_of(key, split, seed) in split
    assert part_of(key, split, seed) == part_of(key, split, seed)
