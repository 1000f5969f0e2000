"""How sure a mean is: bootstrap intervals over images.

The unit is the image: its values are first averaged over the training seeds. Domains are strata: images are drawn
within their domain, and a mean over domains is unweighted.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import ndtr, stdtrit

from fdgst.core.seeding import generator
from fdgst.evaluation.catalogue import AVERAGE, CELL


def image_means(long: pd.DataFrame, domains: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Average each image over the seeds.

    Parameters
    ----------
    long : DataFrame
        From `fdgst.evaluation.catalogue.per_image`.
    domains : sequence of str
        Unseen domains, in the order of the result.

    Returns
    -------
    dict of DataFrame
        By domain: one row per image, in the order of names; columns (method, structure, metric). A seed without a
        value is left out of an image's mean; NaN if there is none at all.
    """
    means = long.groupby(["unseen", "image", *CELL])["value"].mean()
    return {domain: means.loc[domain].unstack(CELL).sort_index(axis=0).sort_index(axis=1) for domain in domains}


def resampled_means(values: np.ndarray, *, samples: int, rng: np.random.Generator) -> np.ndarray:
    """Draw the rows of a table with replacement and average, many times.

    Parameters
    ----------
    values : ndarray of float, shape (n, K)
        One row per image. All columns are drawn alike, so that differences of columns are paired. NaN is left out.
    samples : int
        Number of draws B.
    rng : numpy Generator

    Returns
    -------
    ndarray of float, shape (B, K)
        NaN where a draw holds no value of a column.
    """
    count = len(values)
    drawn = rng.multinomial(count, np.full(count, 1 / count), size=samples).astype(float)
    there = np.isfinite(values)
    weight = drawn @ there
    return np.divide(drawn @ np.where(there, values, 0), weight, out=np.full(weight.shape, np.nan), where=weight > 0)


def interval(means: np.ndarray, counts: Sequence[int], *, confidence: float) -> np.ndarray:
    """Turn resampled means into an interval for the mean.

    Parameters
    ----------
    means : ndarray of float, shape (B, K)
        Over all strata.
    counts : sequence of int
        Images per stratum.
    confidence : float
        In (0, 1).

    Returns
    -------
    ndarray of float, shape (2, K)
        Lower and upper end; NaN when a stratum has fewer than two images.

    Notes
    -----
    Percentiles, taken further out because a resample of n images varies by (n - 1) / n too little and the normal
    quantile ignores that its width is estimated (the expanded percentile interval of Hesterberg, "What teachers
    should know about the bootstrap", The American Statistician 69, 2015). With 16 images it covers
    1 to 3 points more often than plain percentiles or BCa, which both fall short (tests/benchmarks/intervals.py).
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be in (0, 1), got {confidence}")
    if min(counts) < 2:
        return np.full((2, means.shape[1]), np.nan)
    freedom, size = sum(counts) - len(counts), sum(counts) / len(counts)
    level = ndtr(np.sqrt(size / (size - 1)) * stdtrit(freedom, (1 - confidence) / 2))
    with np.errstate(invalid="ignore"):
        return _quantiles(means, [level, 1 - level])


def _quantiles(means: np.ndarray, levels: Sequence[float]) -> np.ndarray:
    """Return quantiles down the columns, without the draws that hold no value; NaN for a column of such."""
    found = np.full((len(levels), means.shape[1]), np.nan)
    whole = np.isfinite(means).all(axis=0)
    found[:, whole] = np.quantile(means[:, whole], levels, axis=0)
    for column in np.flatnonzero(~whole & np.isfinite(means).any(axis=0)):
        found[:, column] = np.quantile(means[np.isfinite(means[:, column]), column], levels)
    return found


def intervals(images: Mapping[str, pd.DataFrame], *, samples: int, confidence: float) -> pd.DataFrame:
    """Bootstrap the mean of every column in every domain, and their unweighted average.

    Parameters
    ----------
    images : mapping of DataFrame
        From `image_means`; the same columns in each.
    samples : int
        Number of resamples. Their generator is named by the domain alone: a new row or metric changes no interval.
    confidence : float
        In (0, 1).

    Returns
    -------
    DataFrame
        Indexed by the tables' columns and `unseen`, which is also ``average``; columns mean, low, high.
    """
    names = list(images)
    columns = images[names[0]].columns
    draws = {
        name: resampled_means(table.to_numpy(float), samples=samples, rng=generator("bootstrap", name, samples))
        for name, table in images.items()
    }
    counts = {name: [len(table)] for name, table in images.items()}
    means = {name: table.mean().to_numpy(float) for name, table in images.items()}
    draws[AVERAGE] = np.mean([draws[name] for name in names], axis=0)
    means[AVERAGE] = np.mean([means[name] for name in names], axis=0)
    counts[AVERAGE] = [count for name in names for count in counts[name]]
    rows = []
    for name in (*names, AVERAGE):
        low, high = interval(draws[name], counts[name], confidence=confidence)
        rows.append(pd.DataFrame({"mean": means[name], "low": low, "high": high}, index=columns).assign(unseen=name))
    return pd.concat(rows).set_index("unseen", append=True)
