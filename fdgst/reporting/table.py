"""Table 1: the means of every row, tidy as CSV and as in the paper as TeX."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from fdgst.evaluation.bootstrap import intervals
from fdgst.evaluation.catalogue import (
    AVERAGE,
    CELL,
    PIXELS,
    PROTOCOLS,
    WHOLE,
    in_order,
    metrics,
    per_image,
    read_compared,
    unit_of,
)
from fdgst.evaluation.units import strata
from fdgst.reporting.tex import render
from fdgst.storage.atomic import write_text
from fdgst.study.slices import Column, Row
from fdgst.study.task import Task

_COUNTS = ("images", "seeds", "missed", "left_out")
COLUMNS = [*CELL, "unseen", "mean", "sd", "low", "high", *_COUNTS, "protocol", "shown", "cropped"]


def make_table(
    scores: Sequence[Path],
    methods: Sequence[Row],
    domains: Sequence[Column],
    *,
    task: Task,
    csv: Path,
    tex: Path,
    protocol: str,
    samples: int,
    confidence: float,
    data: str,
    tests: str,
) -> None:
    """Write Table 1 as CSV and TeX; the numbers of both are the same.

    Parameters
    ----------
    scores : sequence of Path
        Files of scores.
    methods, domains : sequence of Row, of Column
        In the order of rows and columns.
    task : Task
        Whose structures and measures the table has, with the titles to print.
    csv, tex : Path
        The files to write.
    protocol : {'paper', 'released'}
        Whose definitions the table shows.
    samples, confidence : int, float
        Of the bootstrap intervals.
    data : str
        What the scores were made on, for the caption; empty: not named.
    tests : str
        File that tests the rows against each other, for the caption; empty: none.

    Raises
    ------
    FormatError, DataError, ConfigError
        If the scores cannot be read or compared, or the protocol is unknown.
    """
    long_scores = read_compared(scores, methods, domains, task=task)
    ids = [item.id for item in methods], [item.id for item in domains]
    made = table(long_scores, *ids, task=task, protocol=protocol, samples=samples, confidence=confidence)
    text = render(made, methods, domains, task=task, protocol=protocol, data=data, label=tex.stem, tests=tests)
    write_text(csv, made.to_csv(index=False, float_format="%.6f", lineterminator="\n"))
    write_text(tex, text)


def table(
    scores: pd.DataFrame,
    methods: Sequence[str],
    domains: Sequence[str],
    *,
    task: Task,
    protocol: str,
    samples: int,
    confidence: float,
) -> pd.DataFrame:
    """Average scores over images and seeds.

    Parameters
    ----------
    scores : DataFrame
        From `read_compared`.
    methods, domains : sequence of str
        Ids, in the order of rows.
    task, protocol, samples, confidence
        As in `make_table`.

    Returns
    -------
    DataFrame
        `COLUMNS`, six decimals. One row per method, structure, metric and unseen domain; the structure `WHOLE` stands
        for what is read off an image as a whole (see `fdgst.evaluation.catalogue`), the domain ``average`` for the
        unweighted mean over the domains. mean: over images, each averaged over the seeds. sd: of the seeds' means; NaN
        with one seed. low, high: interval of the mean, over units and, with several seeds, trainings (see
        `fdgst.evaluation.bootstrap.intervals`). images, seeds: how many. missed: how often the
        structure was not predicted where it is, over images and seeds (`WHOLE`: any structure). left_out: values
        without a number (distances of what the truth lacks, a ratio to nothing). shown: 1 for the metrics of the
        protocol's table. cropped: 1 where the network saw the centre of the ROI only. Where the scores know what a
        pixel measures there is one more column, unit: what mean, sd, low and high are in.
    """
    long = per_image(scores, task=task, protocol=protocol)
    ends = _intervals(long, domains, task=task, samples=samples, confidence=confidence)
    cells = pd.concat([ends, _seed_spread(long, domains), _counts(scores, long, domains)], axis=1).reset_index()
    shown = list(PROTOCOLS[protocol].values())
    cells = cells.assign(protocol=protocol, shown=cells["metric"].isin(shown).astype(int))
    unit = unit_of(scores)
    known = metrics(task, cells["metric"].unique(), unit=unit)
    order = {
        "method": methods,
        "structure": [*task.ids, WHOLE],
        "metric": list(known),
        "unseen": [*domains, AVERAGE],
    }
    made = in_order(cells, order)[COLUMNS].round(6)
    return made if unit == PIXELS else made.assign(unit=made["metric"].map({name: known[name].unit for name in known}))


def _intervals(
    long: pd.DataFrame, domains: Sequence[str], *, task: Task, samples: int, confidence: float
) -> pd.DataFrame:
    """Return means with their intervals, which end where values do: no distance is below 0, no share above 100 %."""
    images = strata(long, domains)
    names = images[domains[0]].columns.get_level_values("metric")
    known = metrics(task, names)
    units = [known[name].unit if name in known else "" for name in names]
    rates = np.array([name in known and known[name].rate for name in names])
    ends = intervals(images, samples=samples, confidence=confidence, rates=rates)
    most = [100 if unit.startswith("%") else np.inf for unit in units] * (len(domains) + 1)
    return ends[["mean"]].assign(low=ends["low"].clip(lower=0), high=np.minimum(ends["high"], most))


def _seed_spread(long: pd.DataFrame, domains: Sequence[str]) -> pd.Series:
    """Return the standard deviation of the seeds' means, by cell and unseen domain."""
    means = long.groupby([*CELL, "seed", "unseen"])["value"].mean().unstack("unseen")[list(domains)]
    means[AVERAGE] = means.mean(axis=1, skipna=False)
    spread: pd.Series = means.groupby(level=CELL).std(ddof=1).stack(future_stack=True)  # type: ignore[assignment]
    return spread.rename("sd")


def _counts(scores: pd.DataFrame, long: pd.DataFrame, domains: Sequence[str]) -> pd.DataFrame:
    """Count images, seeds, misses and values that are no numbers, by cell and unseen domain; sums in the average."""
    cell = [*CELL, "unseen"]
    counted = long.groupby(cell).agg(
        images=("image", "nunique"), left_out=("value", lambda values: values.isna().sum()), seeds=("seed", "nunique")
    )
    missed = long[long["metric"] == "missed"]
    either = (
        missed.groupby(["method", "unseen", "seed", "image"], as_index=False)["value"].max().assign(structure=WHOLE)
    )
    misses = pd.concat([missed, either]).groupby(["method", "structure", "unseen"]).agg(missed=("value", "sum")) / 100
    crops = scores.groupby(["method", "unseen"])["cropped"].max()
    counted = counted.join(misses.astype(int)).join(crops)
    rule = {"images": "sum", "left_out": "sum", "seeds": "max", "missed": "sum", "cropped": "max"}
    average = counted.groupby(level=CELL).agg(rule).assign(unseen=AVERAGE).set_index("unseen", append=True)
    return pd.concat([counted, average])
