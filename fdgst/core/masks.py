"""Masks: the pixels of structures, from grey values or probabilities, packed into bits, and their boundaries.

A mask is a boolean array (height, width) of one structure; those of an image are planes (K, height, width), in the
order of the task's structures. In files they are bits of one array: bit k is set where structure k is.
Foreground is 8-connected and background 4-connected, the pair for which a closed contour separates inside and outside.

scipy is imported where it is used: it takes half a second, and packing needs none of it.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

import numpy as np

MOST = 8  # structures that the bits of a byte hold
_EIGHT = np.ones((3, 3), bool)


class Coded(Protocol):
    """How a structure is coded in mask files, as `fdgst.study.task.Structure` says it."""

    @property
    def column(self) -> str:
        """Which mask file of an image."""

    @property
    def values(self) -> Iterable[tuple[int, int]]:
        """Grey values of the structure: inclusive ranges."""


def pack(masks: np.ndarray) -> np.ndarray:
    """Store masks as bits.

    Parameters
    ----------
    masks : ndarray of bool, shape (K, height, width)
        At most 8; they may overlap.

    Returns
    -------
    ndarray of uint8, shape (height, width)
        Bit k is set where mask k is.

    Raises
    ------
    TypeError
        If the masks are not boolean: labels or probabilities in their place would give plausible, wrong bits.
    ValueError
        If there are none or more than 8.
    """
    if masks.dtype != bool:
        raise TypeError(f"masks must be boolean, got {masks.dtype}")
    if masks.ndim != 3 or not 1 <= len(masks) <= MOST:
        raise ValueError(f"masks must be 1 to {MOST} planes (K, height, width), got shape {masks.shape}")
    return np.packbits(masks, axis=0, bitorder="little")[0]


def unpack(bits: np.ndarray, count: int) -> np.ndarray:
    """Return the masks of bits: the inverse of `pack`.

    Parameters
    ----------
    bits : ndarray of uint8, shape (..., height, width)
        Leading axes are kept.
    count : int
        Number of structures K.

    Returns
    -------
    ndarray of bool, shape (..., K, height, width)
    """
    places = np.arange(count, dtype=np.uint8)[:, None, None]
    return (bits[..., None, :, :] >> places & 1).astype(bool)


def masks_of_greys(greys: Mapping[str, np.ndarray], structures: Iterable[Coded]) -> np.ndarray:
    """Read masks off the grey values of an image's mask files.

    Parameters
    ----------
    greys : mapping of str to ndarray of uint8 or uint16, shape (height, width)
        The mask files of one image, by column.
    structures : iterable of `fdgst.study.task.Structure`
        In order; each names its column and its ranges of grey values.

    Returns
    -------
    ndarray of bool, shape (K, height, width)
    """
    return np.stack([_within(greys[structure.column], structure.values) for structure in structures])


def _within(grey: np.ndarray, ranges: Iterable[tuple[int, int]]) -> np.ndarray:
    """Mark the pixels whose grey value is in one of some inclusive ranges."""
    return np.logical_or.reduce([(grey >= low) & (grey <= high) for low, high in ranges])


def postprocess(probability: np.ndarray, threshold: float, *, regions: str, holes: str) -> np.ndarray:
    """Turn a probability map into the mask of one structure (method, section 6).

    Parameters
    ----------
    probability : ndarray of float, shape (height, width)
        Of one structure, already at the size of the mask, in [0, 1].
    threshold : float
        In (0, 1). A pixel belongs to the structure when its probability is above it, not when it is equal.
    regions : {'largest', 'all'}
        Which connected components are kept.
    holes : {'fill', 'keep'}
        What becomes of the holes of what is kept.

    Returns
    -------
    ndarray of bool, shape (height, width)
        Empty when no pixel is above the threshold.

    Raises
    ------
    ValueError
        If the threshold is outside (0, 1), a probability is NaN, or `regions` or `holes` is unknown.

    Notes
    -----
    ASSUME: of several largest components of one size, the one whose first pixel comes first, row by row, is kept.
    """
    if not 0 < threshold < 1:
        raise ValueError(f"threshold must be in (0, 1), got {threshold}")
    if regions not in ("largest", "all") or holes not in ("fill", "keep"):
        raise ValueError(f"regions must be 'largest' or 'all', holes 'fill' or 'keep', got {regions!r} and {holes!r}")
    if np.isnan(probability).any():
        raise ValueError("expected probabilities, found NaN")
    mask = probability > threshold
    if regions == "largest":
        mask = largest_component(mask)
    return fill_holes(mask) if holes == "fill" else mask


def largest_component(mask: np.ndarray) -> np.ndarray:
    """Keep the largest 8-connected component; the first one, row by row, of several of that size."""
    from scipy import ndimage

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
    from scipy import ndimage

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


def along_border(grey: np.ndarray) -> np.ndarray:
    """Return the values along the border of an image (height, width): 2 (height + width) of them, corners twice."""
    return np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])


def bounding_box(*masks: np.ndarray) -> tuple[slice, slice]:
    """Return the smallest window that holds all the masks; empty slices if all are empty."""
    rows = np.flatnonzero(np.logical_or.reduce([mask.any(axis=1) for mask in masks]))
    if not rows.size:
        return slice(0, 0), slice(0, 0)
    held = slice(int(rows[0]), int(rows[-1]) + 1)
    columns = np.flatnonzero(np.logical_or.reduce([mask[held].any(axis=0) for mask in masks]))
    return held, slice(int(columns[0]), int(columns[-1]) + 1)
