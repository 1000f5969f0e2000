"""Predictions of one model on one domain: masks at ROI size, logits at network size (docs/format.md, `predictions`)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from fdgst.storage import format as form

IDENTITY = ("method", "unseen", "seed", "domain")


def write_predictions(
    path: Path,
    pairs: Iterable[tuple[np.ndarray, np.ndarray]],
    *,
    names: Sequence[str],
    roi_size_px: int,
    network_size_px: int,
    settings: Mapping[str, Any],
) -> None:
    """Write predictions atomically, one image after another.

    Parameters
    ----------
    path : Path
        Final name.
    pairs : iterable of (mask, logit)
        For each image, mask: bool (2, R, R), cup and disc after post-processing; logit: float (2, S, S), kept as
        float16.
    names : sequence of str
        One per image, in the order of `pairs`.
    roi_size_px, network_size_px : int
        R and S.
    settings : mapping
        What made them; must hold method, unseen, seed and domain (the one predicted).
    """
    count = len(names)
    with form.create(path, kind="predictions", settings=settings) as file:
        for name in IDENTITY:
            file.attrs[name] = settings[name]
        form.add_strings(file, "name", names)
        # a mask packs to a hundredth of its size; logits do not
        form.add_images(file, "mask", (count, 2, roi_size_px, roi_size_px), "u1", compression="gzip")
        form.add_images(file, "logit", (count, 2, network_size_px, network_size_px), "f2", compression="none")
        for row, (mask, logit) in zip(range(count), pairs, strict=True):
            file["mask"][row] = mask
            file["logit"][row] = logit


@dataclass(frozen=True)
class Predictions:
    """An open file of predictions; arrays are read when asked for.

    Attributes
    ----------
    names : list of str
        One per image.
    method, unseen, domain : str
        Row of the table, domain held out of its training, domain predicted.
    seed : int
        Of the training.
    settings : dict
        What made them.
    """

    file: h5py.File
    names: list[str]
    method: str
    unseen: str
    domain: str
    seed: int
    settings: dict[str, Any]

    def mask(self, row: int) -> np.ndarray:
        """Return the masks of one image, bool (2, R, R): cup, disc."""
        return form.read(self.file["mask"], row).astype(bool)

    def logit(self, row: int) -> np.ndarray:
        """Return the logits of one image, float16 (2, S, S): cup, disc."""
        return form.read(self.file["logit"], row)

    @property
    def masks(self) -> np.ndarray:
        """All masks, bool (N, 2, R, R)."""
        return form.read(self.file["mask"], ...).astype(bool)

    @property
    def logits(self) -> np.ndarray:
        """All logits, float16 (N, 2, S, S)."""
        return form.read(self.file["logit"], ...)


@contextmanager
def open_predictions(path: Path) -> Iterator[Predictions]:
    """Open a file of predictions.

    Raises
    ------
    FormatError
        If it is missing, damaged, or no such file of this version.
    """
    with form.open_file(path, kind="predictions") as file:
        identity = {name: file.attrs[name] for name in IDENTITY}
        identity["seed"] = int(identity["seed"])
        yield Predictions(file=file, names=form.strings(file["name"]), settings=form.settings(file), **identity)
