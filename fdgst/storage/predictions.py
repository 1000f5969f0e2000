"""Predictions of one model on one domain: masks at ROI size, logits at network size (docs/format.md, `predictions`)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from fdgst.core.masks import pack, unpack
from fdgst.storage import format as form
from fdgst.storage.contracts import PREDICTIONS, sound
from fdgst.storage.parts import add_structures, structures_of

IDENTITY = ("method", "unseen", "seed", "domain")


def write_predictions(
    path: Path,
    pairs: Iterable[tuple[np.ndarray, np.ndarray]],
    *,
    names: Sequence[str],
    structures: Sequence[Mapping[str, Any]],
    roi_size_px: tuple[int, int],
    network_size_px: tuple[int, int],
    settings: Mapping[str, Any],
) -> None:
    """Write predictions atomically, one image after another.

    Parameters
    ----------
    path : Path
        Final name.
    pairs : iterable of (mask, logit)
        For each image, mask: bool (K, H, W), after post-processing; logit: float (K, h, w), kept as float16.
    names : sequence of str
        One per image, in the order of `pairs`.
    structures : sequence of mapping
        What `fdgst.storage.parts.records` returns, in the order of the planes.
    roi_size_px, network_size_px : (int, int)
        Height and width of masks and of logits.
    settings : mapping
        What made them; must hold method, unseen, seed and domain (the one predicted).
    """
    sizes = dict(zip("HWhw", (*roi_size_px, *network_size_px), strict=True))
    sizes |= {"N": len(names), "K": len(structures)}
    with form.create(path, kind="predictions", settings=settings) as file:
        for name in IDENTITY:
            file.attrs[name] = settings[name]
        add_structures(file, structures)
        form.add_strings(file, "name", names)
        # a mask packs to a hundredth of its size; logits do not
        mask = PREDICTIONS.add_items(file, "mask", sizes, compression="gzip")
        logit = PREDICTIONS.add_items(file, "logit", sizes)
        for row, (planes, answers) in zip(range(len(names)), pairs, strict=True):
            mask[row], logit[row] = pack(planes), answers
            form.check(file)


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
    structures : tuple of str
        Ids; plane k of masks and logits is structure k.
    settings : dict
        What made them.
    """

    file: h5py.File
    names: list[str]
    method: str
    unseen: str
    domain: str
    seed: int
    structures: tuple[str, ...]
    settings: dict[str, Any]

    @property
    def roi_size_px(self) -> tuple[int, int]:
        """Height and width of the masks."""
        return self.file["mask"].shape[1:]

    def masks_of(self, row: int) -> np.ndarray:
        """Return the masks of one image, bool (K, H, W)."""
        return unpack(form.read(self.file["mask"], row), len(self.structures))

    def logit(self, row: int) -> np.ndarray:
        """Return the logits of one image, float16 (K, h, w)."""
        return form.read(self.file["logit"], row)


@contextmanager
def open_predictions(path: Path) -> Iterator[Predictions]:
    """Open a file of predictions.

    Raises
    ------
    FormatError
        If it is missing, damaged, or no such file of this version.
    """
    with form.open_file(path, kind="predictions") as file:
        yield sound(path, file, lambda: _read(file))


def _read(file: h5py.File) -> Predictions:
    """Read what a file of predictions says of itself."""
    identity = {name: file.attrs[name] for name in IDENTITY}
    identity["seed"] = int(identity["seed"])
    structures = tuple(item["id"] for item in structures_of(file))
    names, settings = form.strings(file["name"]), form.settings(file)
    return Predictions(file=file, names=names, structures=structures, settings=settings, **identity)
