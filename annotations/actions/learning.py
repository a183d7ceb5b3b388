"""What the latest learning curve of a project says."""

from typing import Any

from annotations.models import Project


def latest_learning_curve(project: Project) -> dict[str, Any] | None:
    """The newest training with a curve, and what its last two points say of the next hundred reviews.

    next_hundred: points of F1; None of all when no training has two points.
    """
    for training in project.trainings.all().done()[:20]:
        points = training.learning_curve
        if len(points) > 1:
            before, last = points[-2], points[-1]
            reviews = max(1, last["n_gold"] - before["n_gold"])
            gain = 100 * (last["f1"] - before["f1"]) * 100 / reviews
            return {"training": training, "next_hundred": gain}
    return None
