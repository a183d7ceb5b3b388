"""What the latest learning curve of a project says."""

from typing import Any

from annotations.models import Project


def latest_learning_curve(project: Project) -> dict[str, Any] | None:
    """The newest training with a curve, and what its last two points say of the next hundred reviews.

    next_hundred: points of F1, low and high of its interval on the same dev sentences, None in trainings that
    did not keep it. None of all when no training has two points.
    """
    for training in project.trainings.all().done()[:20]:
        points = training.learning_curve
        if len(points) > 1:
            before, last = points[-2], points[-1]
            each = 100 * 100 / max(1, last["n_gold"] - before["n_gold"])  # points of F1 for a hundred reviews
            found = {"training": training, "next_hundred": each * (last["f1"] - before["f1"])}
            bounds = {name: last.get(f"gain_{name}") for name in ("low", "high")}
            found["is_open"] = bounds["low"] is not None and bounds["low"] <= 0 <= bounds["high"]
            return found | {name: None if value is None else each * value for name, value in bounds.items()}
    return None
