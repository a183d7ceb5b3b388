"""Inputs from a seed: scraps of what readers expect, put together and spoiled. The same for the same seed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random

SCRAPS = [
    *(
        b"\n",
        b"\r\n",
        b"\r",
        b"\t",
        b" ",
        b"",
        b"\n\n",
        b"\n%%%%\n",
        b"\x00",
        b"\xef\xbb\xbf",
        b"\xff",
        b"\xed\xa0\x80",
    ),
    *(b"O", b"B-PER", b"I-PER", b"I-LOC", b"S-LOC", b"E-LOC", b"L-PER", b"U-ORG", b"B-", b"-PER", b"B-PER-X"),
    *(
        b"Ana O\n",
        b"Ruiz I-PER\n",
        b"-DOCSTART- -X- O O\n",
        b"# id = 1\n",
        b"# text = Ana\n",
        b"#projector: {}\n",
    ),
    *(b"0-0", b"1-2", b"9999999999-1", b"-1-0", b"0-", b"0" * 5000, "٣-٣".encode()),
    *(b"source\ttarget\n", b"id\tsource\ttarget\tdomain\n", b"a b\tc d\n", b'"', b"'", b"=cmd|'/c calc'!A1"),
    *(
        b'{"source": "a b", "target": ["c", "d"], ',
        b'"target_entities": [[0, 1, "PER"]]}\n',
        b'"kind": "gold"',
    ),
    *(
        b'{"start": 0, "end": 1, "label": "PER", "confidence": 1e3}',
        b'"target_entities": [',
        b'"source": ',
        b"null",
    ),
    *(b'"\\ud800"', b'"\\u0000"', b"NaN", b"1e999", b"-1", b"1" * 400, b"[" * 3000, b'{"a":' * 1000, b"true"),
    *(
        b'{"sentence": 0, "target": {"start": 0, "end": 1}, "confidence": 0.5}\n',
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
    ),
    *(
        text.encode()
        for text in ("é", "e\u0301", "\u200d", "\u200c", "👩\u200d👧", "𠀀𪚥", "\u202e", "\u200f", "\u2028")
    ),
    *(
        text.encode()
        for text in ("\u00a0", "\u3000", "\ufeff", "日本語。", "ภาษาไทย", "العربية", "\U0010ffff", "…")
    ),
    *(
        b"en",
        b"es-419",
        b"zh-Hant-TW",
        b"x-y",
        b"i-klingon",
        b"a" * 600,
        b"-",
        b"=",
        b"PERSON=PER",
        b"NORP=-",
        b"80/10/10",
    ),
    *(
        b"PK\x03\x04",
        b"\x1f\x8b\x08",
        b"%PDF",
        b"\xff\xfea\x00",
        b"<script>",
        b"../../x",
        b"%s%n",
        b"\x1b[2J",
    ),
]
GOOD = [
    b'{"source": ["Ana", "sings"], "target": ["Ana", "canta"], "kind": "gold", "target_entities": '
    b'[{"start": 0, "end": 1, "label": "PER"}]}\n',
    b"Ana B-PER\nRuiz I-PER\nsings O\n\nMadrid B-LOC\n",
    b"Ana sings\tAna canta\n\tx\n",
    b"Ana sings .\nBob runs .\n\n%%%%\nAna canta .\nBob corre .\n",
    b"0-0 1-1\n0-2\n",
]


def make_inputs(seed: object, n: int) -> Iterator[bytes]:
    """n inputs: half of them scraps, a third spoiled good files, the rest noise."""
    dice = Random(str(seed))  # noqa: S311 (no secret)
    for _ in range(n):
        draw = dice.random()
        if draw < 0.5:
            yield b"".join(dice.choices(SCRAPS, k=dice.randrange(1, 25)))
        elif draw < 0.85:
            yield spoil(b"".join(dice.choices(GOOD, k=dice.randrange(1, 4))), dice)
        else:
            yield dice.randbytes(dice.randrange(0, 120))


def spoil(content: bytes, dice: Random) -> bytes:
    """The content with some of it cut, doubled, changed or replaced by a scrap."""
    for _ in range(dice.randrange(1, 6)):
        at = dice.randrange(len(content) + 1)
        end = min(len(content), at + dice.randrange(1, 9))
        match dice.randrange(4):
            case 0:
                content = content[:at] + content[end:]
            case 1:
                content = content[:at] + dice.choice(SCRAPS) + content[at:]
            case 2:
                content = content[:end] + content[at:]
            case _:
                content = content[:at] + dice.randbytes(end - at) + content[end:]
    return content


def odd_values(seed: object) -> Iterator[str]:
    """Values for the fields of forms and addresses, without an end: what is never sent by a page."""
    dice = Random(str(seed))  # noqa: S311 (no secret)
    numbers = [
        "0",
        "-1",
        "1e9",
        "2147483648",
        "9223372036854775808",
        "9" * 5000,
        "0x10",
        " 1 ",
        "٣",
        "1.5",
        "NaN",
    ]
    texts = [
        "",
        " ",
        "\0",
        "a\0b",
        "\ud800",
        "x" * 20_000,
        "'; --",
        "%00",
        "../..",
        "<script>",
        "=1+1",
        "\u202e",
        "👩\u200d👧",
    ]
    words = [
        "en",
        "on",
        "auto",
        "all",
        "null",
        "true",
        "PER",
        "label:PER",
        "start-out",
        "place",
        "{}",
        "[]",
        '{"a": 1}',
    ]
    deep = [
        "[" * 100_000,
        '{"a":' * 20_000,
        json.dumps({"model": "../../etc/passwd"}),
        '{"model": ["x"]}',
        "[[0, 1e400]]",
    ]
    pool = [*numbers * 2, *texts * 2, *words, *deep]
    while True:
        yield dice.choice(pool)
