"""Predict one domain with one network, given as a function from images to logits; which one is the caller's choice."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fdgst.core.resize import resize_image
from fdgst.inference.postprocess import at_centre, centre, masks_of
from fdgst.progress import Progress
from fdgst.storage.format import digest
from fdgst.storage.predictions import write_predictions
from fdgst.storage.rois import Rois, open_rois

BATCH = 16  # images at once
LARGEST = np.finfo(np.float16).max


def predict(
    answer: Callable[[np.ndarray], np.ndarray],
    rois: Path,
    out: Path,
    *,
    model: Mapping[str, Any],
    split: str,
    threshold: float,
    cup_in_disc: bool,
    crop_centre: bool,
) -> None:
    """Predict the images of a ROI file and write masks and logits.

    Parameters
    ----------
    answer : callable
        Images, uint8 (n, S, S, 3), to logits, float32 (n, 2, S, S), cup and disc.
    rois : Path
        ROI file of the domain to predict.
    out : Path
        The file of predictions.
    model : mapping
        method, unseen and seed of the network.
    split : {'train', 'test', 'all'}
    threshold : float
        In (0, 1), see `fdgst.core.masks.postprocess`.
    cup_in_disc : bool
        Cut the cup to the disc.
    crop_centre : bool
        Show the network the centre 512/800 of the ROI only, as the released test script does with the fourth domain.

    Raises
    ------
    FormatError
        If the ROI file is damaged or of another kind.
    """
    options = {"split": split, "threshold": threshold, "cup_in_disc": cup_in_disc, "crop_centre": crop_centre}
    with open_rois(rois) as source:
        rows = source.indices(split)
        side = _side(source, crop_centre)

        def pairs() -> Iterator[tuple[np.ndarray, np.ndarray]]:
            for logit in _logits(answer, source, rows, crop_centre, str(model["method"])):
                # of the rounded logits: what the file holds is enough to make its masks again
                mask = masks_of(logit.astype(np.float32), side, threshold=threshold, cup_in_disc=cup_in_disc)
                yield (at_centre(mask, source.roi_size_px) if crop_centre else mask), logit

        write_predictions(
            out,
            pairs(),
            names=[source.names[row] for row in rows],
            roi_size_px=source.roi_size_px,
            network_size_px=source.network_size_px,
            settings={**model, **options, "domain": source.domain, "rois": digest(rois)},
        )


def _side(source: Rois, crop_centre: bool) -> int:
    """Return the side of what the network is shown, in pixels of the ROI."""
    window = centre(source.roi_size_px)
    return window.stop - window.start if crop_centre else source.roi_size_px


def _logits(
    answer: Callable[[np.ndarray], np.ndarray], source: Rois, rows: np.ndarray, crop_centre: bool, name: str
) -> Iterator[np.ndarray]:
    """Yield the logits of one image after another, float16 (2, S, S)."""
    with Progress(len(rows), description=f"predict {source.domain} by {name}", unit="image") as shown:
        for first in range(0, len(rows), BATCH):
            batch = rows[first : first + BATCH]
            images = _centres(source, batch) if crop_centre else source.network_images(batch)
            for logit in answer(images):
                yield logit.clip(-LARGEST, LARGEST).astype(np.float16)
                shown.advance()


def _centres(source: Rois, rows: np.ndarray) -> np.ndarray:
    """Return the centres of ROIs at network size, uint8 (n, S, S, 3)."""
    window = centre(source.roi_size_px)
    return np.stack([resize_image(source.image(row)[window, window], source.network_size_px) for row in rows])
