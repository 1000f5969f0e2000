"""Where one image and its masks come from: paths, without anything of them opened."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fdgst.data.sample import Entry, Sample

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

    def entry(self, task: "Task", carried: Mapping[str, str] | None = None) -> Entry:
        """Return the image as an entry, which `fdgst.data.loading.load` loads; `carried` as of the entry."""

        def loaded() -> Sample:
            from fdgst.data.loading import load  # only now: listing images needs no arrays

            return load(self, task)

        return Entry(self.name, self.split, self.group, loaded, str(self.image), carried or {})
