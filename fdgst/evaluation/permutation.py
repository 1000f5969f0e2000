"""A test of the table's mean: how often it would be as large as it is, did each unit's difference have either sign.

Under the hypothesis that two rows are exchangeable, a unit's differences (an image's, or all those of a patient) could
as well have had the other sign. The statistic is what the table prints, the unweighted mean over domains of the mean
difference, so that test and mean cannot speak of two things.
"""

from collections.abc import Sequence
from itertools import product

import numpy as np

from fdgst.core.seeding import generator
from fdgst.evaluation.units import sums

EXACT_UNITS = 13  # up to here every combination of signs is looked at: 8192
DRAWS = 10_000
_VALUES_AT_ONCE = 4_000_000  # 32 MB of float64


def sign_flip_p(domains: Sequence[tuple[str, np.ndarray, np.ndarray]], *, draws: int = DRAWS) -> np.ndarray:
    """Test the unweighted mean over domains of the mean paired difference, two-sided.

    Parameters
    ----------
    domains : sequence of (str, ndarray of float of shape (n, K), ndarray of int of shape (n,))
        Of each domain its name, its images' differences and the unit of each image. NaN is left out.
    draws : int, optional
        How many combinations of signs are drawn where there are too many to look at all.

    Returns
    -------
    ndarray of float, shape (K,)
        The share of the combinations of signs whose mean is at least as far from 0 as the observed one. With up to
        `EXACT_UNITS` units all of them are looked at, else drawn ones and the observed one: (1 + count) /
        (1 + draws). 1 where nothing differs, or a domain has no value, so that there is no mean.

    Notes
    -----
    The signs of a domain's units are drawn from a generator named by the domain: a new row changes no p.
    """
    parts = [(name, *_contributions(values, units, len(domains))) for name, values, units in domains]
    contributions = np.concatenate([part for _, part, _ in parts])
    there = np.concatenate([has_value for _, _, has_value in parts])
    observed = np.abs(contributions.sum(axis=0))
    least = observed - 1e-9 * np.abs(contributions).sum(axis=0)  # the same sum in another order counts as equal
    found = np.ones(contributions.shape[1])
    known = np.isfinite(observed) & (observed > 0)
    few = known & (there.sum(axis=0) <= EXACT_UNITS)
    for pattern in np.unique(there[:, few], axis=1).T:
        alike = few & (there == pattern[:, None]).all(axis=0)
        found[alike] = _exact(contributions[np.ix_(pattern, alike)], least[alike])
    many = known & ~few
    if many.any():
        names = [(name, len(part)) for name, part, _ in parts]
        found[many] = _drawn(names, contributions[:, many], least[many], draws)
    return found


def _contributions(values: np.ndarray, units: np.ndarray, domains: int) -> tuple[np.ndarray, np.ndarray]:
    """Return what each unit adds to the mean over domains, and whether it has a value; NaN where a domain has none."""
    total, count = sums(values, units)
    images = count.sum(axis=0)
    share = np.divide(1.0, images * domains, out=np.full(images.shape, np.nan), where=images > 0)
    return total * share, count > 0


def _exact(contributions: np.ndarray, least: np.ndarray) -> np.ndarray:
    """Look at every combination of signs."""
    signs = np.array(list(product((-1.0, 1.0), repeat=len(contributions))))
    return (np.abs(signs @ contributions) >= least).mean(axis=0)


def _drawn(domains: Sequence[tuple[str, int]], contributions: np.ndarray, least: np.ndarray, draws: int) -> np.ndarray:
    """Look at drawn combinations, a part of them at a time."""
    generators = [(generator("signs", name, draws), units) for name, units in domains]
    count = np.zeros(contributions.shape[1])
    at_once = max(_VALUES_AT_ONCE // (len(contributions) + contributions.shape[1]), 1)
    for first in range(0, draws, at_once):
        rows = min(at_once, draws - first)
        signs = np.concatenate([_signs(rng, rows, units) for rng, units in generators], axis=1)
        count += (np.abs(signs @ contributions) >= least).sum(axis=0)
    return (1 + count) / (1 + draws)


def _signs(rng: np.random.Generator, rows: int, units: int) -> np.ndarray:
    """Draw signs, shape (rows, units); each row takes whole words of bits, so that parts of any size give the same."""
    words = -(-units // 32)
    bits = np.unpackbits(np.frombuffer(rng.bytes(4 * words * rows), np.uint8).reshape(rows, -1), axis=1)
    return 1.0 - 2.0 * bits[:, :units]
