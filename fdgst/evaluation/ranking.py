"""Which row stands where: mean ranks over all cells of the table, and how far other images would move them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fdgst.core.seeding import generator
from fdgst.evaluation.bootstrap import interval, resampled_means
from fdgst.evaluation.catalogue import METRICS, PROTOCOLS
from fdgst.evaluation.units import mean_of, strata, sums

COLUMNS = ["method", "rank", "low", "high", "first"]


def ranking(
    long: pd.DataFrame,
    methods: Sequence[str],
    domains: Sequence[str],
    *,
    structures: Sequence[str],
    protocol: str,
    samples: int,
    confidence: float,
) -> pd.DataFrame:
    """Rank rows in every cell and average their ranks.

    Parameters
    ----------
    long : DataFrame
        From `fdgst.evaluation.catalogue.per_image`.
    methods, domains, structures : sequence of str
        Ids: what is ranked, in which cells.
    protocol : {'paper', 'released'}
        Whose three metrics make the cells.
    samples, confidence
        Of the bootstrap, as of `fdgst.evaluation.bootstrap.intervals`, whose draws these are.

    Returns
    -------
    DataFrame
        `COLUMNS`, in the order of `methods`. rank: over all domains, structures and metrics, 1 is the best; equal means
        share a rank, and a cell without a mean ranks nothing. low, high: its interval over units; how far
        trainings would move it is not in it. first: the share of the draws in which no other rank is better, shared
        where several are first.
    """
    metrics = list(PROTOCOLS[protocol].values())
    shown = long[long["metric"].isin(metrics) & long["method"].isin(methods) & long["structure"].isin(structures)]
    total, cells = np.zeros((1 + samples, len(methods))), np.zeros((1 + samples, 1))  # the observed ones first
    counts = []
    for name, stratum in strata(shown, domains).items():
        means = stratum.means
        rng = generator("bootstrap", name, samples)
        drawn = resampled_means(*sums(means, stratum.units), samples=samples, rng=rng)
        values = np.concatenate([mean_of(means, axis=0)[None], drawn])
        for cell in stratum.columns.droplevel("method").unique():
            columns = stratum.columns.get_indexer(pd.MultiIndex.from_product([methods, *([part] for part in cell)]))
            ranks, there = _ranks(values[:, columns] * METRICS[cell[1]].better)
            total += np.where(there, ranks, 0)
            cells += there
        counts.append(stratum.count)
    mean = np.divide(total, cells, out=np.full(total.shape, np.nan), where=cells > 0)
    low, high = interval(mean[1:], counts, confidence=confidence)
    best = np.isclose(mean[1:], np.min(mean[1:], axis=1, keepdims=True), atol=1e-9)
    first = (best / np.maximum(best.sum(axis=1, keepdims=True), 1)).mean(axis=0)
    return pd.DataFrame({"method": list(methods), "rank": mean[0], "low": low, "high": high, "first": first})[COLUMNS]


def _ranks(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rank along the rows, the largest first and equal ones sharing; and tell which rows have all their values."""
    rounded = np.round(values, 9)
    better = (rounded[:, None, :] > rounded[:, :, None]).sum(axis=2)
    equal = (rounded[:, None, :] == rounded[:, :, None]).sum(axis=2)
    return better + (equal + 1) / 2, np.isfinite(values).all(axis=1, keepdims=True)
