"""The table as Markdown: a block for each structure, a row for each method and metric."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from fdgst.evaluation.catalogue import AVERAGE, PIXELS, PROTOCOLS, Cells, Metric, cells_of, metrics
from fdgst.storage.scores import nsd_columns
from fdgst.study.slices import Column, Row
from fdgst.study.task import Task


def markdown(
    table: pd.DataFrame,
    methods: Sequence[Row],
    domains: Sequence[Column],
    *,
    task: Task,
    protocol: str,
    confidence: float,
    against: pd.DataFrame | None,
) -> str:
    """Lay the table out as Markdown.

    Parameters
    ----------
    table : DataFrame
        From `fdgst.reporting.table.table`.
    methods, domains : sequence of Row, of Column
        In the order of rows and columns.
    task : Task
    protocol : {'paper', 'released'}
        Whose metrics are shown; normalised surface distances and misses besides.
    confidence : float
        Of the intervals, for the heading.
    against : DataFrame or None
        From `fdgst.reporting.against.beside`: another table's numbers of the metrics shown, in a block of their own.
    """
    unit = str(table.loc[table["metric"] == "hd", "unit"].iloc[0]) if "unit" in table.columns else PIXELS
    known = metrics(task, table["metric"].unique(), unit=unit)
    shown = [
        *PROTOCOLS[protocol].values(),
        *nsd_columns(known),
        "missed",
        *(["false_alarm"] * ("false_alarm" in known)),
    ]
    cells = cells_of(table.to_dict("records"))
    spread = " ± its standard deviation over the seeds" if table["seeds"].max() > 1 else ""
    blocks = [
        f"Mean over each domain's images{spread}. Average: unweighted mean over the domains, with its interval of"
        f" {100 * confidence:g} %. Protocol {protocol}."
    ]
    for structure in task.structures:
        heads = ["Method", "Metric", *(item.title for item in domains), "Average", "Interval"]
        lines = [heads, ["---"] * len(heads)]
        for item in methods:
            for name in shown:
                metric = known[name]
                row = [_cell(cells, (item.id, structure.id, name, column), metric) for column in _columns(domains)]
                interval = _interval(cells[item.id, structure.id, name, AVERAGE], metric)
                lines.append([item.title + " (upper bound)" * item.upper_bound, named(metric), *row, interval])
        blocks += [f"## {_escaped(structure.title)}", _rows(lines)]
    if against is not None:
        there = against[against["metric"].isin(shown)]
        blocks += ["## Beside the other table", _beside(there, methods, domains, task, known)]
    return "\n\n".join(blocks) + "\n"


def named(metric: Metric) -> str:
    """Return a metric's name, unit and direction."""
    return f"{metric.title}{f' ({metric.unit})' if metric.unit else ''} {'↑' if metric.better > 0 else '↓'}"


def _columns(domains: Sequence[Column]) -> list[str]:
    """Return the ids of the columns with numbers."""
    return [*(item.id for item in domains), AVERAGE]


def _cell(cells: Cells, key: tuple[str, ...], metric: Metric) -> str:
    """Print one mean with its spread over the seeds."""
    row = cells[key]
    if pd.isna(row["mean"]):
        return "–"
    spread = "" if pd.isna(row["sd"]) else f" ± {row['sd']:.{metric.digits}f}"
    return f"{row['mean']:.{metric.digits}f}{spread}"


def _interval(row: Mapping[Any, Any], metric: Metric) -> str:
    """Print an interval."""
    return "–" if pd.isna(row["low"]) else f"{row['low']:.{metric.digits}f} … {row['high']:.{metric.digits}f}"


def _beside(
    against: pd.DataFrame,
    methods: Sequence[Row],
    domains: Sequence[Column],
    task: Task,
    known: Mapping[str, Metric],
) -> str:
    """Lay out the numbers of another table beside ours."""
    named_rows = {item.id: item.title for item in methods}
    named_columns = {item.id: item.title for item in domains} | {AVERAGE: "Average"}
    structures = {item.id: item.title for item in task.structures}
    lines = [["Method", "Structure", "Metric", "Unseen", "Here", "Interval", "There", "Difference"]]
    lines.append(["---"] * len(lines[0]))
    for row in against.to_dict("records"):
        metric = known[row["metric"]]
        names = [named_rows[row["method"]], structures.get(row["structure"], row["structure"])]
        ours, printed, difference = (f"{row[name]:.{metric.digits}f}" for name in ("mean", "printed", "difference"))
        lines.append(
            [*names, named(metric), named_columns[row["unseen"]], ours, _interval(row, metric), printed, difference]
        )
    return _rows(lines)


def _rows(lines: Sequence[Sequence[str]]) -> str:
    """Write the rows of a table."""
    return "\n".join(f"| {' | '.join(map(_escaped, line))} |" for line in lines)


def _escaped(text: str) -> str:
    """Keep a title from ending its cell."""
    return text.replace("|", "\\|")
