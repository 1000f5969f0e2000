"""Whether two rows differ: tests of what the table prints, corrected for their number, with what makes them sure.

Comparisons that were declared beforehand are one family, on the average over the unseen domains; all others are
explored: printed, corrected in a family of their own, and never called better.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fdgst.evaluation.bootstrap import intervals
from fdgst.evaluation.catalogue import (
    AVERAGE,
    METRICS,
    PROTOCOLS,
    in_order,
    per_image,
    read_compared,
    upper_bounds,
)
from fdgst.evaluation.permutation import sign_flip_p
from fdgst.evaluation.ranking import ranking
from fdgst.evaluation.trainings import trainings_p
from fdgst.evaluation.units import Stratum, paired, strata, unit_means
from fdgst.evaluation.verdicts import UNKNOWN, is_better, sureness
from fdgst.storage.atomic import write_text
from fdgst.study.slices import Column, Row
from fdgst.study.task import Task

DECLARED, EXPLORATORY = "declared", "exploratory"
Pairs = Sequence[tuple[str, str]]
_KEY = ["method", "reference", "structure", "metric"]
_DIFFERENCE = ("difference", "low", "high")
_TEST = ("p", "p_holm", "effect", "wins", "losses", "ties", "better")
_SURE = ("family", "units", "units_low", "units_high", "sure", "p_trainings")
COLUMNS = [*_KEY, "unseen", "images", "seeds", *_DIFFERENCE, *_TEST, *_SURE]


def make_significance(
    scores: Sequence[Path],
    methods: Sequence[Row],
    domains: Sequence[Column],
    *,
    task: Task,
    out: Path,
    wins: Path | None,
    ranks: Path | None,
    protocol: str,
    compare: Pairs,
    samples: int,
    confidence: float,
) -> None:
    """Write the comparison of every pair of rows as CSV.

    Parameters
    ----------
    scores : sequence of Path
        Files of scores.
    methods, domains : sequence of Row, of Column
        What is compared; upper bounds are left out.
    task : Task
        Whose structures are compared.
    out : Path
        As `significance` returns it.
    wins, ranks : Path or None
        Where to write `cells_won` and `fdgst.evaluation.ranking.ranking`.
    protocol, compare, samples, confidence
        As of `significance`.

    Raises
    ------
    FormatError, DataError, ConfigError
        If the scores cannot be read or compared, or the protocol is unknown.
    """
    bounds = upper_bounds(methods)
    table = read_compared(scores, methods, domains, task=task)
    rows, columns = [item.id for item in methods if item.id not in bounds], [item.id for item in domains]
    long = per_image(table, task=task, protocol=protocol)
    shown: dict[str, Any] = {
        "structures": task.ids, "protocol": protocol, "samples": samples, "confidence": confidence,
    }  # fmt: skip
    compared = significance(long, rows, columns, compare=compare, **shown)
    write_text(out, compared.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
    if wins:
        write_text(wins, cells_won(compared).to_csv(index=False, lineterminator="\n"))
    if ranks:
        write_text(ranks, ranking(long, rows, columns, **shown).to_csv(index=False, float_format="%.6g"))


def wilcoxon(differences: np.ndarray) -> float:
    """Return the two-sided p of the Wilcoxon signed-rank test; equal pairs are left out, and 1 if all are equal.

    Exact where scipy's ``method="auto"`` is: for few pairs, ties included. Else by the normal approximation.
    """
    from scipy import stats

    return float(stats.wilcoxon(differences, zero_method="wilcox").pvalue) if np.any(differences) else 1.0


def rank_biserial(differences: np.ndarray) -> float:
    """Return the matched-pairs rank-biserial correlation, the effect size of the signed-rank test.

    Parameters
    ----------
    differences : ndarray of float, shape (n,)

    Returns
    -------
    float
        (R+ - R-) / (R+ + R-) with the sums of the ranks of positive and negative differences (Kerby 2014): 1 if all
        differ upwards, -1 downwards, 0 if nothing differs. Equal pairs are left out, as in `wilcoxon`.
    """
    from scipy import stats

    differing = differences[differences != 0]
    if not len(differing):
        return 0.0
    ranks = stats.rankdata(np.abs(differing))
    return float((ranks * np.sign(differing)).sum() / ranks.sum())


def holm(p: np.ndarray) -> np.ndarray:
    """Correct the p values of families after Holm: the chance of any false finding among them stays at its level.

    Parameters
    ----------
    p : ndarray of float, shape (..., m)
        A family along the last axis.

    Returns
    -------
    ndarray, shape (..., m)
        As statsmodels' multipletests, which collects garbage at every call: a third of a second in a large process.
    """
    order = np.argsort(p, axis=-1)
    steps = np.take_along_axis(p, order, axis=-1) * np.arange(p.shape[-1], 0, -1)
    corrected = np.empty_like(steps)
    np.put_along_axis(corrected, order, np.minimum(np.maximum.accumulate(steps, axis=-1), 1), axis=-1)
    return corrected


def significance(
    long: pd.DataFrame,
    methods: Sequence[str],
    domains: Sequence[str],
    *,
    structures: Sequence[str],
    protocol: str,
    compare: Pairs,
    samples: int,
    confidence: float,
) -> pd.DataFrame:
    """Compare every pair of rows in every cell of the table.

    Parameters
    ----------
    long : DataFrame
        From `fdgst.evaluation.catalogue.per_image`.
    methods, domains : sequence of str
        Ids; each method is compared with every one before it (the reference).
    structures : sequence of str
        Ids, in the order of rows.
    protocol : {'paper', 'released'}
        Whose three metrics are tested.
    compare : sequence of (str, str)
        The declared comparisons, method and reference, which stand that way round.
    samples : int
        Resamples of the intervals.
    confidence : float
        Of the intervals; 1 - confidence is the level of the tests.

    Returns
    -------
    DataFrame
        `COLUMNS`. difference: method minus reference, of the means; low, high: its interval over units and, with
        several seeds, trainings (not corrected); units_low, units_high: over units alone. p: in the rows of the
        average the permutation test of that difference (`fdgst.evaluation.permutation`), in single domains Wilcoxon's
        signed-rank test over units. family: declared, of the rows of the average that `compare` names, or exploratory,
        of all others. p_holm: corrected within the family. effect: rank-biserial over units, positive where the method
        is better. wins, losses, ties: images on which it is better, worse, equal. images, units: those with a value;
        seeds: trainings that the interval speaks of. p_trainings: how sure trainings make it
        (`fdgst.evaluation.trainings.trainings_p`), corrected within the family; NaN with one seed. sure: see
        `fdgst.evaluation.verdicts.sureness`. better: in declared rows the id of the method that is better, where its
        sign is sure; empty for none.
    """
    metrics = list(PROTOCOLS[protocol].values())
    pairs = _pairs(methods, compare)
    if not pairs:
        return pd.DataFrame(columns=COLUMNS)
    shown = long[long["metric"].isin(metrics) & long["method"].isin(methods)]
    images = {name: paired(stratum, pairs) for name, stratum in strata(shown, domains).items()}
    spread = intervals(images, samples=samples, confidence=confidence).rename(columns={"mean": "difference"})
    tested = [_tested(stratum).assign(unseen=name) for name, stratum in images.items()]
    tested.append(_pooled(images).assign(unseen=AVERAGE))
    table = spread.join(pd.concat(tested).set_index("unseen", append=True)).reset_index()
    wanted: dict[str, Sequence[Any]] = {
        "pair": range(len(pairs)), "structure": structures, "metric": metrics, "unseen": [*domains, AVERAGE],
    }  # fmt: skip
    places = {pair: number for number, pair in enumerate(pairs)}
    table["pair"] = [places[pair] for pair in zip(table["method"], table["reference"], strict=True)]
    table = in_order(table[table["structure"].isin(structures)], wanted)
    declared = np.array([pairs[number] in {*compare} for number in table["pair"]])
    table["family"] = np.where((table["unseen"] == AVERAGE) & declared, DECLARED, EXPLORATORY)
    return _judged(table, level=1 - confidence)[COLUMNS]


def _pairs(methods: Sequence[str], compare: Pairs) -> list[tuple[str, str]]:
    """Return every pair (method, reference) once: as it is declared, else with the row that stands before second."""
    asked = {frozenset(pair): pair for pair in compare}
    return [asked.get(frozenset(pair), (pair[1], pair[0])) for pair in combinations(methods, 2)]


def _directions(columns: pd.MultiIndex) -> np.ndarray:
    """Return +1 for columns in which more is better, -1 for the others."""
    return np.array([METRICS[name].better for name in columns.get_level_values("metric")])


def _tested(stratum: Stratum) -> pd.DataFrame:
    """Test the differences of one domain over its units, column by column."""
    gains = np.round(unit_means(stratum.means, stratum.units), 9) * _directions(stratum.columns)
    found = [gain[np.isfinite(gain)] for gain in gains.T]
    return pd.DataFrame(
        {"p": [wilcoxon(gain) for gain in found], "effect": [rank_biserial(gain) for gain in found]},
        index=stratum.columns,
    ).join(_counted(stratum.means, stratum.columns))


def _pooled(images: Mapping[str, Stratum]) -> pd.DataFrame:
    """Test the average of the differences over domains; effects and counts are over the units and images of all."""
    columns = next(iter(images.values())).columns
    means = {name: stratum.means for name, stratum in images.items()}
    units = [unit_means(means[name], stratum.units) for name, stratum in images.items()]
    gains = np.round(np.concatenate(units), 9) * _directions(columns)
    p = sign_flip_p([(name, means[name], stratum.units) for name, stratum in images.items()])
    effect = [rank_biserial(gain[np.isfinite(gain)]) for gain in gains.T]
    return pd.DataFrame({"p": p, "effect": effect}, index=columns).join(
        _counted(np.concatenate([*means.values()]), columns)
    )


def _counted(differences: np.ndarray, columns: pd.MultiIndex) -> pd.DataFrame:
    """Count the images on which the method is better, worse, equal; shape (n, K)."""
    gains = np.round(differences, 9) * _directions(columns)
    counts = {
        "images": np.isfinite(gains).sum(axis=0),
        "wins": (gains > 0).sum(axis=0),
        "losses": (gains < 0).sum(axis=0),
        "ties": (gains == 0).sum(axis=0),
    }
    return pd.DataFrame(counts, index=columns)


def _judged(rows: pd.DataFrame, *, level: float) -> pd.DataFrame:
    """Correct p within each family, say how sure each sign is, and which method is better by it."""
    rows["p_holm"], rows["p_trainings"] = 1.0, np.nan
    for family in (DECLARED, EXPLORATORY):
        members = rows["family"] == family
        rows.loc[members, "p_holm"] = holm(rows.loc[members, "p"].to_numpy())
        several = members & rows["of_seeds"].notna()
        rows.loc[several, "p_trainings"] = holm(_of_trainings(rows[several]))
    rows["sure"] = sureness(
        *(rows[name].to_numpy() for name in ("p_holm", *_DIFFERENCE, "units_low", "units_high", "p_trainings")),
        level=level,
    )
    better = is_better(rows["sure"].to_numpy(), rows["seeds"].to_numpy()) & (rows["family"] == DECLARED)
    rows["better"] = rows["method"].where(_gain(rows) > 0, rows["reference"]).where(better, "")
    return rows


def _of_trainings(family: pd.DataFrame) -> np.ndarray:
    """Return the p of the trainings for cells of one family."""
    ends = [family[name].to_numpy() for name in ("difference", "units_low", "units_high")]
    return trainings_p(*ends, **{name: family[name].to_numpy() for name in ("of_seeds", "of_residuals", "seeds")})


def _gain(rows: pd.DataFrame) -> pd.Series:
    """Turn differences so that the method is better where they are positive."""
    return rows["difference"] * rows["metric"].map({name: metric.better for name, metric in METRICS.items()})


def cells_won(compared: pd.DataFrame) -> pd.DataFrame:
    """Count the cells (structure, metric, domain; averages are none) in which a row's mean beats the other's.

    Parameters
    ----------
    compared : DataFrame
        From `significance`.

    Returns
    -------
    DataFrame
        Columns method, reference, cells, won, lost, won_significantly, lost_significantly; the last two where the
        sign is sure at least about images (column `sure`), which makes no row better: single domains are explored.
    """
    cells = compared[compared["unseen"] != AVERAGE]
    gain, sure = _gain(cells), cells["sure"] != UNKNOWN
    counted = cells.assign(
        cells=1,
        won=gain > 0,
        lost=gain < 0,
        won_significantly=sure & (gain > 0),
        lost_significantly=sure & (gain < 0),
    )
    names = ["cells", "won", "lost", "won_significantly", "lost_significantly"]
    return counted.groupby(["method", "reference"], sort=False)[names].sum().astype(int).reset_index()
