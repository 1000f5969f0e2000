"""Keeping a training's state: when it is time, and only while every weight is finite."""

from collections.abc import Mapping
from time import monotonic
from typing import Any

import torch

from fdgst.errors import TrainingError
from fdgst.training.checkpoint import Checkpoints
from fdgst.training.ledger import Ledger
from fdgst.training.methods.trainer import Trainer


class Keeper:
    """Saves the state of a training, and knows how long the training has taken in all.

    Parameters
    ----------
    checkpoints : Checkpoints
    trainer : Trainer
    ledger : Ledger
    seconds : float
        Between two checkpoints.
    threads : int
        In use; part of the state, because a number of threads is part of the arithmetic.
    resumed : mapping or None
        The checkpoint that the training goes on from.
    """

    def __init__(
        self,
        checkpoints: Checkpoints,
        trainer: Trainer,
        ledger: Ledger,
        *,
        seconds: float,
        threads: int,
        resumed: Mapping[str, Any] | None,
    ) -> None:
        self.checkpoints, self.trainer, self.ledger, self.threads = checkpoints, trainer, ledger, threads
        self.interruptions = resumed["interruptions"] + 1 if resumed else 0
        self._interval = seconds
        self._seconds_before = resumed["seconds"] if resumed else 0.0
        self._begun = self._saved = monotonic()

    def due(self) -> bool:
        """Tell whether the last save is too long ago."""
        return monotonic() - self._saved >= self._interval

    def seconds(self) -> float:
        """Return how long the training has taken, earlier attempts up to their last checkpoint included."""
        return self._seconds_before + monotonic() - self._begun

    def save(self, steps: int) -> None:
        """Save the state after so many steps.

        Raises
        ------
        TrainingError
            If a weight is not finite: then the checkpoints there are the last good ones.
        """
        self.check(steps)
        state = {
            "trainer": self.trainer.state(),
            "history": self.ledger.history,
            "pending": self.ledger.pending,
            "seconds": self.seconds(),
            "threads": self.threads,
            "interruptions": self.interruptions,
        }
        self.checkpoints.save(steps, state)
        self._saved = monotonic()

    def check(self, steps: int) -> None:
        """Raise TrainingError if a weight or a running statistic is not finite after so many steps."""
        for name, tensor in self.trainer.weights().items():
            if tensor.is_floating_point() and not torch.isfinite(tensor).all():
                raise TrainingError(f"{name} is not finite after step {steps}")
