"""How much of the training's time is spent on getting its batches, rather than on learning from them.

A training warns when that share is large, and writes it into run.json. On a CPU times are read from the wall clock. A
GPU works through a queue and is behind the program, so that there the marks are events, put into the queue with the
work and read when it has passed them: measuring makes nobody wait.
"""

import logging
from time import perf_counter
from typing import Any

import torch

log = logging.getLogger(__name__)
LARGE_SHARE = 0.1  # of a step, above which the data path is worth a warning
WARN_SECONDS = 30.0  # of training, before that a share says little


class DataClock:
    """Times steps by three marks each, `begin`, `data_done` and `end`, and adds them up when `look` is called.

    Parameters
    ----------
    device : torch.device
        On which the steps are made.

    Attributes
    ----------
    data_seconds, seconds : float
        Time that the batches took, and the whole steps, up to the last look.
    """

    def __init__(self, device: torch.device) -> None:
        self._on_gpu = device.type == "cuda"
        self._marks: list[Any] = []
        self._open: list[tuple[Any, Any, Any]] = []
        self._warned = False
        self.data_seconds = self.seconds = 0.0

    def begin(self) -> None:
        """Mark the beginning of a step."""
        self._marks = [self._now()]

    def data_done(self) -> None:
        """Mark that the batch is there (on a GPU: that its making is queued)."""
        self._marks.append(self._now())

    def end(self) -> None:
        """Mark the end of the step."""
        begin, middle, end = *self._marks, self._now()
        self._open.append((begin, middle, end))

    @property
    def share(self) -> float:
        """Share of the data in all steps up to the last look, 0 to 1."""
        return self.data_seconds / self.seconds if self.seconds else 0.0

    def look(self) -> None:
        """Sum up the steps marked so far, and warn once if the data take too long; on a GPU when steps are over."""
        for begin, middle, end in self._open:
            self.data_seconds += self._between(begin, middle)
            self.seconds += self._between(begin, end)
        self._open.clear()
        if self.share > LARGE_SHARE and self.seconds >= WARN_SECONDS and not self._warned:
            advice = "where pixels are read by chunk, a larger resident_gib keeps them in memory"
            log.warning("the data path takes %.0f %% of a step; %s", 100 * self.share, advice)
            self._warned = True

    def _now(self) -> Any:
        """Return a mark."""
        if not self._on_gpu:
            return perf_counter()
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def _between(self, first: Any, second: Any) -> float:
        """Return the seconds between two marks."""
        if not self._on_gpu:
            return second - first
        second.synchronize()
        return first.elapsed_time(second) / 1000
