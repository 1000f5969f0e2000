"""What is compared: a catalogue of metrics, and from files of scores one value of each metric for each image.

A file of scores has a row per image and structure, and a column per measurement. What tables, tests and protocols work
on is the long form that `per_image` makes of it: one row per method, unseen domain, seed, image, structure and metric.
What is read off an image as a whole (the error of a measure, a structure that leaves the one around it) stands
under the structure `WHOLE`. Which metrics there are follows from the task: `metrics`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from fdgst.core.measures import SIDES, names
from fdgst.errors import ConfigError, DataError
from fdgst.storage.scores import DISTANCES, nsd_column, nsd_columns, read_scores, tolerance_of
from fdgst.study.slices import Column, Row
from fdgst.study.task import Measure, Task

PIXELS = "px"
WHOLE = "both"  # the structure of what is read off an image as a whole; named when tasks had two structures
AVERAGE = "average"  # the unseen domain of an unweighted mean over all of them
CELL = ["method", "structure", "metric"]
Cells = Mapping[tuple[str, ...], Mapping[Any, Any]]
RELEASED_MISS_PX = 100  # the released test script's distance for a missed structure and the one around it


@dataclass(frozen=True)
class Metric:
    """Everything that is to be known of a metric; tables, tests, figures, report and docs read it here.

    Attributes
    ----------
    title, unit : str
        As printed; no unit is an empty text.
    better : int
        +1 where more is better, -1 where less is.
    digits : int
        Decimals that are printed.
    rate : bool
        Whether each image is 0 or 100, so that the mean is a rate.
    distance : bool
        Whether it is measured in pixels, or in what a pixel measures where that is known.
    what : str
        How it is computed, for documents.
    missed, absent : str
        What it is where a structure is not predicted, and where the truth has none, for documents.
    """

    title: str
    unit: str
    better: int
    digits: int = 2
    rate: bool = False
    distance: bool = False
    what: str = ""
    missed: str = ""
    absent: str = ""


def _share(title: str, what: str, missed: str, absent: str) -> Metric:
    """Declare a share of an image, in percent."""
    return Metric(title, "%", +1, what=what, missed=missed, absent=absent)


def _distance(title: str, what: str) -> Metric:
    """Declare a distance between boundaries."""
    return Metric(title, PIXELS, -1, distance=True, what=what, missed="the image's diagonal", absent="empty")


def _rate(title: str, among: str, what: str) -> Metric:
    """Declare the rate of something bad."""
    return Metric(title, f"% of {among}", -1, rate=True, what=what)


_ABSENT_SHARE = "100 if none is predicted, else 0"
METRICS = {
    "dsc": _share("DSC", "100 x 2TP / (2TP + FP + FN)", "0", _ABSENT_SHARE),
    "dsc_released": _share(
        "DSC (+1)", "100 x (2TP + 1) / (2TP + FP + FN + 1)", "100 / (size of the truth + 1)", _ABSENT_SHARE
    ),
    "hd": _distance("HD", "maximum of forth and back"),
    "hd95": _distance("HD95", "95th percentile of forth and back, pooled, interpolated linearly"),
    "asd": _distance("ASD", "mean of forth and back, pooled"),
    "asd_directed": _distance("ASD (directed)", "mean of forth"),
    "missed": _rate(
        "missed", "the images that have it", "1 in the scores where the truth has it and nothing is predicted"
    ),
    "false_alarm": _rate(
        "false alarms", "the images without it", "1 in the scores where the truth lacks it and something is predicted"
    ),
}
ROLES = ("dsc", "hd", "asd")  # the rows of the paper's table
PROTOCOLS: Mapping[str, Mapping[str, str]] = {
    "paper": {"dsc": "dsc", "hd": "hd", "asd": "asd"},
    "released": {"dsc": "dsc_released", "hd": "hd95", "asd": "asd_directed"},
}
_OF_STRUCTURE = ("dsc", "dsc_released", *DISTANCES, "missed", "false_alarm")
_POWERS = {"area": 2, "rim_width": 1}  # of the length of a pixel in measures; ratios have none


def columns_of(measure: Measure) -> dict[str, str]:
    """Return the names of a measure's columns, and the printed name of each: one, or one for each side of a rim."""
    columns = names(measure.id, measure.kind)
    if len(columns) == 1:
        return {columns[0]: measure.title}
    return {column: f"{measure.title}, {side}" for column, side in zip(columns, SIDES, strict=True)}


def nsd(tolerance_px: float) -> Metric:
    """Declare the normalised surface distance at a tolerance."""
    what = f"100 x the share of both boundaries' pixels that lie within {tolerance_px:g} px of the other boundary"
    return _share(f"NSD ({tolerance_px:g} px)", what, "0", "empty")


def metrics(task: Task, found: Iterable[str] = (), *, unit: str = PIXELS) -> dict[str, Metric]:
    """Return every metric of a task by name, in the order of tables: of structures first, then of whole images.

    Parameters
    ----------
    task : Task
    found : iterable of str
        Names among which those of normalised surface distances are looked for: a study chooses their tolerances.
    unit : str
        What distances are in.
    """
    known = dict(METRICS)
    last = {name: known.pop(name) for name in ("missed", "false_alarm")}
    tolerances = sorted({tolerance for name in found if (tolerance := tolerance_of(name)) is not None})
    known |= {nsd_column(tolerance): nsd(tolerance) for tolerance in tolerances}
    known |= {name: metric for name, metric in last.items() if name != "false_alarm" or optional(task)}
    for measure in task.measures:
        power = _POWERS.get(measure.kind, 0)
        for name, title in columns_of(measure).items():
            what = f"absolute difference of the {measure.kind.replace('_', ' ')} in prediction and truth"
            digits = 2 if power else 3
            known[f"{name}_error"] = Metric(
                f"{title}: error", PIXELS if power else "", -1, digits, distance=power > 0, what=what
            )
    titles = {item.id: item.title for item in task.structures}
    for name, parent in within(task).items():
        what = f"100 where a predicted pixel of {name} lies outside the predicted {parent}"
        known[f"{name}_outside"] = _rate(f"{titles[name]} leaves {titles[parent]}", "the images", what)
    return {name: _in(unit, name, metric, task) for name, metric in known.items()}


def _in(unit: str, name: str, metric: Metric, task: Task) -> Metric:
    """Return a metric with its distances in a unit: of these one more decimal is printed, areas are in squares."""
    if unit == PIXELS or not metric.distance:
        return metric
    areas = {f"{column}_error" for item in task.measures if item.kind == "area" for column in columns_of(item)}
    return replace(metric, unit=f"{unit}²" if name in areas else unit, digits=3)


def unit_of(scores: pd.DataFrame) -> str:
    """Return what the distances of scores become in tables: pixels, or the unit that a pixel is measured in.

    Raises
    ------
    DataError
        If there are several.
    """
    if "unit" not in scores.columns:
        return PIXELS
    found = sorted(scores["unit"].unique())
    if len(found) > 1:
        raise DataError(f"scores: expected distances in one unit, found {', '.join(found)}")
    return str(found[0])


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
        Distances are in pixels, or in the unit that the scores say a pixel is measured in.

    Raises
    ------
    ConfigError
        If there is no such protocol.
    """
    if protocol not in PROTOCOLS:
        raise ConfigError(f"protocol: expected {' or '.join(PROTOCOLS)}, found {protocol!r}")
    keys = ["method", "unseen", "seed", "image", *(["group"] if "group" in scores else []), "structure"]
    there = scores["truth_px"] > 0
    shares = nsd_columns(scores.columns)
    wide = scores[[*keys, *_OF_STRUCTURE, *shares]].copy()
    if protocol == "released":
        wide.loc[_lost(scores, task) & there, list(DISTANCES)] = float(RELEASED_MISS_PX)
    if "unit_per_px" in scores.columns:
        wide[[*DISTANCES]] = wide[[*DISTANCES]].mul(scores["unit_per_px"], axis=0)
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
    for measure in task.measures:
        length = once["unit_per_px"] ** _POWERS.get(measure.kind, 0) if "unit_per_px" in once.columns else 1
        for name in columns_of(measure):
            found[f"{name}_error"] = (once[f"{name}_prediction"] - once[f"{name}_truth"]).abs() * length
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
