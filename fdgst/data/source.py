"""Where one image and its masks come from: paths, without anything of them opened."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fdgst.data.sample import Sample

if TYPE_CHECKING:
    from fdgst.study.task import Task

Box = tuple[int, int, int, int]  # left, top, width, height, pixels of the upright image


@dataclass(frozen=True)
class Source:
    """One image's files.

    Attributes
    ----------
    name, split, group : str
        As of its sample.
    image : Path
    masks : mapping of str to Path
        For each mask column of the task its file.
    box : (left, top, width, height) or None
        The part that is taken, pixels of the upright image; None for all.
    """

    name: str
    split: str
    group: str
    image: Path
    masks: Mapping[str, Path]
    box: Box | None = None

    def load(self, task: "Task") -> Sample:
        """Read the image and its masks, see `fdgst.data.loading.load`."""
        from fdgst.data.loading import load  # only now: listing images needs no arrays

        return load(self, task)
