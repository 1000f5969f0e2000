"""The losses of a training: on the device until somebody looks, then rows of the history."""

import csv
import io
import math
from dataclasses import dataclass, field

import torch

from fdgst.errors import TrainingError

COLUMNS = ("step", "epoch", "learning_rate", "loss")


@dataclass
class Ledger:
    """Collects losses.

    Attributes
    ----------
    log_steps : int
        Steps to a row.
    history : list of dict
        Rows: step and epoch of the row's last step, both counted from 1, its learning_rate, and the mean loss of the
        row's steps.
    pending : list of float
        Losses of the row to come.
    """

    log_steps: int
    history: list[dict[str, float]] = field(default_factory=list)
    pending: list[float] = field(default_factory=list)
    _waiting: list[torch.Tensor] = field(default_factory=list)

    def add(self, loss: torch.Tensor) -> None:
        """Note the loss of a step, a scalar on the device, without waiting for it."""
        self._waiting.append(loss)

    def look(self, step: int) -> None:
        """Fetch the losses up to `step`, the one just done, counted from 0.

        Raises
        ------
        TrainingError
            If one is not finite; it names the first such step, counted from 1.
        """
        if not self._waiting:
            return
        losses = torch.stack(self._waiting).tolist()
        self._waiting.clear()
        for number, loss in enumerate(losses, start=step + 2 - len(losses)):
            if not math.isfinite(loss):
                raise TrainingError(f"loss is {loss} at step {number}")
        self.pending += losses

    def close_row(self, step: int, epoch: int, learning_rate: float) -> dict[str, float]:
        """Turn the losses since the last row into one, which ends with `step` of `epoch`, both counted from 0."""
        mean = math.fsum(self.pending) / len(self.pending)
        self.history.append(dict(zip(COLUMNS, (step + 1, epoch + 1, learning_rate, mean), strict=True)))
        self.pending.clear()
        return self.history[-1]

    def csv(self) -> str:
        """Return the history as the text of history.csv."""
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.history)
        return text.getvalue()
