"""What goes through the pipeline and what comes out of it: sides, pairs, results; and a pair under work."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from workers.align import Alignment
from workers.markers import MarkedTranslation
from workers.project import Projection
from workers.spans import Entity
from workers.tokens import tokenize
from workers.translate import TranslationKey

LIKELY = 0.5  # of a target tagger alone; what it doubts itself is no help to a reviewer
STATUSES = ("done", "no-entities", "empty", "failed", "outdated")
ALIGNMENT, MARKERS, BACK_TRANSLATION, TAGGER = VIA = ("alignment", "markers", "back-translation", "tagger")


@dataclass(frozen=True, slots=True)
class Side:
    """A sentence. offsets: flat, [start_0, end_0, start_1, ...] in code points of `text`."""

    text: str
    offsets: Sequence[int]
    tokens: Sequence[str]

    @property
    def char_spans(self) -> list[tuple[int, int]]:
        """(start_char, end_char) of each token."""
        return list(zip(self.offsets[::2], self.offsets[1::2], strict=True))


def side_of(text: str, offsets: Sequence[int]) -> Side:
    """A side with the tokens that stand at its offsets."""
    return Side(text, offsets, [text[a:b] for a, b in zip(offsets[::2], offsets[1::2], strict=True)])


def tokenized_side(text: str, language: str) -> Side:
    """A side cut into tokens by the rules of imports. language: BCP 47."""
    return side_of(text, tokenize(text, language))


@dataclass(frozen=True, slots=True)
class PairInput:
    """One sentence pair.

    entities: sorted, not overlapping source spans, or None when it is unlabelled.
    open_side: "source" or "target" where that side is not there, or is a translation that nobody has fixed,
        so that a run may make it; else "". text_version: of the pair when it was loaded.
    """

    pair_id: int
    source: Side
    target: Side
    entities: Sequence[Entity] | None = None
    open_side: str = ""
    text_version: int = 0

    @property
    def source_tokens(self) -> Sequence[str]:
        return self.source.tokens

    @property
    def target_tokens(self) -> Sequence[str]:
        return self.target.tokens


@dataclass(frozen=True, slots=True)
class MadeSide:
    """A side that the run translated. name: "source" or "target"; key: of the translation it comes from."""

    name: str
    side: Side
    key: TranslationKey


@dataclass(frozen=True, slots=True)
class PairOutput:
    """What became of one pair.

    status: one of STATUSES; message: the reason when it is "empty", "failed" or "outdated".
    entities: the source entities, given or, where `tagged`, found; projections: one for each, in their order;
        via: how each was found, of VIA, "alignment" where it is left out.
    target_entities: where the target was tagged directly, what was found; each is a candidate.
    extras: else, what a target tagger found that shares no word with a projection; candidates too.
    alignment: its links, also when the projection failed; None when there is none.
    made: the side that the run translated. flags: names of FLAGS and MARKER_FLAGS.
    """

    pair_id: int
    status: str
    message: str = ""
    entities: Sequence[Entity] = ()
    tagged: bool = False
    alignment: Alignment | None = None
    projections: Sequence[Projection] = ()
    via: Sequence[str] = ()
    target_entities: Sequence[Entity] = ()
    extras: Sequence[Entity] = ()
    made: MadeSide | None = None
    flags: Sequence[str] = ()
    text_version: int = 0


@dataclass(slots=True)
class Work:
    """A pair on its way through the stages. Once it has a status, no stage takes it up again.

    target_entities: of the target tagger, None when none was run. marked: the translation with its markers.
    """

    pair: PairInput
    source: Side
    target: Side
    entities: Sequence[Entity] | None
    status: str = ""
    message: str = ""
    flags: list[str] = field(default_factory=list)
    made: MadeSide | None = None
    marked: MarkedTranslation | None = None
    target_entities: Sequence[Entity] | None = None
    alignment: Alignment | None = None
    projections: Sequence[Projection] = ()
    via: Sequence[str] = ()

    @classmethod
    def of(cls, pair: PairInput) -> "Work":
        return cls(pair, pair.source, pair.target, pair.entities)

    @property
    def known_entities(self) -> Sequence[Entity]:
        return self.entities or ()

    def end(self, status: str, message: str) -> None:
        self.status, self.message = status, message

    def make(self, name: str, side: Side, key: TranslationKey, flags: Sequence[str]) -> None:
        """Take a translation as the side called `name`."""
        self.made = MadeSide(name, side, key)
        self.flags += flags
        if name == "source":
            self.source = side
        else:
            self.target = side

    def output(self, *, direct: bool = False) -> PairOutput:
        """direct: the target was tagged directly, and its entities are the result."""
        found = self.target_entities or () if direct else ()
        extras = () if direct else self.extras()
        return PairOutput(
            pair_id=self.pair.pair_id,
            status=self.status or ("done" if found or extras or self.entities else "no-entities"),
            message=self.message,
            entities=() if direct else tuple(self.known_entities),
            tagged=not direct and self.pair.entities is None,
            alignment=self.alignment,
            projections=tuple(self.projections),
            via=tuple(self.via),
            target_entities=tuple(found),
            extras=tuple(extras),
            made=self.made,
            flags=tuple(dict.fromkeys(self.flags)),
            text_version=self.pair.text_version,
        )

    def extras(self) -> Sequence[Entity]:
        """What only the target tagger saw, and thinks likely: no word of it is in a projection's span.

        () of a pair that failed.
        """
        if self.status:
            return ()
        spans = [projection.span for projection in self.projections if projection.span]
        likely = [entity for entity in self.target_entities or () if entity.score >= LIKELY]
        return [entity for entity in likely if not any(entity.span.overlaps(span) for span in spans)]


def unfinished(work: Sequence[Work]) -> list[Work]:
    """Those that have no status yet."""
    return [one for one in work if not one.status]
