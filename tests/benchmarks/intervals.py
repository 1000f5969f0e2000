"""How often bootstrap intervals of 95 % hold the true mean: plain percentiles, BCa, and the ones that tables use.

    python -m tests.benchmarks.intervals --out intervals.csv

Simulated studies: scores that are normal, skewed as Dice is, or skewed with a share of misses at zero; one domain or an
unweighted average over four. Prints the table of docs/evaluation.md in some seconds.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.special import ndtr, ndtri

from fdgst.core.seeding import generator
from fdgst.evaluation.bootstrap import interval, resampled_means
from tests.benchmarks.harness import write_csv

CONFIDENCE = 0.95
MISSES = 0.03
DOMAINS = {"16": [16], "4 x 16": [16] * 4, "51 + 60 + 80 + 80": [51, 60, 80, 80]}
Draw = Callable[[np.random.Generator, tuple[int, int]], np.ndarray]


def normal(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Scores without skew."""
    return rng.normal(85, 8, shape)


def skewed(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Scores with a tail of hard images."""
    return 100 * rng.beta(12, 2, shape)


def missed(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """The same, some of them zero."""
    return np.where(rng.random(shape) < MISSES, 0, skewed(rng, shape))


SCORES: dict[str, tuple[Draw, float]] = {
    "normal": (normal, 85),
    "skewed as Dice": (skewed, 100 * 12 / 14),
    "3 % missed": (missed, (1 - MISSES) * 100 * 12 / 14),
}


def percentile(means: np.ndarray) -> np.ndarray:
    """Plain percentiles, shape (2, studies)."""
    return np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)


def bca(means: np.ndarray, strata: list[np.ndarray]) -> np.ndarray:
    """Bias-corrected and accelerated percentiles (Efron 1987), with the acceleration of a mean over strata."""
    centre = np.mean([values.mean(axis=0) for values in strata], axis=0)
    pull = np.concatenate([(values - values.mean(axis=0)) / len(values) for values in strata])
    acceleration = (pull**3).sum(axis=0) / (6 * (pull**2).sum(axis=0) ** 1.5)
    bias = ndtri(((means < centre).mean(axis=0) + (means <= centre).mean(axis=0)) / 2)
    ends = []
    for level in ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2):
        moved = bias + ndtri(level)
        levels = ndtr(bias + moved / (1 - acceleration * moved))
        ends.append([np.quantile(column, at) for column, at in zip(means.T, levels, strict=True)])
    return np.array(ends)


def coverage(draw: Draw, mean: float, counts: list[int], *, studies: int, samples: int) -> dict[str, float]:
    """Share of the studies whose interval holds the mean, by kind of interval."""
    rng = generator("intervals", draw.__name__, *counts)
    strata = [draw(rng, (count, studies)) for count in counts]
    means = np.mean([resampled_means(x, np.ones_like(x), samples=samples, rng=rng) for x in strata], axis=0)
    ends = {
        "percentile": percentile(means),
        "BCa": bca(means, strata),
        "used": interval(means, counts, confidence=CONFIDENCE),
    }
    return {kind: float(np.mean((low <= mean) & (mean <= high))) for kind, (low, high) in ends.items()}


def main() -> None:
    """Run the simulation."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="CSV")
    parser.add_argument("--studies", type=int, default=1500)
    parser.add_argument("--samples", type=int, default=1000)
    arguments = parser.parse_args()
    rows = []
    for images, counts in DOMAINS.items():
        for scores, (draw, mean) in SCORES.items():
            found = coverage(draw, mean, counts, studies=arguments.studies, samples=arguments.samples)
            rows.append({"images": images, "scores": scores, **found})
            print(f"{images:18} {scores:15}", *(f"{kind} {100 * share:.1f} %" for kind, share in found.items()))
    write_csv(rows, arguments.out)


if __name__ == "__main__":
    main()
