"""Whether two rows differ: paired tests over images, corrected for their number, effect sizes, wins and losses."""

from collections.abc import Sequence
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pandas as pd

from fdgst.evaluation.bootstrap import image_means, intervals
from fdgst.evaluation.catalogue import (
    AVERAGE,
    METRICS,
    PROTOCOLS,
    per_image,
    read_compared,
    upper_bounds,
)
from fdgst.storage.atomic import write_text
from fdgst.study.slices import Column, Row
from fdgst.study.task import Task

_CELL = ["method", "reference", "structure", "metric", "unseen"]
_DIFFERENCE = ("difference", "low", "high")
_TEST = ("p", "p_holm", "effect", "wins", "losses", "ties", "better")
COLUMNS = [*_CELL, "images", "seeds", *_DIFFERENCE, *_TEST]


def make_significance(
    scores: Sequence[Path],
    methods: Sequence[Row],
    domains: Sequence[Column],
    *,
    task: Task,
    out: Path,
    wins: Path | None,
    protocol: str,
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
    wins : Path or None
        Where to write `cells_won`.
    protocol, samples, confidence
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
    compared = significance(
        long, rows, columns, structures=task.ids, protocol=protocol, samples=samples, confidence=confidence
    )
    write_text(out, compared.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
    if wins:
        write_text(wins, cells_won(compared).to_csv(index=False, lineterminator="\n"))


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
    """Correct the p values of one family after Holm: the chance of any false finding among them stays at its level."""
    from statsmodels.stats.multitest import multipletests

    return multipletests(p, method="holm")[1] if len(p) else p


def significance(
    long: pd.DataFrame,
    methods: Sequence[str],
    domains: Sequence[str],
    *,
    structures: Sequence[str],
    protocol: str,
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
    samples : int
        Resamples of the intervals.
    confidence : float
        Of the intervals; 1 - confidence is the level of the tests.

    Returns
    -------
    DataFrame
        `COLUMNS`. difference: method minus reference, of the means, with its interval (not corrected). p: Wilcoxon's
        signed-rank test over the images; in the rows of the average, over the images of all domains. p_holm: corrected
        within one of two families, the averages and the cells of single domains. effect: rank-biserial, positive where
        the method is better. wins, losses, ties: images on which it is better, worse, equal; images: those
        whose truth has the structure, where distances are compared. better: the id of the
        method that is better by the rule p_holm < 1 - confidence, where effect and difference are on one side (many
        small gains and a few large losses are not); empty for none.
    """
    metrics = list(PROTOCOLS[protocol].values())
    pairs = [(method, reference) for reference, method in combinations(methods, 2)]
    if not pairs:
        return pd.DataFrame(columns=COLUMNS)
    images = image_means(long[long["metric"].isin(metrics) & long["method"].isin(methods)], domains)
    paired = {name: _differences(table, pairs) for name, table in images.items()}
    spread = intervals(paired, samples=samples, confidence=confidence).rename(columns={"mean": "difference"})
    ends = spread.to_dict("index")
    rows = []
    for cell in product(pairs, structures, metrics, (*domains, AVERAGE)):
        (method, reference), structure, metric, unseen = cell
        key = (method, reference, structure, metric)
        found = [table[key].to_numpy(float) for name, table in paired.items() if unseen in (name, AVERAGE)]
        tested = _tested(np.concatenate(found), METRICS[metric].better)
        rows.append(dict(zip(_CELL, (*key, unseen), strict=True)) | ends[(*key, unseen)] | tested)
    return _corrected(pd.DataFrame(rows).assign(seeds=long["seed"].nunique()), level=1 - confidence)[COLUMNS]


def _differences(images: pd.DataFrame, pairs: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """Subtract reference from method, image by image; columns (method, reference, structure, metric)."""
    # rounded: 80.3 - 80.2 and 0.3 - 0.2 are one rank, not two
    blocks = {pair: (images[pair[0]] - images[pair[1]]).round(9) for pair in pairs}
    return pd.concat(blocks, axis=1, names=["method", "reference"])


def _tested(differences: np.ndarray, better: int) -> dict[str, float]:
    """Test one cell's differences, method minus reference; images without a value are left out."""
    gains = differences[np.isfinite(differences)] * better
    return {
        "images": len(gains),
        "p": wilcoxon(gains),
        "effect": rank_biserial(gains),
        "wins": int((gains > 0).sum()),
        "losses": int((gains < 0).sum()),
        "ties": int((gains == 0).sum()),
    }


def _corrected(rows: pd.DataFrame, *, level: float) -> pd.DataFrame:
    """Add Holm's p within each family, and which method is better by it."""
    family = rows["unseen"] == AVERAGE
    rows["p_holm"] = 0.0
    for members in (family, ~family):
        rows.loc[members, "p_holm"] = holm(rows.loc[members, "p"].to_numpy())
    winner = rows["method"].where(rows["effect"] > 0, rows["reference"])
    rows["better"] = winner.where((rows["p_holm"] < level) & (rows["effect"] * _gain(rows) > 0), "")
    return rows


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
        Columns method, reference, cells, won, lost, won_significantly, lost_significantly; the last two by the rule
        of the column `better`.
    """
    cells = compared[compared["unseen"] != AVERAGE]
    gain = _gain(cells)
    counted = cells.assign(
        cells=1,
        won=gain > 0,
        lost=gain < 0,
        won_significantly=cells["better"] == cells["method"],
        lost_significantly=cells["better"] == cells["reference"],
    )
    names = ["cells", "won", "lost", "won_significantly", "lost_significantly"]
    return counted.groupby(["method", "reference"], sort=False)[names].sum().astype(int).reset_index()
