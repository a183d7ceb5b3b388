"""What is done at every step of a training: losses and scores are kept and told; it may be ended."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

Point = dict[str, Any]


class CurveKeeper(TrainerCallback):
    """Writes every point of the curve as one JSON line, and tells whoever listens."""

    def __init__(self, path: Path, on_point: Callable[[Point], None]) -> None:
        self.path = path
        self.on_point = on_point
        self.points: list[Point] = []
        if path.exists():
            *lines, _unfinished = path.read_text(encoding="utf-8").split("\n")
            self.points = [json.loads(line) for line in lines]
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def on_log(self, args: Any, state: Any, control: Any, **values: Any) -> None:
        wanted = {"loss": "loss", "eval_loss": "dev_loss", "eval_f1": "dev_f1"}
        logs = values["logs"]
        found = {wanted[key]: round(float(value), 6) for key, value in logs.items() if key in wanted}
        if not found:
            return
        self.points = [point for point in self.points if point["step"] <= state.global_step]
        point = {
            "step": state.global_step,
            "of": state.max_steps,
            "epoch": round(state.epoch or 0, 3),
            **found,
        }
        self.points.append(point)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(point) + "\n")
        self.on_point(point)


class Stopper(TrainerCallback):
    """Ends the training with a checkpoint as soon as somebody asks for it."""

    def __init__(self, should_stop: Callable[[], bool]) -> None:
        self.should_stop = should_stop
        self.stopped = False

    def on_step_end(self, args: Any, state: Any, control: Any, **values: Any) -> None:
        if self.should_stop():
            self.stopped = True
            control.should_training_stop = control.should_save = True
