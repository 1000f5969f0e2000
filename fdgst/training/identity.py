"""One training: whose it is, what it reads, and where it writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fdgst.study.slices import Live
from fdgst.training.needs import needs


@dataclass(frozen=True)
class TrainingRun:
    """One training: its identity, its inputs, and where it writes.

    Attributes
    ----------
    stage : {'pretrain', 'main'}
    method : str
        Id of the row; names the run in messages, draws nothing.
    trainer : str
        Name of the trainer, see `fdgst.training.needs`.
    options : mapping
        Of the trainer.
    augmentation : str
        Id of the augmentation whose shards the run is given; ``none`` for originals alone.
    unseen : str
        Id of the domain held out; refused among the inputs, unless the trainer is an upper bound, which trains on it
        alone.
    seed : int
        Training seed.
    rois, shards : tuple of Path
        One ROI file per source domain, which sets the order of the domains; stylised copies, one file per pair.
    reference : tuple of Path
        ROI files that only lend their number of training images, so that an upper bound gets the budget of the others.
    start : Path or None
        Weights to begin with.
    checkpoints, out : Path
        Folders: of the state to resume from, and of the results.
    live : Live or None
        How copies are made at every step; None: from shards, or not at all.
    banks : tuple of Path
        Soft banks of the sources, in their order, where copies are made at every step at ROI size.
    """

    stage: str
    method: str
    trainer: str
    options: Mapping[str, Any]
    augmentation: str
    unseen: str
    seed: int
    rois: tuple[Path, ...]
    shards: tuple[Path, ...]
    reference: tuple[Path, ...]
    start: Path | None
    checkpoints: Path
    out: Path
    live: Live | None = None
    banks: tuple[Path, ...] = ()

    @property
    def is_upper_bound(self) -> bool:
        """Whether the run trains on the unseen domain itself."""
        return needs(self.trainer).unseen

    @property
    def draws_by(self) -> tuple[str | int, ...]:
        """What the run's random draws are named by: not its method, so that rows differ by their method alone."""
        return self.stage, self.unseen, self.seed

    def __str__(self) -> str:
        """Name the run in messages."""
        return f"{self.method} without {self.unseen}, seed {self.seed}"
