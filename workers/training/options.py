"""What a training is asked for."""

from dataclasses import asdict, dataclass
from typing import Any

from workers.signature import digest

WEIGHTS = ("confidence", "equal")


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """model: "packaged", a Hugging Face id, or a folder; a classifier that has the same labels goes on from
        where it was.
    layers: how many of its layers are kept, from below; None keeps all.
    frozen_layers: how many of those stay as they are; the embeddings stay unless train_embeddings.
    weights: "confidence" counts a silver entity's words by its confidence, "equal" counts all alike.
    silver_weight: what the other words of a silver sentence count, against 1 in gold.
    patience: epochs without a better F1 on the dev part after which training ends.
    max_length: subwords that are read at once in training; longer sentences are cut into windows.
    """

    model: str = "packaged"
    layers: int | None = None
    frozen_layers: int = 0
    train_embeddings: bool = False
    weights: str = "confidence"
    silver_weight: float = 1.0
    epochs: int = 10
    patience: int = 2
    batch_size: int = 16
    learning_rate: float = 1e-4
    max_length: int = 192
    seed: int = 0

    def __post_init__(self) -> None:
        if self.weights not in WEIGHTS:
            raise ValueError(f"unknown weights {self.weights!r}; known: {', '.join(WEIGHTS)}")
        for name in ("epochs", "patience", "batch_size", "layers"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1, not {value}")
        if self.frozen_layers < 0:
            raise ValueError(f"frozen_layers must be at least 0, not {self.frozen_layers}")
        if not 0 < self.silver_weight <= 1:
            raise ValueError(f"silver_weight must be above 0 and at most 1, not {self.silver_weight}")
        if not 0 < self.learning_rate < 1:
            raise ValueError(f"learning_rate must be between 0 and 1, not {self.learning_rate}")
        if self.max_length < 16:
            raise ValueError(f"max_length must be at least 16, not {self.max_length}")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def signature(self) -> str:
        return digest(self.to_dict())
