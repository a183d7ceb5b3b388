"""Fine-tuning with transformers' Trainer: weighted words, early stopping on a dev part, live curves.

While it trains, `FOLDER.training/` holds checkpoints and `curve.jsonl`; the model folder itself appears whole
at the end. A training that was stopped goes on from its last checkpoint.
"""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from transformers import EarlyStoppingCallback, PrinterCallback, Trainer, TrainingArguments
from transformers.trainer_utils import set_seed
from transformers.utils.logging import disable_progress_bar

from workers import model_cache
from workers.evaluate import Scores, sentence_counts
from workers.iob2 import entities_to_tags, tags_to_entities
from workers.training.base import BaseModel, load_base
from workers.training.callbacks import CurveKeeper, Point, Stopper
from workers.training.data import TrainingSentence, labels_of, without
from workers.training.examples import NO_TAG, Collator, make_examples
from workers.training.options import TrainingOptions
from workers.training.save import Counts, save_tagger

CURVE = "curve.jsonl"


class TrainingStopped(RuntimeError):
    """Somebody asked for the end; what was learnt is in the last checkpoint."""


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """folder: the model. scores: on the dev part, by the model as it was saved. curve: one dict per point.

    dev_counts: (sentences, 3), to compare two trainings on the same dev part.
    """

    folder: Path
    scores: Scores
    dev_counts: Counts
    curve: list[Point]
    signature: str


def train(
    options: TrainingOptions,
    train_sentences: Sequence[TrainingSentence],
    dev_sentences: Sequence[TrainingSentence],
    folder: Path,
    *,
    on_point: Callable[[Point], None] = lambda point: None,
    should_stop: Callable[[], bool] = lambda: False,
    resume: bool = True,
) -> TrainingResult:
    """Fine-tune and save. on_point is told of every loss and score; should_stop is asked after every step.

    Raises TrainingStopped; ValueError when there is nothing to learn from or the folder is taken;
    ModelUnavailable.
    """
    check_data(train_sentences, dev_sentences, folder)
    work = working_folder(folder)
    if not resume:
        shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)
    model_cache.apply_threads()
    disable_progress_bar()
    set_seed(options.seed)
    tags = ["O", *(f"{part}-{label}" for label in labels_of(train_sentences) for part in "BI")]
    base = load_base(options, tags)
    tags = [base.model.config.id2label[index] for index in range(len(tags))]
    known = set(labels_of(train_sentences))
    unknown = sorted(set(labels_of(dev_sentences)) - known)
    readable = without(dev_sentences, unknown)
    curve = CurveKeeper(work / CURVE, on_point)
    stopper = Stopper(should_stop)
    trainer = WeightedTrainer(
        model=base.model,
        args=training_arguments(options, work),
        train_dataset=make_examples(train_sentences, tags, base.splitter, options, base.max_length),
        eval_dataset=make_examples(readable, tags, base.splitter, options, base.max_length),
        data_collator=Collator(base.tokenizer.pad_token_id),
        compute_metrics=lambda output: window_scores(output, tags),
        callbacks=[EarlyStoppingCallback(options.patience), curve, stopper],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train(resume_from_checkpoint=last_checkpoint(work))
    if stopper.stopped:
        raise TrainingStopped(f"stopped after step {trainer.state.global_step}")
    return finish(options, base, train_sentences, dev_sentences, folder, curve.points)


def finish(
    options: TrainingOptions,
    base: BaseModel,
    train_sentences: Sequence[TrainingSentence],
    dev_sentences: Sequence[TrainingSentence],
    folder: Path,
    curve: list[Point],
) -> TrainingResult:
    """Save the model, and score it on the dev part as it comes back from disk."""
    scores, counts, signature = save_tagger(base, options, train_sentences, dev_sentences, folder, curve)
    shutil.rmtree(working_folder(folder), ignore_errors=True)
    return TrainingResult(folder, scores, counts, curve, signature)


def check_data(
    train_sentences: Sequence[TrainingSentence], dev_sentences: Sequence[TrainingSentence], folder: Path
) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} exists and is not empty; a training writes a new folder")
    for name, sentences in (("train", train_sentences), ("dev", dev_sentences)):
        if not any(sentence.entities for sentence in sentences):
            raise ValueError(f"the {name} part has no entity in {len(sentences)} sentences")


def working_folder(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.training")


def last_checkpoint(work: Path) -> str | None:
    """The latest checkpoint that is whole. One that a killed process began to write is removed.

    The Trainer writes its own state after the weights and the optimizer's.
    """
    for folder in sorted(work.glob("checkpoint-*"), key=lambda path: -int(path.name.partition("-")[2])):
        try:
            json.loads((folder / "trainer_state.json").read_text(encoding="utf-8"))
            return str(folder)
        except (OSError, ValueError):
            shutil.rmtree(folder)
    return None


def training_arguments(options: TrainingOptions, work: Path) -> TrainingArguments:
    device = model_cache.torch_device()
    half = model_cache.torch_dtype("auto", device)
    return TrainingArguments(
        output_dir=str(work),
        num_train_epochs=options.epochs,
        per_device_train_batch_size=options.batch_size,
        per_device_eval_batch_size=4 * options.batch_size,
        learning_rate=options.learning_rate,
        warmup_steps=0.06,
        weight_decay=0.01,
        seed=options.seed,
        use_cpu=device.type == "cpu",
        bf16=half == torch.bfloat16,
        fp16=half == torch.float16,
        train_sampling_strategy="group_by_length",
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,  # with 1 only the best would be left of a stopped training
        load_best_model_at_end=True,
        metric_for_best_model="f1",
        logging_steps=10,
        dataloader_pin_memory=device.type == "cuda",
        remove_unused_columns=False,
        label_names=["labels"],
        disable_tqdm=True,
        report_to="none",
    )


class WeightedTrainer(Trainer):
    """Cross entropy over the words of a batch, each counted by its weight."""

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:
        weights, labels = inputs.pop("weights"), inputs.pop("labels")
        outputs = model(**inputs)
        losses = cross_entropy(
            outputs.logits.float().transpose(1, 2), labels, ignore_index=NO_TAG, reduction="none"
        )  # (batch, longest)
        loss = (losses * weights).sum() / weights.sum().clamp(min=1e-6)
        return (loss, outputs) if return_outputs else loss

    def prediction_step(
        self, model: Any, inputs: dict[str, Any], prediction_loss_only: bool, ignore_keys: Any = None
    ) -> Any:
        labels = inputs["labels"]
        inputs = self._prepare_inputs(inputs)
        with torch.inference_mode():
            loss, outputs = self.compute_loss(model, dict(inputs), return_outputs=True)
        return loss, outputs.logits.argmax(-1), labels


def window_scores(output: Any, tags: Sequence[str]) -> dict[str, float]:
    """Strict F1 over windows, for choosing an epoch; inside tags that continue nothing begin an entity."""
    gold, found = [], []
    for labels, predicted in zip(output.label_ids, output.predictions, strict=True):
        kept = labels != NO_TAG
        gold.append([tags[index] for index in labels[kept]])
        names = [tags[index] for index in predicted[kept]]
        found.append(entities_to_tags(tags_to_entities(names, lenient=True), len(names)))
    right, spurious, missed = sentence_counts(gold, found).sum(axis=0)
    return {"f1": float(2 * right / np.maximum(2 * right + spurious + missed, 1))}
