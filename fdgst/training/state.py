"""The state of a training: how far it has come, what it has learnt so far, and how it goes on after an interruption."""

import csv
import io
import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import torch

from fdgst.core.seeding import seed
from fdgst.errors import TrainingError
from fdgst.training import results
from fdgst.training.checkpoint import Checkpoints
from fdgst.training.methods.trainer import Trainer
from fdgst.training.schedule import Schedule

log = logging.getLogger(__name__)
COLUMNS = ("step", "epoch", "learning_rate", "loss")


@dataclass
class TrainingState:
    """A training under way.

    Attributes
    ----------
    name : str
        Of the run, for messages.
    draws_by : tuple
        Stage, unseen domain and seed: with the step, what dropout and the trainers draw from torch's generator.
    trainer : Trainer
        The network, its optimiser, and how a step is made.
    plan : Schedule
        How many steps there are, and how fast each one learns.
    checkpoints : Checkpoints
        Where the state is saved.
    checkpoint_seconds : float
        Between two saves.
    threads : int
        In use; saved, because the number of threads is part of the arithmetic.
    log_steps : int
        Steps to a row of the history.
    snapshot_epochs : int
        Keep the weights at the end of every so many epochs; 0: never.
    row_done : callable
        Is given every new row of the history.
    step : int
        Steps that are done.
    history : list of dict
        The rows so far: step and epoch of the row's last step, both counted from 1, its learning_rate, and the mean
        loss of the row's steps.
    losses : list of float
        Losses of the row to come, as far as somebody has looked at them.
    interruptions : int
        How often the training went on from a checkpoint.
    """

    name: str
    draws_by: tuple[str | int, ...]
    trainer: Trainer
    plan: Schedule
    checkpoints: Checkpoints
    checkpoint_seconds: float
    threads: int
    log_steps: int
    snapshot_epochs: int
    row_done: Callable[[Mapping[str, float]], None] = lambda row: None
    step: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    interruptions: int = 0
    _waiting: list[torch.Tensor] = field(default_factory=list)
    _seconds_before: float = 0.0
    _begun: float = field(default_factory=monotonic)
    _saved: float = field(default_factory=monotonic)

    @property
    def over(self) -> bool:
        """Whether the last step is done."""
        return self.step >= self.plan.steps

    @property
    def epoch(self) -> int:
        """The epoch of the step that was done last, counted from 1."""
        return (self.step - 1) // self.plan.steps_per_epoch + 1

    @property
    def seconds(self) -> float:
        """How long the training has taken, earlier attempts up to their last checkpoint included."""
        return self._seconds_before + monotonic() - self._begun

    def resume(self, saved: Mapping[str, Any]) -> None:
        """Go on where a checkpoint was written."""
        self.trainer.load_state(saved["trainer"])
        self.step, self.history, self.losses = saved["step"], saved["history"], saved["losses"]
        self.interruptions, self._seconds_before = saved["interruptions"] + 1, saved["seconds"]
        log.info("%s: going on after step %d of %d", self.name, self.step, self.plan.steps)

    def begin_step(self) -> None:
        """Set what the next step depends on besides its batch: the draws of dropout, and the learning rate."""
        # seeded by the step, so that there is no state of a generator to be saved
        torch.manual_seed(seed("step", *self.draws_by, self.step))
        for group in self.trainer.optimiser.param_groups:
            group["lr"] = self.plan.rate(self.step)

    def end_step(self, loss: torch.Tensor) -> None:
        """Count a step and note its loss, a scalar on the device, without waiting for it."""
        self._waiting.append(loss)
        self.step += 1

    def look(self) -> None:
        """Fetch the losses that nobody has looked at.

        Raises
        ------
        TrainingError
            If one is not finite; it names the first such step, counted from 1.
        """
        if not self._waiting:
            return
        losses = torch.stack(self._waiting).tolist()
        self._waiting.clear()
        for number, loss in enumerate(losses, start=self.step + 1 - len(losses)):
            if not math.isfinite(loss):
                raise TrainingError(f"loss is {loss} at step {number}")
        self.losses += losses

    def row_is_due(self) -> bool:
        """Tell whether a row of the history ends with the step that was done last."""
        return self.step % self.log_steps == 0 or self.over

    def close_row(self) -> None:
        """Make the losses since the last row into a row of the history."""
        self.look()
        mean = math.fsum(self.losses) / len(self.losses)
        values = (self.step, self.epoch, self.plan.rate(self.step - 1), mean)
        self.history.append(dict(zip(COLUMNS, values, strict=True)))
        self.losses.clear()
        self.row_done(self.history[-1])

    def snapshot_is_due(self) -> bool:
        """Tell whether the step that was done last ends an epoch whose weights are kept."""
        epochs, left = divmod(self.step, self.plan.steps_per_epoch)
        return bool(self.snapshot_epochs) and not left and epochs % self.snapshot_epochs == 0

    def keep_snapshot(self) -> None:
        """Keep the weights of now, beside the checkpoints until the training is over."""
        path = self.checkpoints.folder / results.SNAPSHOTS / f"epoch{self.epoch:04d}.safetensors"
        results.save_model(path, self.trainer.weights())

    def save_is_due(self) -> bool:
        """Tell whether the last save is too long ago."""
        return monotonic() - self._saved >= self.checkpoint_seconds

    def save(self) -> None:
        """Write a checkpoint.

        Raises
        ------
        TrainingError
            If a loss or a weight is not finite: then the checkpoints there are the last good ones.
        """
        self.look()
        self.check()
        kept = {
            "trainer": self.trainer.state(),
            "history": self.history,
            "losses": self.losses,
            "seconds": self.seconds,
            "threads": self.threads,
            "interruptions": self.interruptions,
        }
        self.checkpoints.save(self.step, kept)
        self._saved = monotonic()

    def check(self) -> None:
        """Raise TrainingError if a weight or a running statistic is not finite."""
        floats = {name: tensor for name, tensor in self.trainer.weights().items() if tensor.is_floating_point()}
        finite = torch.stack(
            [torch.isfinite(tensor).all() for tensor in floats.values()]
        )  # asked for once, not for each
        for name, good in zip(floats, finite.tolist(), strict=True):
            if not good:
                raise TrainingError(f"{name} is not finite after step {self.step}")

    def csv(self) -> str:
        """Return the history as the text of history.csv."""
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.history)
        return text.getvalue()
