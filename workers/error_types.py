"""What kinds of errors a prediction makes, counted by nervaluate."""

from collections.abc import Sequence
from typing import Any

Found = set[tuple[int, int, str]]
KINDS = ("correct", "incorrect", "partial", "missed", "spurious")


def count_error_types(gold: Sequence[Found], predicted: Sequence[Found]) -> dict[str, dict[str, int]]:
    """KINDS in each of the four SemEval 2013 readings, see `evaluate.Scores`.

    gold, predicted: (start, end, label) of each sentence's entities, half-open.
    """
    from nervaluate import Evaluator

    true, found = _rows(gold), _rows(predicted)
    labels = sorted({row["label"] for sentence in (*true, *found) for row in sentence})
    if not labels:
        return {}
    results = Evaluator(true, found, tags=labels, loader="dict").evaluate()["overall"]
    return {name: {kind: int(getattr(result, kind)) for kind in KINDS} for name, result in results.items()}


def _rows(sentences: Sequence[Found]) -> list[list[dict[str, Any]]]:
    return [
        [  # nervaluate's ends are inclusive
            {"label": label, "start": start, "end": end - 1} for start, end, label in sorted(entities)
        ]
        for entities in sentences
    ]
