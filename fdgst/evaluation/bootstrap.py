"""How sure a mean is: intervals over units by the bootstrap, and over trainings where there are several.

A unit is an image, or a group of images that belong together (`fdgst.evaluation.units`). An image's values are first
averaged over the training seeds. Domains are strata: units are drawn within their domain, and a mean over domains is
unweighted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr, stdtrit

from fdgst.core.seeding import generator
from fdgst.evaluation.catalogue import AVERAGE
from fdgst.evaluation.rates import average_count, wilson
from fdgst.evaluation.trainings import SeedMeans, seed_means, variances, widened
from fdgst.evaluation.units import Stratum, shared_seeds, sums


def resampled_means(sums: np.ndarray, counts: np.ndarray, *, samples: int, rng: np.random.Generator) -> np.ndarray:
    """Draw units with replacement and average their images, many times.

    Parameters
    ----------
    sums, counts : ndarray of float, shape (U, K)
        Sum and number of each unit's values, from `fdgst.evaluation.units.sums`. All columns are drawn alike, so that
        differences of columns are paired.
    samples : int
        Number of draws B.
    rng : numpy Generator

    Returns
    -------
    ndarray of float, shape (B, K)
        NaN where a draw holds no value of a column.
    """
    units = len(sums)
    drawn = rng.multinomial(units, np.full(units, 1 / units), size=samples).astype(float)
    alike = (counts == counts[:, :1]).all()  # one column of weights serves all
    weight = drawn @ (counts[:, :1] if alike else counts)
    total = drawn @ sums
    return np.divide(total, weight, out=np.full(total.shape, np.nan), where=np.broadcast_to(weight > 0, total.shape))


def interval(means: np.ndarray, counts: Sequence[int], *, confidence: float) -> np.ndarray:
    """Turn resampled means into an interval for the mean.

    Parameters
    ----------
    means : ndarray of float, shape (B, K)
        Over all strata.
    counts : sequence of int
        Units per stratum.
    confidence : float
        In (0, 1).

    Returns
    -------
    ndarray of float, shape (2, K)
        Lower and upper end; NaN when a stratum has fewer than two units.

    Notes
    -----
    Percentiles, taken further out because a resample of n units varies by (n - 1) / n too little and the normal
    quantile ignores that its width is estimated (the expanded percentile interval of Hesterberg, "What teachers
    should know about the bootstrap", The American Statistician 69, 2015). With 16 units it covers
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


@dataclass(frozen=True)
class _Cell:
    """What is known of one domain, or of the average over all: K columns."""

    mean: np.ndarray
    draws: np.ndarray  # (B, K)
    counts: Sequence[int]  # units of each domain
    held: np.ndarray  # (D, K): units that have a value, of each domain
    seen: Sequence[SeedMeans]  # of each domain; empty with fewer than two seeds
    seeds: int
    plain: bool  # one seed, and every image a unit of its own


def intervals(
    strata: Mapping[str, Stratum], *, samples: int, confidence: float, rates: np.ndarray | None = None
) -> pd.DataFrame:
    """Find the mean of every column in every domain, their unweighted average, and intervals for both.

    Parameters
    ----------
    strata : mapping of Stratum
        By domain; the same columns in each.
    samples : int
        Number of resamples. Their generator is named by the domain alone: a new row or metric changes no interval.
    confidence : float
        In (0, 1).
    rates : ndarray of bool, shape (K,), optional
        Which columns are rates, in percent; by default none.

    Returns
    -------
    DataFrame
        Indexed by the columns and `unseen`, which is also ``average``. mean; low, high: its interval over units,
        widened by what the seeds vary where there are several (`fdgst.evaluation.trainings`); units_low, units_high:
        over units alone; units: those with a value; seeds: trainings that the interval speaks of, in the average those
        that all domains share; of_seeds, of_residuals: their variances, NaN with one seed. A rate's interval over units
        is Wilson's where every image is a unit and there is one seed, else the bootstrap's, with Wilson's bound where
        nothing was seen, or nothing else.
    """
    columns = next(iter(strata.values())).columns
    of_rates = np.zeros(len(columns), bool) if rates is None else rates
    total, cells = np.zeros((samples, len(columns))), []
    common = shared_seeds(strata)
    of_average: list[SeedMeans] = []
    rows = []
    for name, stratum in strata.items():
        cell = _of_domain(name, stratum, samples)
        total += cell.draws
        if len(common) > 1:
            of_average.append(cell.seen[0] if common == stratum.seeds else _seen(stratum, common))
        rows.append(_ends(cell, of_rates, confidence).assign(unseen=name))
        cells.append(cell)
    average = _Cell(
        mean=np.mean([cell.mean for cell in cells], axis=0),
        draws=total / len(cells),
        counts=[count for cell in cells for count in cell.counts],
        held=np.concatenate([cell.held for cell in cells]),
        seen=of_average,
        seeds=max(len(common), 1),
        plain=all(cell.plain for cell in cells),
    )
    rows.append(_ends(average, of_rates, confidence).assign(unseen=AVERAGE))
    return pd.concat([table.set_index(columns) for table in rows]).set_index("unseen", append=True)


def _of_domain(name: str, stratum: Stratum, samples: int) -> _Cell:
    """Average and resample one domain."""
    means = stratum.means
    total, count = sums(means, stratum.units)
    return _Cell(
        mean=pd.DataFrame(means, copy=False).mean().to_numpy(float),  # a last digit depends on the order of sums
        draws=resampled_means(total, count, samples=samples, rng=generator("bootstrap", name, samples)),
        counts=[stratum.count],
        held=(count > 0).sum(axis=0)[None],
        seen=[_seen(stratum, stratum.seeds)] if len(stratum.seeds) > 1 else [],
        seeds=len(stratum.seeds),
        plain=len(stratum.seeds) == 1 and not stratum.grouped,
    )


def _seen(stratum: Stratum, seeds: Sequence[int]) -> SeedMeans:
    """Average some seeds of a domain."""
    return seed_means(stratum.values[:, [stratum.seeds.index(seed) for seed in seeds]], stratum.units)


def _ends(cell: _Cell, rates: np.ndarray, confidence: float) -> pd.DataFrame:
    """Return mean, intervals and counts, one row for each column."""
    low, high = interval(cell.draws, cell.counts, confidence=confidence)
    if rates.any():
        count = average_count(cell.held)
        ends = wilson(cell.mean, count, confidence=confidence)
        certain = (cell.mean == 0) | (cell.mean == 100)
        taken = rates & (certain | cell.plain)
        low, high = np.where(taken, ends[0], low), np.where(taken, ends[1], high)
    known = (cell.held > 1).all(axis=0) | rates  # the interval of one unit is not
    low, high = np.where(known, low, np.nan), np.where(known, high, np.nan)
    table = {"mean": cell.mean, "low": low, "high": high, "units_low": low, "units_high": high}
    table |= dict.fromkeys(("of_seeds", "of_residuals"), np.full(len(low), np.nan))
    if cell.seen:
        table |= dict(zip(("of_seeds", "of_residuals"), variances(cell.seen), strict=True))
        found = {name: table[name] for name in ("of_seeds", "of_residuals")}
        table["low"], table["high"] = widened(cell.mean, low, high, **found, seeds=cell.seeds, confidence=confidence)
    return pd.DataFrame(table | {"units": cell.held.sum(axis=0), "seeds": cell.seeds})
