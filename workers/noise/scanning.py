"""Recognition errors of scanned text: strokes that split, join, or are taken for their like.

The table is of printed shapes that resemble each other, per script; see Namysl et al. (2020) for their effect
on entity recognition.
"""

from random import Random

ALIKE: tuple[tuple[str, ...], ...] = (
    ("rn", "m"), ("cl", "d"), ("vv", "w"), ("nn", "m"), ("li", "h"), ("ri", "n"), ("ii", "u"), ("fi", "h"),
    ("l", "1", "I", "i", "|"), ("O", "0", "Q", "D"), ("o", "0", "c", "e"), ("S", "5", "s"), ("B", "8"),
    ("Z", "2"), ("z", "2"), ("G", "6", "C"), ("g", "9", "q"), ("b", "h", "6"), ("c", "e"), ("u", "n", "v"),
    ("f", "t"), ("E", "F"), ("P", "R"), ("M", "N"), ("U", "V"), ("y", "v"), ("a", "o"), ("k", "lc"),
    ("ɛ", "e", "s"), ("ɔ", "o", "c"), ("ŋ", "n"), ("ɓ", "b"), ("ɗ", "d"), ("ƙ", "k"), ("ẹ", "e"), ("ọ", "o"),
    ("ṣ", "s"), ("ñ", "n"), ("é", "e"), ("è", "e"), ("á", "a"), ("à", "a"), ("ó", "o"), ("ò", "o"),
    ("í", "i"), ("ú", "u"), ("ç", "c"), ("ü", "u", "ii"), ("ö", "o"), ("ä", "a"),
    ("и", "н", "п"), ("ш", "щ", "ц"), ("с", "е", "о"), ("ь", "ъ", "б"), ("л", "п"), ("З", "3", "Э"),
    ("ب", "ت", "ث", "ن"), ("ج", "ح", "خ"), ("د", "ذ"), ("ر", "ز"), ("س", "ش"), ("ص", "ض"), ("ع", "غ"),
    ("ف", "ق"), ("ו", "ז", "ן"), ("ה", "ח", "ת"), ("ב", "כ"), ("ד", "ר"),
    ("日", "曰", "目"), ("己", "已", "巳"), ("未", "末"), ("土", "士"), ("大", "太", "犬"),
    ("ソ", "ン"), ("シ", "ツ"),
)  # fmt: skip
MISREAD: dict[str, tuple[str, ...]] = {}
for _group in ALIKE:
    for _text in _group:
        _others = tuple(other for other in _group if other != _text)
        MISREAD[_text] = tuple(sorted({*MISREAD.get(_text, ()), *_others}))
_LONGEST = max(map(len, MISREAD))


def misread(token: str, chance: Random, _language: str) -> str:
    """One shape of the word taken for another; words without such a shape stay as they are."""
    places = [
        (start, start + length)
        for start in range(len(token))
        for length in range(1, _LONGEST + 1)
        if start + length <= len(token) and token[start : start + length] in MISREAD
    ]
    if not places:
        return token
    start, end = chance.choice(places)
    return token[:start] + chance.choice(MISREAD[token[start:end]]) + token[end:]
