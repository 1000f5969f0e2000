"""Resizing to a square, as Pillow does it: LANCZOS for images, NEAREST for labels (method: ROI to network size).

Pillow's filters widen with the reduction (they low-pass), so that a reduction is the linear map that the shards
rely on: the resize of a sum is the sum of the resizes, but for the clipping of 8-bit images.
"""

import numpy as np
from PIL import Image

LABEL_THRESHOLDS = (51, 200)  # of a resampled grey mask: below cup, up to 200 rim, above background
_GREY = np.array([255, 128, 0], np.uint8)  # label 0, 1, 2 as the grey values of the public masks


def resize_image(image: np.ndarray, size_px: int) -> np.ndarray:
    """Resize an RGB image to a square.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, 3)
        Grey levels.
    size_px : int
        Side of the result.

    Returns
    -------
    ndarray of uint8, shape (size_px, size_px, 3)
        Overshoot of LANCZOS is cut to [0, 255], as Pillow does.
    """
    if image.shape[:2] == (size_px, size_px):
        return image.copy()
    return np.asarray(Image.fromarray(image).resize((size_px, size_px), Image.Resampling.LANCZOS))


def resize_plane(plane: np.ndarray, size_px: int) -> np.ndarray:
    """Resize one plane of real numbers to a square, uncut.

    Parameters
    ----------
    plane : ndarray of float32, shape (height, width)
        Any values.
    size_px : int
        Side of the result.

    Returns
    -------
    ndarray of float32, shape (size_px, size_px)
    """
    if plane.shape == (size_px, size_px):
        return plane.astype(np.float32)
    return np.asarray(Image.fromarray(plane.astype(np.float32)).resize((size_px, size_px), Image.Resampling.LANCZOS))


def resize_label(label: np.ndarray, size_px: int, *, rule: str) -> np.ndarray:
    """Resize a label map to a square.

    Parameters
    ----------
    label : ndarray of uint8, shape (height, width)
        0 background, 1 rim, 2 cup.
    size_px : int
        Side of the result.
    rule : {'nearest', 'released'}
        ``nearest`` keeps labels as they are; ``released`` resizes the grey mask bicubically and thresholds it
        again (the authors' scripts).

    Returns
    -------
    ndarray of uint8, shape (size_px, size_px)

    Raises
    ------
    ValueError
        If the rule is unknown.
    """
    if rule not in ("nearest", "released"):
        raise ValueError(f"label rule must be 'nearest' or 'released', got {rule!r}")
    if label.shape == (size_px, size_px):
        return label.copy()
    if rule == "nearest":
        return np.asarray(Image.fromarray(label).resize((size_px, size_px), Image.Resampling.NEAREST))
    grey = np.asarray(Image.fromarray(_GREY[label]).resize((size_px, size_px), Image.Resampling.BICUBIC))
    return label_of_grey(grey)


def label_of_grey(grey: np.ndarray) -> np.ndarray:
    """Turn a grey mask into labels: up to 50 cup (2), 51 to 200 rim (1), above background (0).

    Parameters
    ----------
    grey : ndarray of uint8, any shape
        0 cup, 128 rim, 255 background, or what resampling left of them.

    Returns
    -------
    ndarray of uint8, same shape
    """
    cup, rim = LABEL_THRESHOLDS
    return ((grey < cup).astype(np.uint8) + (grey <= rim)).astype(np.uint8)
