"""What is compared: a catalogue of metrics, and from files of scores one value of each metric for each image.

A file of scores has a row per image and structure, and a column per measurement. What tables, tests and protocols work
on is the long form that `per_image` makes of it: one row per method, unseen domain, seed, image, structure and metric.
What is read off an image as a whole (the error of a measure, a structure that leaves the one around it) stands
under the structure `WHOLE`. Which metrics there are follows from the task: `metrics`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from fdgst.core.measures import SIDES, names
from fdgst.errors import ConfigError, DataError
from fdgst.storage.scores import DISTANCES, read_scores
from fdgst.study.slices import Column, Row
from fdgst.study.task import Measure, Task

WHOLE = "both"  # the structure of what is read off an image as a whole; named when tasks had two structures
AVERAGE = "average"  # the unseen domain of an unweighted mean over all of them
CELL = ["method", "structure", "metric"]
Cells = Mapping[tuple[str, ...], Mapping[Any, Any]]
RELEASED_MISS_PX = 100  # the released test script's distance for a missed structure and the one around it


@dataclass(frozen=True)
class Metric:
    """A metric's printed name, its unit, and +1 where more is better, -1 where less is."""

    title: str
    unit: str
    better: int


METRICS = {
    "dsc": Metric("DSC", "%", +1),
    "dsc_released": Metric("DSC (+1)", "%", +1),
    "hd": Metric("HD", "px", -1),
    "hd95": Metric("HD95", "px", -1),
    "asd": Metric("ASD", "px", -1),
    "asd_directed": Metric("ASD (directed)", "px", -1),
    "missed": Metric("missed", "% of the images that have it", -1),
    "false_alarm": Metric("false alarms", "% of the images without it", -1),
}
ROLES = ("dsc", "hd", "asd")  # the rows of the paper's table
PROTOCOLS: Mapping[str, Mapping[str, str]] = {
    "paper": {"dsc": "dsc", "hd": "hd", "asd": "asd"},
    "released": {"dsc": "dsc_released", "hd": "hd95", "asd": "asd_directed"},
}
_OF_STRUCTURE = ("dsc", "dsc_released", *DISTANCES, "missed", "false_alarm")
_UNITS = {"area": "px", "rim_width": "px"}  # of measures; ratios have none


def columns_of(measure: Measure) -> dict[str, str]:
    """Return the names of a measure's columns, and the printed name of each: one, or one for each side of a rim."""
    columns = names(measure.id, measure.kind)
    if len(columns) == 1:
        return {columns[0]: measure.title}
    return {column: f"{measure.title}, {side}" for column, side in zip(columns, SIDES, strict=True)}


def metrics(task: Task) -> dict[str, Metric]:
    """Return every metric of a task by name, in the order of tables: of structures first, then of whole images."""
    titles = {item.id: item.title for item in task.structures}
    found = {name: metric for name, metric in METRICS.items() if name != "false_alarm" or optional(task)}
    for measure in task.measures:
        unit = _UNITS.get(measure.kind, "")
        found |= {f"{name}_error": Metric(f"{title}: error", unit, -1) for name, title in columns_of(measure).items()}
    for name, parent in within(task).items():
        found[f"{name}_outside"] = Metric(f"{titles[name]} leaves {titles[parent]}", "% of the images", -1)
    return found


def within(task: Task) -> dict[str, str]:
    """Return the structure around each structure that has one, by id."""
    return {item.id: item.within for item in task.structures if item.within}


def optional(task: Task) -> list[str]:
    """Return the ids of the structures that an image may be without."""
    return [item.id for item in task.structures if item.optional]


def per_image(scores: pd.DataFrame, *, task: Task, protocol: str) -> pd.DataFrame:
    """Bring scores into long form, with the protocol's convention for missed structures.

    Parameters
    ----------
    scores : DataFrame
        From `fdgst.storage.scores.read_scores`.
    task : Task
        Whose structures and measures the scores hold.
    protocol : {'paper', 'released'}
        In a file of scores a missed structure's distances are the ROI's diagonal (paper). Released: 100 pixels, for
        the structure around it too. ASSUME: 100 for the outer structure where only that one is missed, which the
        released script does not foresee.

    Returns
    -------
    DataFrame
        Columns method, unseen, seed, image, structure, metric, value: one row per image and metric of `metrics`. With
        a column `group` in the scores it is kept, before the structure.
        Rates (missed, false_alarm, ``{structure}_outside``) are 0 or 100. NaN: distances and `missed` where the truth
        lacks the structure, `false_alarm` where it does not; errors of what cannot be measured in truth or prediction.

    Raises
    ------
    ConfigError
        If there is no such protocol.
    """
    if protocol not in PROTOCOLS:
        raise ConfigError(f"protocol: expected {' or '.join(PROTOCOLS)}, found {protocol!r}")
    keys = ["method", "unseen", "seed", "image", *(["group"] if "group" in scores else []), "structure"]
    there = scores["truth_px"] > 0
    wide = scores[[*keys, *_OF_STRUCTURE]].copy()
    if protocol == "released":
        wide.loc[_lost(scores, task) & there, list(DISTANCES)] = float(RELEASED_MISS_PX)
    wide["missed"] = (100.0 * wide["missed"]).where(there)
    wide["false_alarm"] = (100.0 * wide["false_alarm"]).where(~there)
    parts = [wide.drop(columns="false_alarm").melt(keys, var_name="metric")]
    rated = wide.loc[wide["structure"].isin(optional(task)), [*keys, "false_alarm"]]
    parts += [table.melt(keys, var_name="metric") for table in (rated, _of_images(scores, task, keys)) if len(table)]
    return pd.concat(parts, ignore_index=True)


def _lost(scores: pd.DataFrame, task: Task) -> pd.Series:
    """Tell which rows the released protocol takes for missed: a structure's own misses, and those of what it holds."""
    lost = scores["missed"] == 1
    images = pd.MultiIndex.from_frame(scores[["method", "unseen", "seed", "image"]])
    found = lost.copy()
    for inner, outer in within(task).items():
        without = images[lost & (scores["structure"] == inner)]
        found |= (scores["structure"] == outer) & images.isin(without)
    return found


def _of_images(scores: pd.DataFrame, task: Task, keys: list[str]) -> pd.DataFrame:
    """Return one row per image with the metrics that are read off it as a whole; none where the task has none."""
    once = scores[scores["structure"] == task.ids[0]].set_index(keys[:-1])  # every row of an image repeats the measures
    found: dict[str, pd.Series] = {}
    for name in (column for measure in task.measures for column in columns_of(measure)):
        found[f"{name}_error"] = (once[f"{name}_prediction"] - once[f"{name}_truth"]).abs()
    for inner in within(task):
        own = scores[scores["structure"] == inner].set_index(keys[:-1])
        found[f"{inner}_outside"] = (own["outside_px"] > 0) * 100.0
    if not found:
        return pd.DataFrame(columns=keys)
    return pd.DataFrame(found).reset_index().assign(structure=WHOLE)


def read_compared(
    paths: Sequence[Path], methods: Sequence[Row], domains: Sequence[Column], *, task: Task
) -> pd.DataFrame:
    """Read the scores of some methods on some unseen domains, and refuse what cannot be compared.

    Parameters
    ----------
    paths : sequence of Path
        Files of scores; what they hold of other methods and domains is left out.
    methods, domains : sequence of Row, of Column
        What is compared.
    task : Task
        Whose structures the files must hold.

    Raises
    ------
    FormatError, DataError
        As `fdgst.storage.scores.read_scores`; one line per method and domain without scores, with other images or seeds
        than the first method's, or scored on a domain that its training has seen.
    """
    scores = read_of_task(paths, task)
    rows, columns = [item.id for item in methods], [item.id for item in domains]
    scores = scores[scores["method"].isin(rows) & scores["unseen"].isin(columns)]
    if faults := _incomparable(scores, rows, columns):
        raise DataError(*faults)
    return scores.reset_index(drop=True)


def read_of_task(paths: Sequence[Path], task: Task, *, leading: Sequence[str] = ()) -> pd.DataFrame:
    """Read scores, and refuse those of another task.

    Raises
    ------
    FormatError, DataError
        As `fdgst.storage.scores.read_scores`; if structures are not the task's, or a measure is missing.
    """
    scores = read_scores(paths, leading=leading)
    found = sorted(scores["structure"].unique())
    if found != sorted(task.ids):
        raise DataError(f"scores: expected the structures {', '.join(task.ids)}, found {', '.join(found)}; score again")
    columns = [name for measure in task.measures for name in columns_of(measure)]
    needed = [f"{name}_{kind}" for name in columns for kind in ("truth", "prediction")]
    if lacking := [name for name in needed if name not in scores.columns]:
        raise DataError(f"scores: expected the measures of the task, missing {', '.join(lacking)}; score again")
    return scores


def _incomparable(scores: pd.DataFrame, methods: Sequence[str], domains: Sequence[str]) -> list[str]:
    """List the cells of the table whose images are not those of the first method."""
    seen = scores[scores["domain"] != scores["unseen"]]
    faults = [f"domain id {AVERAGE!r}: that is what the mean over the domains is called"] if AVERAGE in domains else []
    faults += [
        f"scores: method {method!r} held {unseen!r} out and is scored on {domain!r}; a table is about unseen domains"
        for method, unseen, domain in seen[["method", "unseen", "domain"]].drop_duplicates().itertuples(index=False)
    ]
    cells = {
        cell: set(zip(rows["seed"], rows["image"], strict=True)) for cell, rows in scores.groupby(["method", "unseen"])
    }
    for domain in domains:
        first = next((cells[method, domain] for method in methods if (method, domain) in cells), set())
        for method in methods:
            found = cells.get((method, domain), set())
            if not found:
                faults.append(f"scores: expected method {method!r} on unseen domain {domain!r}, found no row")
            elif found != first:
                count, other = len(found), len(first)
                faults.append(
                    f"scores: method {method!r} on {domain!r}: expected the images and seeds of the first method"
                    f" ({other} pairs), found others ({count} pairs)"
                )
    return faults


def in_order(table: pd.DataFrame, order: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Sort a table by columns, each in the given order of its values; an empty order is the values' own."""
    ranks = {name: {value: rank for rank, value in enumerate(values)} for name, values in order.items()}

    def key(column: pd.Series) -> pd.Series:
        return column.map(ranks[str(column.name)]) if ranks[str(column.name)] else column

    return table.sort_values(list(order), key=key, ignore_index=True)


def cells_of(rows: Iterable[Mapping[Any, Any]]) -> Cells:
    """Index the rows of a table by method, structure, metric and unseen domain."""
    return {tuple(row[name] for name in (*CELL, "unseen")): row for row in rows}


def upper_bounds(methods: Sequence[Row]) -> list[str]:
    """Return the ids of the methods that are trained on the unseen domain itself: shown, never compared."""
    return [item.id for item in methods if item.upper_bound]
