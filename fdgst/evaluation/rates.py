"""Intervals of rates: shares of images, in percent. Nothing seen in 16 images is not nothing in all."""

import numpy as np
from scipy.special import ndtri


def wilson(rate: np.ndarray, count: np.ndarray, *, confidence: float) -> np.ndarray:
    """Return Wilson's score interval of rates.

    Parameters
    ----------
    rate : ndarray of float, shape (K,)
        Percent.
    count : ndarray of float, shape (K,)
        Of how many units; need not be whole.
    confidence : float
        In (0, 1).

    Returns
    -------
    ndarray of float, shape (2, K)
        Lower and upper end, percent; NaN without a unit. 0 of 16 has the upper end 19.4 at a confidence of .95.

    Notes
    -----
    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.
    """
    share, z = np.asarray(rate) / 100, ndtri((1 + confidence) / 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = share + z**2 / (2 * count)
        arm = z * np.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2)
        ends = 100 * np.array([centre - arm, centre + arm]) / (1 + z**2 / count)
    ends = np.clip(ends, 0, 100)
    ends[0] = np.where(share == 0, 0, ends[0])  # not 1e-17
    ends[1] = np.where(share == 1, 100, ends[1])
    return ends


def average_count(counts: np.ndarray) -> np.ndarray:
    """Return of how many units one rate would be as precise as the unweighted mean of rates over domains.

    Parameters
    ----------
    counts : ndarray of float, shape (D, K)
        Units of each domain.

    Returns
    -------
    ndarray of float, shape (K,)
        D^2 / sum(1 / n_d): for domains of one size all their units together. ASSUME: sources give Wilson's interval
        for one sample only.
    """
    with np.errstate(divide="ignore"):
        return len(counts) ** 2 / (1 / counts).sum(axis=0)
