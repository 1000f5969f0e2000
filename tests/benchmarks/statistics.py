"""How often a row is called better that is not, how often intervals hold the truth, and how often a gain is found.

    python -m tests.benchmarks.statistics --out statistics.csv

Simulated studies of 4 domains with 16 images each. Two rows differ by images (a standard deviation of 4.85 points, so
that the best test finds a difference of 2 points in 90 % of all studies) and by an image's luck in each training (1
point); a training moves a row as a whole by 0 or by 1 point, in all domains alike. What is simulated goes through the
functions that make significance.csv. Prints the table of docs/evaluation.md in some minutes on one core.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, combinations, product
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from fdgst.core.seeding import generator
from fdgst.evaluation.bootstrap import interval, resampled_means
from fdgst.evaluation.permutation import sign_flip_p
from fdgst.evaluation.statistics import holm
from fdgst.evaluation.trainings import seed_means, trainings_p, variances, widened
from fdgst.evaluation.units import mean_of
from fdgst.evaluation.verdicts import is_better, one_sided, sureness
from tests.benchmarks.harness import write_csv

DOMAINS, IMAGES = 4, 16
OF_IMAGES, OF_LUCK, GAIN = 4.85, 1.0, 2.0  # points; of differences
LEVEL = 0.05
ROWS, METRICS = 3, 6  # of a family: three comparisons, two structures with three metrics each
SHARED = 0.8  # correlation of an image's metrics
SEEDS = (1, 2, 3, 5)
AT_ONCE = 500  # studies that share their draws of signs and images
Domains = list[np.ndarray]  # differences (images, seeds, columns) of each domain


@dataclass(frozen=True)
class Judged:
    """What is said of each column: is a row better, would p and interval alone say so, and what the intervals are."""

    better: np.ndarray
    uncorrected: np.ndarray
    low: np.ndarray
    high: np.ndarray
    units_low: np.ndarray
    units_high: np.ndarray


def skewed(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Values with the tail of Dice scores, of mean 0 and standard deviation 1."""
    beta = stats.beta(12, 2)
    return (rng.beta(12, 2, shape) - beta.mean()) / beta.std()


def pair(rng: np.random.Generator, studies: int, *, seeds: int, moves: float, skew: bool) -> Domains:
    """Differences of two equal rows in one metric, a column for each study."""
    trainings = moves * (rng.normal(size=(seeds, studies)) - rng.normal(size=(seeds, studies)))
    found = []
    for _ in range(DOMAINS):
        shape = (IMAGES, 1, studies)
        images = OF_IMAGES * (skewed(rng, shape) if skew else rng.normal(size=shape))
        found.append(images + trainings + OF_LUCK * rng.normal(size=(IMAGES, seeds, studies)))
    return found


def family(rng: np.random.Generator, studies: int, *, seeds: int, moves: float, joint: bool) -> Domains:
    """Differences of all pairs of three equal rows in six metrics; columns (studies, pairs x metrics), flat.

    Trainings move all metrics of a row alike (`joint`), or each by itself.
    """
    alike = rng.normal(size=(ROWS, seeds, studies, 1)) * np.ones(METRICS)
    trainings = moves * (alike if joint else rng.normal(size=(ROWS, seeds, studies, METRICS)))
    found = []
    for _ in range(DOMAINS):
        of_all, of_each = (rng.normal(size=(ROWS, IMAGES, 1, studies, count)) for count in (1, METRICS))
        luck = rng.normal(size=(ROWS, IMAGES, seeds, studies, METRICS))
        images = OF_IMAGES * (np.sqrt(SHARED) * of_all + np.sqrt(1 - SHARED) * of_each)
        values = (images + OF_LUCK * luck) / np.sqrt(2) + trainings[:, None]
        pairs = np.stack([values[second] - values[first] for first, second in combinations(range(ROWS), 2)], axis=-2)
        found.append(pairs.reshape(IMAGES, seeds, -1))
    return found


def judged(domains: Domains, *, tests: int, rng: np.random.Generator, samples: int, draws: int) -> Judged:
    """Say of every column what significance.csv says; `tests` columns in a row are a study's declared family."""
    seeds, units = domains[0].shape[1], np.arange(IMAGES)
    images = [mean_of(values, axis=1) for values in domains]
    p = sign_flip_p([(str(place), values, units) for place, values in enumerate(images)], draws=draws)
    drawn = [resampled_means(values, np.ones_like(values), samples=samples, rng=rng) for values in images]
    units_low, units_high = interval(np.mean(drawn, axis=0), [IMAGES] * DOMAINS, confidence=1 - LEVEL)
    mean = np.mean([values.mean(axis=0) for values in images], axis=0)
    low, high, of_trainings = units_low, units_high, np.full(p.shape, np.nan)
    if seeds > 1:
        of_seeds, of_residuals = variances([seed_means(values, units) for values in domains])
        more: dict[str, Any] = {"of_seeds": of_seeds, "of_residuals": of_residuals}
        low, high = widened(mean, units_low, units_high, **more, seeds=seeds, confidence=1 - LEVEL)
        columns = (mean, units_low, units_high, of_seeds, of_residuals, np.full(p.shape, seeds))
        names = ("mean", "low", "high", "of_seeds", "of_residuals", "seeds")
        for first in range(0, len(p), tests):
            part = slice(first, first + tests)
            of_family = {name: column[part] for name, column in zip(names, columns, strict=True)}
            of_trainings[part] = trainings_p(**of_family)
        of_trainings[:] = holm(of_trainings.reshape(-1, tests)).ravel()
    corrected = holm(p.reshape(-1, tests)).ravel()
    sure = sureness(corrected, mean, low, high, units_low, units_high, of_trainings, level=LEVEL)
    uncorrected = (corrected < LEVEL) & one_sided(mean, low, high)
    return Judged(is_better(sure, np.full(p.shape, seeds)), uncorrected, low, high, units_low, units_high)


def shares(held: list[Any]) -> float:
    """The share of True, in percent."""
    return round(100 * float(np.mean(np.concatenate(held))), 1)


def pairs(studies: int, samples: int, draws: int) -> Iterator[dict[str, Any]]:
    """One comparison in one metric: level, coverage and power."""
    for skew, moves, seeds in product((False, True), (0.0, 1.0), SEEDS):
        rng = generator("statistics", "pair", skew, moves, seeds)
        found: dict[str, list[Any]] = {name: [] for name in ("false", "holds", "units", "power", "best")}
        for first in range(0, studies, AT_ONCE):
            domains = pair(rng, min(AT_ONCE, studies - first), seeds=seeds, moves=moves, skew=skew)
            options: dict[str, Any] = {"tests": 1, "rng": rng, "samples": samples, "draws": draws}
            null = judged(domains, **options)
            found["false"].append(null.better)
            found["holds"].append((null.low <= 0) & (null.high >= 0))
            found["units"].append((null.units_low <= 0) & (null.units_high >= 0))
            gains = [values + GAIN for values in domains]
            found["power"].append(judged(gains, **options).better)
            every = np.concatenate([values.mean(axis=1) for values in gains])
            found["best"].append(stats.ttest_1samp(every, 0).pvalue < LEVEL)
        shape = "skewed as Dice" if skew else "normal"
        yield {"tests": 1, "differences": shape, "moves": moves, "seeds": seeds} | {
            name: shares(held) for name, held in found.items()
        }


def families(studies: int, samples: int, draws: int) -> Iterator[dict[str, Any]]:
    """Three comparisons in six metrics: in how many studies any row is called better, where none is."""
    for joint, moves, seeds in ((True, 0.0, 2), *product((True, False), (1.0,), SEEDS[1:])):
        rng = generator("statistics", "family", joint, moves, seeds)
        found: dict[str, list[Any]] = {"false": [], "uncorrected": []}
        for first in range(0, studies, AT_ONCE // 2):
            domains = family(rng, min(AT_ONCE // 2, studies - first), seeds=seeds, moves=moves, joint=joint)
            null = judged(domains, tests=ROWS * METRICS, rng=rng, samples=samples, draws=draws)
            for name, said in (("false", null.better), ("uncorrected", null.uncorrected)):
                found[name].append(said.reshape(-1, ROWS * METRICS).any(axis=1))
        moved = "rows" if joint else "each metric of a row by itself"
        yield {"tests": ROWS * METRICS, "differences": moved, "moves": moves, "seeds": seeds} | {
            name: shares(held) for name, held in found.items()
        }


def markdown(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the two tables of the documents."""
    yield "| differences | trainings move a row by | seeds | falsely better | holds | found | best test |"
    yield "|---|---|---|---|---|---|---|"
    for row in (row for row in rows if row["tests"] == 1):
        held = f"{row['holds']} % ({row['units']} %)"
        yield (
            f"| {row['differences']} | {row['moves']:g} | {row['seeds']} | {row['false']} % | {held}"
            f" | {row['power']} % | {row['best']} % |"
        )
    yield ""
    yield "| trainings move | by | seeds | any row falsely better | without `p_trainings` |"
    yield "|---|---|---|---|---|"
    for row in (row for row in rows if row["tests"] > 1):
        yield (
            f"| {row['differences']} | {row['moves']:g} | {row['seeds']} | {row['false']} % | {row['uncorrected']} % |"
        )


def main() -> None:
    """Run the simulation."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="CSV")
    parser.add_argument("--studies", type=int, default=4000)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--draws", type=int, default=2000, help="of signs; significance.csv draws 10 000")
    arguments = parser.parse_args()
    options = (arguments.studies, arguments.samples, arguments.draws)
    rows = []
    for row in chain(pairs(*options), families(*options)):
        rows.append(dict.fromkeys(("holds", "units", "power", "best", "uncorrected"), "") | row)
        print(*(f"{name} {value}" for name, value in row.items()), sep=", ", flush=True)
    write_csv(rows, arguments.out)
    print("", *markdown(rows), sep="\n")


if __name__ == "__main__":
    main()
