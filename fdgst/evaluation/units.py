"""What is flipped and resampled: images, or the groups (patients) that they belong to, within their domain.

A domain's values stand in an array (images, seeds, columns). What groups need of it are sums and numbers of values for
each unit: the mean of some units, drawn as often as one likes, is the sum of their sums over the sum of their numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from fdgst.evaluation.catalogue import CELL


@dataclass(frozen=True)
class Stratum:
    """The values of one unseen domain.

    Attributes
    ----------
    values : ndarray of float, shape (n, S, K)
        Of each image, seed and column, in the order of their names; NaN where there is none.
    units : ndarray of int, shape (n,)
        Which unit an image belongs to, from 0 on without gaps: its group, or itself where the scores name no groups.
    seeds : tuple of int
        The trainings.
    columns : MultiIndex
        Method, structure and metric; of differences the reference, too.
    """

    values: np.ndarray
    units: np.ndarray
    seeds: tuple[int, ...]
    columns: pd.MultiIndex

    @property
    def grouped(self) -> bool:
        """Whether a unit has more than one image."""
        return len(self.units) > self.count

    @property
    def count(self) -> int:
        """The number of units."""
        return int(self.units.max()) + 1

    @property
    def means(self) -> np.ndarray:
        """Each image's mean over the seeds, shape (n, K): a seed without a value is left out; NaN if there is none."""
        return mean_of(self.values, axis=1)

    def of(self, columns: Sequence[int] | np.ndarray) -> "Stratum":
        """Return the same with some of the columns, by place."""
        return replace(self, values=self.values[:, :, columns], columns=self.columns[columns])


def strata(long: pd.DataFrame, domains: Sequence[str]) -> dict[str, Stratum]:
    """Bring scores into arrays.

    Parameters
    ----------
    long : DataFrame
        From `fdgst.evaluation.catalogue.per_image`. With a column `group` the groups are the units. ASSUME: a group's
        name means something within its domain only; images of two domains are never one unit.
    domains : sequence of str
        Unseen domains, in the order of the result.

    Returns
    -------
    dict of Stratum
        By domain, with equal columns.
    """
    wide = long.set_index(["unseen", "image", "seed", *CELL])["value"].unstack(CELL).sort_index(axis=1)
    groups = long.groupby(["unseen", "image"])["group"].first() if "group" in long else None
    columns = pd.MultiIndex.from_frame(wide.columns.to_frame(index=False))
    found = {}
    for domain in domains:
        table = wide.loc[domain]
        images, seeds = table.index.unique("image").sort_values(), table.index.unique("seed").sort_values()
        whole = table.reindex(pd.MultiIndex.from_product([images, seeds]))
        names = images if groups is None else groups[domain].reindex(images)
        found[domain] = Stratum(
            values=whole.to_numpy(float).reshape(len(images), len(seeds), -1),
            units=pd.factorize(names)[0],
            seeds=tuple(map(int, seeds)),
            columns=columns,
        )
    return found


def paired(stratum: Stratum, pairs: Sequence[tuple[str, str]]) -> Stratum:
    """Subtract reference from method for pairs (method, reference); columns (method, reference, structure, metric)."""
    blocks, columns = [], []
    of_method = {
        name: np.flatnonzero(stratum.columns.get_level_values("method") == name) for pair in pairs for name in pair
    }
    for method, reference in pairs:
        first, second = of_method[method], of_method[reference]
        # rounded: 80.3 - 80.2 and 0.3 - 0.2 are one rank, not two
        blocks.append((stratum.values[:, :, first] - stratum.values[:, :, second]).round(9))
        columns += [(method, reference, *rest) for _, *rest in stratum.columns[first]]
    names = ["method", "reference", *CELL[1:]]
    return replace(
        stratum, values=np.concatenate(blocks, axis=2), columns=pd.MultiIndex.from_tuples(columns, names=names)
    )


def mean_of(values: np.ndarray, *, axis: int) -> np.ndarray:
    """Average over an axis without NaN; NaN where there is nothing else."""
    there = np.isfinite(values)
    count, total = there.sum(axis=axis), np.where(there, values, 0).sum(axis=axis)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def sums(values: np.ndarray, units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sum and count the values of each unit.

    Parameters
    ----------
    values : ndarray of float, shape (n, ...)
        NaN is left out.
    units : ndarray of int, shape (n,)
        As in `Stratum`.

    Returns
    -------
    sums, counts : ndarray of float, shape (U, ...)
    """
    there = np.isfinite(values)
    parts = np.where(there, values, 0.0), there.astype(float)
    count = int(units.max()) + 1
    if count == len(units):  # every image is a unit of its own, in order
        return parts
    order = np.argsort(units, kind="stable")
    first = np.searchsorted(units[order], np.arange(count))
    return np.add.reduceat(parts[0][order], first, axis=0), np.add.reduceat(parts[1][order], first, axis=0)


def unit_means(values: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Average the images of each unit, shape (U, ...); NaN for a unit without a value."""
    total, count = sums(values, units)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def shared_seeds(domains: Mapping[str, Stratum]) -> tuple[int, ...]:
    """Return the seeds that every domain was trained with: one seed is one training for each domain."""
    common = set.intersection(*(set(stratum.seeds) for stratum in domains.values()))
    return tuple(sorted(common))
