"""Making banks: the amplitudes of a domain's training images, once, for all the shards that take its style."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from fdgst.core.sparse import low_phases, sparse
from fdgst.core.synthesis import spectrum_of
from fdgst.core.thresholds import thresholded
from fdgst.generation.threads import in_order, steady
from fdgst.progress import progress
from fdgst.storage.banks import create_bank
from fdgst.storage.format import digest
from fdgst.storage.rois import Rois, open_rois
from fdgst.study.augmentations import Augmentation
from fdgst.study.faults import checked

# an augmentation that a bank may be for: of an augmentation's keys a bank has two of its own
AUGMENTATION = {"id": "bank", "kind": "fourier", "window": "full", "lambda": [1], "encoding": "grid"}


def images_of(rois: Rois, mixing: str) -> tuple[Callable[[int], np.ndarray], tuple[int, int]]:
    """Return the function that reads an image at the size that spectra are mixed at, and that (height, width)."""
    if mixing == "roi":
        return rois.image, rois.roi_size_px
    return rois.network_image, rois.network_size_px


def make_bank(rois_path: Path, out: Path, *, alpha: float | str, mixing: str) -> None:
    """Write the bank of a domain's training split, a few images in memory at a time.

    Parameters
    ----------
    rois_path : Path
        The domain's ROI file.
    out : Path
        The bank.
    alpha : float or str
        0 for a dense bank, else a soft one (see `fdgst.core.thresholds`).
    mixing : {'roi', 'network'}
        Size of the images whose spectra will be mixed.

    Raises
    ------
    ConfigError
        If an argument is out of range.
    FormatError
        If the ROI file is missing or damaged.
    """
    alpha = checked(Augmentation, AUGMENTATION | {"alpha": alpha, "mixing": mixing}, "").alpha
    with open_rois(rois_path) as rois, steady():
        read, size_px = images_of(rois, mixing)
        rows = rois.indices("train")
        names = [rois.names[row] for row in rows]
        settings = {"domain": rois.domain, "alpha": alpha, "mixing": mixing, "rois": digest(rois_path)}
        whole = create_bank(out, alpha=alpha, channels=rois.channels, size_px=size_px, names=names, settings=settings)
        made = in_order(lambda row: _kept(read(row), alpha), rows, jobs=1)  # the next while this one is written
        with whole as bank, closing(made):
            for kept in progress(made, total=len(rows), description=f"bank {rois.domain}", unit="image"):
                bank.add(*kept)


def _kept(image: np.ndarray, alpha: float | str) -> tuple[Any, ...]:
    """Transform one image and return what its bank keeps: amplitudes, or few coefficients and low phases."""
    spectrum = spectrum_of(image)
    amplitude = abs(spectrum)
    if not alpha:
        return (amplitude.astype(np.float32),)
    width = image.shape[1]
    phases = low_phases(spectrum, width, peak=amplitude.max(axis=(1, 2)))
    return sparse(thresholded(amplitude, alpha=alpha, width_px=width)), phases
