"""From the network's answer to masks at ROI size: what predictions and protocols share. numpy and scipy, no torch."""

import numpy as np
from scipy.special import expit

from fdgst.core.masks import postprocess

CENTRE_FRACTION = 512 / 800  # what the released test script keeps of the fourth domain's ROI, in width and height


def masks_of(logits: np.ndarray, roi_size_px: int, *, threshold: float, cup_in_disc: bool) -> np.ndarray:
    """Make the masks of one image: bilinear to ROI size, sigmoid, threshold, one solid region per structure.

    Parameters
    ----------
    logits : ndarray of float, shape (2, S, S)
        Cup, disc, at network size, before the sigmoid.
    roi_size_px : int
        Side R of the masks, pixels.
    threshold : float
        In (0, 1), see `fdgst.core.masks.postprocess`.
    cup_in_disc : bool
        Cut the cup to the disc; a cup with no disc under it is then empty.

    Returns
    -------
    ndarray of bool, shape (2, R, R)
        Cup, disc; empty where the network predicts nothing.
    """
    probability = expit(resize_bilinear(logits, roi_size_px))
    cup, disc = (postprocess(plane, threshold) for plane in probability)
    return np.stack([cup & disc if cup_in_disc else cup, disc])


def resize_bilinear(planes: np.ndarray, size_px: int) -> np.ndarray:
    """Resize square planes as torch's ``interpolate(mode="bilinear", align_corners=False)`` does.

    Parameters
    ----------
    planes : ndarray of float, shape (..., S, S)
    size_px : int
        Side of the result. Reducing samples the planes and does not low-pass them.

    Returns
    -------
    ndarray of float32, shape (..., size_px, size_px)
    """
    side = planes.shape[-1]
    # pixel centres: output i lies at (i + .5) S/R - .5 of the input, and before the first centre at the first
    place = np.maximum((np.arange(size_px) + 0.5) * (side / size_px) - 0.5, 0)
    low = np.minimum(place.astype(int), side - 1)
    high = np.minimum(low + 1, side - 1)
    weight = (place - low).astype(np.float32)
    planes = planes.astype(np.float32)
    tall = planes[..., low, :] + weight[:, None] * (planes[..., high, :] - planes[..., low, :])
    return tall[..., low] + weight * (tall[..., high] - tall[..., low])


def centre(roi_size_px: int) -> slice:
    """Return the rows (and columns) of the centre that the released test script keeps of the fourth domain."""
    side = round(roi_size_px * CENTRE_FRACTION)
    first = (roi_size_px - side) // 2
    return slice(first, first + side)


def at_centre(masks: np.ndarray, roi_size_px: int) -> np.ndarray:
    """Put masks of the centre, shape (..., side, side), back into an empty ROI: (..., R, R)."""
    window = centre(roi_size_px)
    whole = np.zeros((*masks.shape[:-2], roi_size_px, roi_size_px), masks.dtype)
    whole[..., window, window] = masks
    return whole
