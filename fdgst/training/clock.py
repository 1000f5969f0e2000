"""How much of a step goes into its data: wall clock on a CPU, events on a GPU, which nobody waits for."""

from time import perf_counter
from typing import Any

import torch


class DataClock:
    """Times steps in three marks: `begin`, `data_done`, `end`.

    Parameters
    ----------
    device : torch.device
    """

    def __init__(self, device: torch.device) -> None:
        self._on_gpu = device.type == "cuda"
        self._marks: list[Any] = []
        self._open: list[tuple[Any, Any, Any]] = []
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

    def share(self) -> float:
        """Return the share of the data in all steps marked so far; on a GPU call it when the steps are over anyway."""
        for begin, middle, end in self._open:
            self.data_seconds += self._between(begin, middle)
            self.seconds += self._between(begin, end)
        self._open.clear()
        return self.data_seconds / self.seconds if self.seconds else 0.0

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
