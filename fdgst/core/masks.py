"""Masks: from labels and probabilities to the two structures, their boundaries and the vertical cup-to-disc ratio.

A mask is a boolean array (height, width). Structures come in the order `STRUCTURES`; the disc includes the cup.
Foreground is 8-connected and background 4-connected, the pair for which a closed contour separates inside and outside.
"""

import numpy as np
from scipy import ndimage

STRUCTURES = ("cup", "disc")
_EIGHT = np.ones((3, 3), bool)


def labels_to_masks(label: np.ndarray) -> np.ndarray:
    """Split a label map into its structures.

    Parameters
    ----------
    label : ndarray of uint8, shape (height, width)
        0 background, 1 rim, 2 cup.

    Returns
    -------
    ndarray of bool, shape (2, height, width)
        Cup, disc; the disc is rim and cup together.

    Raises
    ------
    ValueError
        If a label is none of 0, 1, 2: grey values of a mask file in its place would give a plausible, wrong mask.
    """
    if label.ndim != 2 or (label.size and (label.min() < 0 or label.max() > 2)):
        found = f"shape {label.shape}, values {np.unique(label)[:5]}"
        raise ValueError(f"labels must be a map of 0 (background), 1 (rim), 2 (cup), got {found}")
    return np.stack([label == 2, label > 0])


def postprocess(probability: np.ndarray, threshold: float) -> np.ndarray:
    """Turn a probability map into one solid region: threshold, largest component, holes filled (method, section 6).

    Parameters
    ----------
    probability : ndarray of float, shape (height, width)
        Of one structure, already at the size of the mask, in [0, 1].
    threshold : float
        In (0, 1). A pixel belongs to the structure when its probability is above it, not when it is equal.

    Returns
    -------
    ndarray of bool, shape (height, width)
        Empty when no pixel is above the threshold.

    Raises
    ------
    ValueError
        If the threshold is outside (0, 1), or a probability is NaN.

    Notes
    -----
    ASSUME: of several largest components of one size, the one whose first pixel comes first, row by row, is kept.
    """
    if not 0 < threshold < 1:
        raise ValueError(f"threshold must be in (0, 1), got {threshold}")
    if np.isnan(probability).any():
        raise ValueError("expected probabilities, found NaN")
    return fill_holes(largest_component(probability > threshold))


def largest_component(mask: np.ndarray) -> np.ndarray:
    """Keep the largest 8-connected component; the first one, row by row, of several of that size."""
    window = bounding_box(mask)
    labels, count = ndimage.label(mask[window], structure=_EIGHT)
    if count <= 1:
        return mask.copy()
    sizes = np.bincount(labels.ravel())
    kept = np.zeros_like(mask)
    kept[window] = labels == 1 + sizes[1:].argmax()  # labels count in scan order, argmax takes the first maximum
    return kept


def fill_holes(mask: np.ndarray) -> np.ndarray:
    """Fill the background that no 4-connected path joins to the outside; beyond the image's border is outside."""
    window = bounding_box(mask)
    inner = np.pad(mask[window], 1)
    # one labelling instead of scipy's binary_fill_holes, which dilates until nothing changes: 10 x at 800 px
    labels, count = ndimage.label(~inner)
    filled = mask.copy()
    if count > 1:
        filled[window] = (labels != labels[0, 0])[1:-1, 1:-1]
    return filled


def boundary(mask: np.ndarray) -> np.ndarray:
    """Return the pixels of a mask that have a 4-neighbour outside it; the image's border counts as outside.

    Parameters
    ----------
    mask : ndarray of bool, shape (height, width)

    Returns
    -------
    ndarray of bool, shape (height, width)
        Part of the mask; empty only if the mask is.
    """
    inner = np.zeros_like(mask)
    middle = mask[1:-1, 1:-1]
    inner[1:-1, 1:-1] = middle & mask[:-2, 1:-1] & mask[2:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:]
    return mask & ~inner


def vertical_cup_to_disc_ratio(cup: np.ndarray, disc: np.ndarray) -> float:
    """Divide the height of the cup by the height of the disc, as a clinician reads them (vCDR).

    Parameters
    ----------
    cup, disc : ndarray of bool, shape (height, width)
        A height counts the rows from a mask's first to its last.

    Returns
    -------
    float
        NaN without a disc, 0 without a cup; above 1 where the cup is higher than the disc.
    """
    (cup_rows, _), (disc_rows, _) = bounding_box(cup), bounding_box(disc)
    height = disc_rows.stop - disc_rows.start
    return (cup_rows.stop - cup_rows.start) / height if height else float("nan")


def bounding_box(*masks: np.ndarray) -> tuple[slice, slice]:
    """Return the smallest window that holds all the masks; empty slices if all are empty."""
    rows = np.flatnonzero(np.logical_or.reduce([mask.any(axis=1) for mask in masks]))
    columns = np.flatnonzero(np.logical_or.reduce([mask.any(axis=0) for mask in masks]))
    if not rows.size:
        return slice(0, 0), slice(0, 0)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
