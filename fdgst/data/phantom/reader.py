"""Reader ``phantom``: drawn ROIs with exact masks. Needs no download, and no photograph of a person.

An image is drawn from what it is: the seed, its domain's camera, its split and its index; nothing else changes it. Its
mask column ``mask`` has the grey values of the public masks (0 cup, 128 rim, 255 background); the columns named in
`STRUCTURES` have 255 where the structure of that name is, and 0 elsewhere. `dataset.exclude` names an image as
``domain/split/name.png``.
"""

import hashlib
from functools import partial
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from fdgst.data.exclusion import excluded, unknown
from fdgst.data.reader import Reader
from fdgst.data.sample import Entry, Sample
from fdgst.storage import SPLITS
from fdgst.study.strict import Count, Natural, Share, Strict

STRUCTURES = ("cup", "disc", "vessels", "lesion")

Side = Annotated[int, Field(ge=48)]
Counts = Count | tuple[Count, ...]


class Phantom(Reader):
    """Draws the images of one camera."""

    drawn: ClassVar[bool] = True

    class Dataset(Strict):
        """Keys of `dataset`."""

        seed: Natural
        """Seed of the drawings."""
        size_px: Side | tuple[Side, Side]
        """Size of the drawn ROI, pixels: one number for a square, or [height, width]."""
        train: Counts
        """Training images: one number for every domain, or one for each."""
        test: Counts
        """Test images: one number for every domain, or one for each."""
        lesions: Share = 0.0
        """Share of the images with a bright lesion, a structure that an image may lack."""

    class Domain(Strict):
        """Keys of a domain."""

        camera: Count | None = None
        """Number of the camera that takes its images; null: the domain's place."""

    @property
    def camera(self) -> int:
        """Number of the camera."""
        return self.domain.camera or self.number

    def files(self) -> list[Path]:
        """Return no file: what is drawn is read from none."""
        return []

    def faults(self) -> list[str]:
        """Name empty splits, mask columns that are not drawn, and exclusions that name no image."""
        found = [
            f"dataset.{split}: expected a number for each domain, found {len(counts)} numbers for domain {self.number}"
            for split in SPLITS
            if not isinstance(counts := getattr(self.dataset, split), int) and len(counts) < self.number
        ]
        if found:
            return found
        found += [
            f"task.structures: expected a column that the phantom draws, {', '.join(('mask', *STRUCTURES))}, found"
            f" {column}"
            for column in self.task.columns
            if column not in ("mask", *STRUCTURES)
        ]
        names = {split: [f"{self._name(split, index)}.png" for index in self._indices(split)] for split in SPLITS}
        found += unknown(self.exclude, self.id, names)
        found += [
            f"dataset.{split}: expected at least one image of {self.id}, found none that is left"
            for split in SPLITS
            if not set(names[split]) - excluded(self.exclude, self.id, split)
        ]
        return found

    def exclusions(self) -> list[str]:
        """Return what is excluded of this domain."""
        return [name for name in self.exclude if name.startswith(f"{self.id}/")]

    def listed(self) -> list[Entry]:
        """List the images, named by camera, split and index (``c1_train_000``), in that order."""
        if self.faults():
            return []
        return [
            self._entry(split, index)
            for split in SPLITS
            for index in self._indices(split)
            if f"{self._name(split, index)}.png" not in excluded(self.exclude, self.id, split)
        ]

    def _indices(self, split: str) -> range:
        """Return the indices of a split's images."""
        counts = getattr(self.dataset, split)
        return range(counts if isinstance(counts, int) else counts[self.number - 1])

    def _name(self, split: str, index: int) -> str:
        """Return what an image is called."""
        return image_name(self.camera, split, index)

    def _entry(self, split: str, index: int) -> Entry:
        """Name an image and say how it is drawn."""
        name = self._name(split, index)
        return Entry(name, split, name, partial(self._load, split, index), f"{self.id}/{split}/{name}.png")

    def _load(self, split: str, index: int) -> Sample:
        """Draw an image as a sample."""
        from fdgst.data.phantom.drawing import draw  # only now: listing images needs no arithmetic

        size = self.dataset.size_px
        drawing = draw(
            seed=self.dataset.seed,
            number=self.camera,
            split=split,
            index=index,
            size_px=(size, size) if isinstance(size, int) else size,
            lesion=has_lesion(index, self.dataset.lesions),
        )
        name = self._name(split, index)
        image = drawing.levels(channels=self.task.channels, bits=self.task.bits)
        greys = {column: drawing.grey(column) for column in self.task.columns}
        return Sample(name, split, name, image, greys, hashlib.sha256(image.tobytes()).hexdigest())


def has_lesion(index: int, share: float) -> bool:
    """Tell whether an image of a split has a lesion: exactly a share of them, evenly spread.

    Examples
    --------
    >>> [has_lesion(index, 0.5) for index in range(4)]
    [False, True, False, True]
    """
    return int((index + 1) * share) > int(index * share)


def image_name(number: int, split: str, index: int) -> str:
    """Return what an image is called: by its camera, its split and its index, as in ``c1_train_000``."""
    return f"c{number}_{split}_{index:03d}"
