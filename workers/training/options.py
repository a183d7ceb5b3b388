"""What a training is asked for."""

from dataclasses import asdict, dataclass
from typing import Any

from workers.signature import digest

WEIGHTS = ("equal", "confidence")
LEFT_OUT = ("skip", "count")
SIDES = ("both", "target")


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """model: "packaged", a Hugging Face id, or a folder; a classifier that has the same labels goes on from
        where it was.
    layers: how many of its layers are kept, from below; None keeps all.
    frozen_layers: how many of those stay as they are; the embeddings stay unless train_embeddings.
    sides: "both" learns from the labelled source sides of an export as well, "target" does not.
    left_out: where an entity may be that the projection left out, "skip" learns nothing from those words;
        "count" takes them for no entity.
    weights: "equal" counts all words alike, "confidence" counts a silver entity's words by its confidence,
        and the other words of a silver sentence by silver_weight.
    silver_weight: above 0 and at most 1, against 1 in gold; read by the weights "confidence" only.
    patience: epochs without a better F1 on the dev part after which training ends.
    max_length: subwords that are read at once in training; longer sentences are cut into windows.
    """

    model: str = "packaged"
    layers: int | None = None
    frozen_layers: int = 0
    train_embeddings: bool = False
    sides: str = "both"
    left_out: str = "skip"
    weights: str = "equal"
    silver_weight: float = 1.0
    epochs: int = 10
    patience: int = 2
    batch_size: int = 16
    learning_rate: float = 1e-4
    max_length: int = 192
    seed: int = 0

    def __post_init__(self) -> None:
        for name, known in (("weights", WEIGHTS), ("left_out", LEFT_OUT), ("sides", SIDES)):
            value = getattr(self, name)
            if value not in known:
                raise ValueError(f"unknown {name} {value!r}; known: {', '.join(known)}")
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
