"""How close a predicted mask is to the true one: Dice coefficient, Hausdorff distance, average surface distance.

Masks are boolean arrays (height, width) of one structure; distances are Euclidean, in pixels, between the centres of
boundary pixels (`fdgst.core.masks.boundary`: the image's border counts as outside). Empty masks are refused
everywhere: what a missed structure costs is a convention, and the caller's. What others compute under the same names
stands in the notes of each function.
"""

from typing import NamedTuple

import numpy as np
from scipy.spatial import KDTree

from fdgst.core.masks import boundary, bounding_box


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
    overlap, sizes = _areas(prediction, truth)
    return 2 * overlap / sizes


def dice_released(prediction: np.ndarray, truth: np.ndarray) -> float:
    """Return the Dice coefficient as the released scripts have it, (2 TP + 1) / (2 TP + FP + FN + 1).

    Parameters and errors are those of `dice`; a mask of 100 000 pixels gains below 1e-5 by it.
    """
    overlap, sizes = _areas(prediction, truth)
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
    return float(np.percentile(np.concatenate(_distances(prediction, truth)), percentile))


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
    forth, back = _distances(prediction, truth)
    return float(forth.mean() if directed else np.concatenate([forth, back]).mean())


def surface_metrics(prediction: np.ndarray, truth: np.ndarray) -> SurfaceMetrics:
    """Return all distances of a pair of masks from one search (see `SurfaceMetrics`).

    Raises
    ------
    TypeError, ValueError
        As `dice`.
    """
    forth, back = _distances(prediction, truth)
    pooled = np.concatenate([forth, back])
    return SurfaceMetrics(
        hd=float(pooled.max()),
        hd95=float(np.percentile(pooled, 95)),
        asd=float(pooled.mean()),
        asd_directed=float(forth.mean()),
    )


def _areas(prediction: np.ndarray, truth: np.ndarray) -> tuple[int, int]:
    """Return the pixels that two masks share, and the sum of their sizes."""
    prediction, truth = _crop(prediction, truth)
    return int(np.count_nonzero(prediction & truth)), int(np.count_nonzero(prediction) + np.count_nonzero(truth))


def _distances(prediction: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each boundary point's distance to the other boundary: prediction to truth, truth to prediction."""
    prediction, truth = (np.argwhere(boundary(mask)).astype(float) for mask in _crop(prediction, truth))
    # trees on some thousand points: 10 x faster than a distance transform of every pixel around them
    return KDTree(truth).query(prediction)[0], KDTree(prediction).query(truth)[0]


def _crop(prediction: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Check a pair of masks and cut both to the window that holds them."""
    for name, mask in (("prediction", prediction), ("truth", truth)):
        if mask.dtype != bool:
            raise TypeError(f"{name} must be a boolean mask, got {mask.dtype}")
        if mask.ndim != 2 or mask.shape != truth.shape:
            raise ValueError(f"masks must be of one shape (height, width), got {prediction.shape} and {truth.shape}")
        if not mask.any():
            raise ValueError(f"{name} is empty: there is no boundary to measure from; decide what a miss costs")
    window = bounding_box(prediction, truth)
    return prediction[window], truth[window]
