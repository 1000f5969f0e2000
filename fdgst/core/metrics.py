"""How close a predicted mask is to the true one: Dice coefficient and distances between boundaries.

Masks are boolean arrays (height, width) of one structure; distances are Euclidean, in pixels, between the centres of
boundary pixels (`fdgst.core.masks.boundary`: the image's border counts as outside). Empty masks are refused
everywhere: what a missed structure costs is a convention, and the caller's. What others compute under the same names
stands in the notes of each function.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from fdgst.core.masks import boundary, bounding_box

Windows = tuple[tuple[slice, slice], tuple[slice, slice]]  # rows and columns that hold a prediction, and a truth


class SurfaceMetrics(NamedTuple):
    """Distances between two boundaries, pixels.

    Attributes
    ----------
    hd : float
        Hausdorff distance, the maximum over both directions (paper, Eq. 9).
    hd95 : float
        95th percentile of the distances of both directions, pooled.
    asd : float
        Mean of the distances of both directions, pooled (paper, Eq. 10).
    asd_directed : float
        Mean of the distances from the prediction's boundary to the truth's only.
    """

    hd: float
    hd95: float
    asd: float
    asd_directed: float


class Comparison(NamedTuple):
    """Everything that is measured on a pair of masks.

    Attributes
    ----------
    dice, dice_released : float
        In [0, 1], see the functions of these names.
    surface : SurfaceMetrics
        Distances, pixels.
    nsd : tuple of float
        Normalised surface distance in [0, 1], for each tolerance.
    """

    dice: float
    dice_released: float
    surface: SurfaceMetrics
    nsd: tuple[float, ...]


def compare(prediction: np.ndarray, truth: np.ndarray, *, tolerances_px: Sequence[float]) -> Comparison:
    """Measure a pair of masks in every way: one look at the masks, one search for distances.

    Parameters
    ----------
    prediction, truth : ndarray of bool, shape (height, width)
    tolerances_px : sequence of float
        Of the normalised surface distance, pixels, >= 0.

    Raises
    ------
    TypeError, ValueError
        As `dice`; and if a tolerance is negative or no finite number.
    """
    _check_tolerances(tolerances_px)
    windows = _windows(prediction, truth)
    overlap, sizes = _areas(prediction, truth, windows)
    forth, back = _distances(prediction, truth, windows)
    pooled = np.concatenate([forth, back])
    return Comparison(
        dice=2 * overlap / sizes,
        dice_released=(2 * overlap + 1) / (sizes + 1),
        surface=_surface(forth, pooled),
        nsd=tuple(_share_within(pooled, tolerance) for tolerance in tolerances_px),
    )


def dice(prediction: np.ndarray, truth: np.ndarray) -> float:
    """Return the Dice similarity coefficient, 2 TP / (2 TP + FP + FN) (paper, Eq. 11).

    Parameters
    ----------
    prediction, truth : ndarray of bool, shape (height, width)

    Returns
    -------
    float
        In [0, 1]; symmetric.

    Raises
    ------
    TypeError
        If a mask is not boolean: a probability map summed in its place gives a plausible, wrong number.
    ValueError
        If the shapes differ, or a mask is empty.

    Notes
    -----
    MONAI's ``DiceMetric``, medpy's ``dc`` and surface-distance's ``compute_dice_coefficient`` are the same number.
    The released scripts of DoFE add 1 to numerator and denominator: `dice_released`.
    """
    overlap, sizes = _areas(prediction, truth, _windows(prediction, truth))
    return 2 * overlap / sizes


def dice_released(prediction: np.ndarray, truth: np.ndarray) -> float:
    """Return the Dice coefficient as the released scripts have it, (2 TP + 1) / (2 TP + FP + FN + 1).

    Parameters and errors are those of `dice`; a mask of 100 000 pixels gains below 1e-5 by it.
    """
    overlap, sizes = _areas(prediction, truth, _windows(prediction, truth))
    return (2 * overlap + 1) / (sizes + 1)


def hausdorff(prediction: np.ndarray, truth: np.ndarray, *, percentile: float) -> float:
    """Return the Hausdorff distance of the boundaries, or a percentile in place of its maximum.

    Parameters
    ----------
    prediction, truth : ndarray of bool, shape (height, width)
    percentile : float
        In [0, 100], of the distances of both directions pooled, interpolated linearly; 100 is the maximum (paper,
        Eq. 9), 95 what the released scripts report under the name of HD.

    Returns
    -------
    float
        Pixels, >= 0; symmetric.

    Raises
    ------
    TypeError, ValueError
        As `dice`; and if the percentile is outside [0, 100].

    Notes
    -----
    The maximum is that of MONAI and medpy. At 95 this is medpy's ``hd95``; MONAI takes the percentile of each
    direction and then the larger of the two, which is never smaller than the pooled one by more than interpolation.
    surface-distance measures between the corners of the pixels, weighs each by the length of contour through it, and
    takes the larger direction.
    """
    if not 0 <= percentile <= 100:
        raise ValueError(f"percentile must be in [0, 100], got {percentile}")
    pooled = np.concatenate(_distances(prediction, truth, _windows(prediction, truth)))
    return _percentile(pooled, percentile)


def average_surface_distance(prediction: np.ndarray, truth: np.ndarray, *, directed: bool) -> float:
    """Return the mean distance from boundary to boundary (paper, Eq. 10, whose sets are boundaries, not regions).

    Parameters
    ----------
    prediction, truth : ndarray of bool, shape (height, width)
    directed : bool
        True: from the prediction to the truth only, as the released scripts do. False: over both directions, pooled,
        so that a longer boundary weighs more.

    Returns
    -------
    float
        Pixels, >= 0; symmetric unless directed.

    Raises
    ------
    TypeError, ValueError
        As `dice`.

    Notes
    -----
    Directed, it is medpy's ``asd`` and MONAI's default (``symmetric=False``); pooled, medpy's ``assd`` of lists joined
    and MONAI's ``symmetric=True``. surface-distance returns the two directions apart, between corners of pixels.
    """
    forth, back = _distances(prediction, truth, _windows(prediction, truth))
    return float(forth.mean() if directed else np.concatenate([forth, back]).mean())


def normalised_surface_distance(prediction: np.ndarray, truth: np.ndarray, *, tolerance_px: float) -> float:
    """Return the share of both boundaries' pixels that lie within a tolerance of the other boundary.

    Parameters
    ----------
    prediction, truth : ndarray of bool, shape (height, width)
    tolerance_px : float
        Pixels, >= 0; a pixel at just this distance counts as within.

    Returns
    -------
    float
        In [0, 1]; over both boundaries pooled, symmetric.

    Raises
    ------
    TypeError, ValueError
        As `dice`; and if the tolerance is negative or no finite number.

    Notes
    -----
    Nikolov et al., "Deep learning to achieve clinically applicable segmentation of head and neck anatomy", 2018, count
    lengths of contour; like MONAI's ``compute_surface_dice`` (without subvoxels), which is the same number, this counts
    pixels. surface-distance weighs corners of pixels by the length of contour through them.
    """
    _check_tolerances([tolerance_px])
    return _share_within(np.concatenate(_distances(prediction, truth, _windows(prediction, truth))), tolerance_px)


def surface_metrics(prediction: np.ndarray, truth: np.ndarray) -> SurfaceMetrics:
    """Return all distances of a pair of masks from one search (see `SurfaceMetrics`).

    Raises
    ------
    TypeError, ValueError
        As `dice`.
    """
    forth, back = _distances(prediction, truth, _windows(prediction, truth))
    return _surface(forth, np.concatenate([forth, back]))


def _surface(forth: np.ndarray, pooled: np.ndarray) -> SurfaceMetrics:
    """Sum distances up: those from the prediction's boundary, and those of both."""
    return SurfaceMetrics(
        hd=float(pooled.max()),
        hd95=_percentile(pooled, 95),
        asd=float(pooled.mean()),
        asd_directed=float(forth.mean()),
    )


def _share_within(pooled: np.ndarray, tolerance_px: float) -> float:
    """Return the share of distances that are at most the tolerance."""
    return np.count_nonzero(pooled <= tolerance_px) / len(pooled)


def _percentile(values: np.ndarray, percentile: float) -> float:
    """Return a percentile, interpolated linearly; a tenth of the time of numpy's on a thousand values."""
    place = percentile / 100 * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    ordered = np.partition(values, (low, high))
    return float(ordered[low] + (place - low) * (ordered[high] - ordered[low]))


def _check_tolerances(tolerances_px: Sequence[float]) -> None:
    """Refuse tolerances that are none."""
    for tolerance in tolerances_px:
        if not 0 <= tolerance < np.inf:  # also refuses NaN
            raise ValueError(f"tolerance must be a number of pixels >= 0, got {tolerance}")


def _areas(prediction: np.ndarray, truth: np.ndarray, windows: Windows) -> tuple[int, int]:
    """Return the pixels that two masks share, and the sum of their sizes."""
    predicted, true = (mask[window] for mask, window in zip((prediction, truth), windows, strict=True))
    both = tuple(
        slice(max(one.start, other.start), max(one.start, other.start, min(one.stop, other.stop)))
        for one, other in zip(*windows, strict=True)
    )
    overlap = int(np.count_nonzero(prediction[both] & truth[both]))
    return overlap, int(np.count_nonzero(predicted) + np.count_nonzero(true))


def _distances(prediction: np.ndarray, truth: np.ndarray, windows: Windows) -> tuple[np.ndarray, np.ndarray]:
    """Return each boundary point's distance to the other boundary: prediction to truth, truth to prediction."""
    predicted, true = (_points(mask, window) for mask, window in zip((prediction, truth), windows, strict=True))
    # trees on some thousand points: 10 x faster than a distance transform of every pixel around them; a balanced tree
    # costs more to make than it saves in one search
    forth = cKDTree(true, balanced_tree=False).query(predicted)[0]
    return forth, cKDTree(predicted, balanced_tree=False).query(true)[0]


def _points(mask: np.ndarray, window: tuple[slice, slice]) -> np.ndarray:
    """Return the boundary's pixels (n, 2), row by row; within its own window a mask's boundary is the same."""
    edge = boundary(mask[window])
    rows, columns = np.divmod(np.flatnonzero(edge), edge.shape[1])  # argwhere takes four times as long
    return np.column_stack([rows + window[0].start, columns + window[1].start]).astype(float)


def _windows(prediction: np.ndarray, truth: np.ndarray) -> Windows:
    """Check a pair of masks and return the window that holds each."""
    for name, mask in (("prediction", prediction), ("truth", truth)):
        if mask.dtype != bool:
            raise TypeError(f"{name} must be a boolean mask, got {mask.dtype}")
        if mask.ndim != 2 or mask.shape != truth.shape:
            raise ValueError(f"masks must be of one shape (height, width), got {prediction.shape} and {truth.shape}")
    windows = bounding_box(prediction), bounding_box(truth)
    for name, (rows, _) in zip(("prediction", "truth"), windows, strict=True):
        if rows.stop == rows.start:
            raise ValueError(f"{name} is empty: there is no boundary to measure from; decide what a miss costs")
    return windows
