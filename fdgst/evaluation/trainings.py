"""How far other trainings would move a mean: the arm that several seeds add to an interval over units."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from fdgst.evaluation.units import sums


@dataclass(frozen=True)
class SeedMeans:
    """What the seeds of one domain show.

    Attributes
    ----------
    means : ndarray of float, shape (S, K)
        Each seed's mean over the images.
    residual : ndarray of float, shape (K,)
        By how much the units' residuals alone, what of a unit's values neither unit nor seed explains, would make the
        mean over units and seeds vary; NaN with fewer than two units or seeds.
    """

    means: np.ndarray
    residual: np.ndarray


def seed_means(values: np.ndarray, units: np.ndarray) -> SeedMeans:
    """Average each seed of a domain, and split what is left of the values.

    Parameters
    ----------
    values : ndarray of float, shape (n, S, K)
        NaN is left out.
    units : ndarray of int, shape (n,)
        As in `fdgst.evaluation.units.Stratum`.

    Notes
    -----
    A unit of several images counts as its part of the mean, which is linear in the units' sums and numbers: for units
    of one image each that is the image's value. ASSUME: the mean's definition for units of unequal size.
    """
    total, count = sums(values, units)
    images, seeds = count.sum(axis=0), values.shape[1]
    held = (count > 0).any(axis=1).sum(axis=0)  # units with a value, by column
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(images > 0, total.sum(axis=0) / images, np.nan)
        parts = (total - count * means) * (held / images)
        left = parts - parts.mean(axis=1, keepdims=True)
        variance = (left**2).sum(axis=(0, 1)) / ((held - 1) * (seeds - 1))
        residual = variance / (held * seeds)
    return SeedMeans(means, np.where((held > 1) & (seeds > 1), residual, np.nan))


def variances(domains: Sequence[SeedMeans]) -> tuple[np.ndarray, np.ndarray]:
    """Return by how much trainings and residuals make the mean over seeds and domains vary, and residuals alone.

    Returns
    -------
    of_seeds, of_residuals : ndarray of float, shape (K,)
        V_seed, the variance of the seeds' means over their number; and V_res, the part of it that the units' residuals
        explain. In the mean over D domains each domain's part is a D-squared-th.
    """
    means = np.mean([domain.means for domain in domains], axis=0)
    of_residuals = np.sum([domain.residual for domain in domains], axis=0) / len(domains) ** 2
    return means.var(axis=0, ddof=1) / len(means), of_residuals


def widened(
    mean: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    *,
    of_seeds: np.ndarray,
    of_residuals: np.ndarray,
    seeds: int,
    confidence: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Widen an interval over units by the seeds' arm (MOVER, the method of variance estimates recovery).

    Parameters
    ----------
    mean, low, high : ndarray of float, shape (K,)
        The mean, and its interval over units.
    of_seeds, of_residuals : ndarray of float, shape (K,)
        From `variances`; what trainings alone do is their difference, if it is more than 0.
    seeds : int
        How many, at least two.
    confidence : float
        In (0, 1).

    Returns
    -------
    low, high : ndarray of float, shape (K,)

    Notes
    -----
    Zou and Donner, "Construction of confidence limits about effect measures", Statistics in Medicine 27, 2008: the
    squared arms of independent parts add up. The seeds' arm is that of Student's t with S - 1 degrees of freedom.
    """
    if seeds < 2:
        raise ValueError(f"seeds must be at least 2, got {seeds}: how far trainings vary is not known from one")
    arm = stdtrit(seeds - 1, (1 + confidence) / 2) ** 2 * np.maximum(of_seeds - of_residuals, 0)
    ends = mean - np.sqrt((mean - low) ** 2 + arm), mean + np.sqrt((high - mean) ** 2 + arm)
    return np.minimum(ends[0], low), np.maximum(ends[1], high)  # without an arm the same, to the last bit


def trainings_p(
    mean: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    *,
    of_seeds: np.ndarray,
    of_residuals: np.ndarray,
    seeds: np.ndarray,
) -> np.ndarray:
    """Return the level at which the seeds' arm, beside the units', would reach 0, for the cells of one family.

    Parameters
    ----------
    mean, low, high : ndarray of float, shape (K,)
        Differences, and their intervals over units.
    of_seeds, of_residuals, seeds : ndarray, shape (K,)
        As of `widened`.

    Returns
    -------
    ndarray of float, shape (K,)
        p, not corrected: 1 where the interval over units holds 0, 0 where trainings add nothing to it, NaN with one
        seed. Of a family of one cell it is below 1 - confidence where the interval of `widened` is on one side of 0.

    Notes
    -----
    That interval is not corrected for the number of cells, so that among 18 of them some exclude 0 by chance. This p
    can be. ASSUME: what residuals explain is taken off as a share that the whole family has, mean(V_seed / V_res),
    for by chance two seeds are often nearer to each other in one cell than residuals alone would have them.
    """
    reach = np.where(mean > 0, mean - low, high - mean)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = of_seeds / of_residuals
        ratio = ratio[~np.isnan(ratio)]
        share = max(1 - 1 / ratio.mean(), 0) if len(ratio) else 0
        t = np.sqrt((mean**2 - reach**2) / (share * of_seeds))
        p = 2 * stdtr(seeds - 1, -t)
    p = np.where(share * of_seeds > 0, p, 0.0)
    p = np.where(np.sign(low) * np.sign(high) > 0, p, 1.0)
    return np.where(np.isfinite(of_seeds) & (seeds > 1), p, np.nan)
