"""Figures of tables: how far the protocol alone moves each method, and the studies beside the table."""

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from fdgst.evaluation.catalogue import AVERAGE, METRICS, ROLES
from fdgst.evaluation.protocols import CHECKPOINTS, RUNNING, TEST_BATCH, VARIANT
from fdgst.reporting.figures import style
from fdgst.study.task import Task

_CHECKPOINT_NAMES = dict(zip(CHECKPOINTS, ("last epoch", "source val.", "oracle"), strict=True))
_CHANGES: dict[str, Callable[[Any], str]] = {  # what a convention's change is called
    "definitions": lambda name: f"{name} metrics",
    "threshold": lambda value: f"threshold {value:g}",
    "checkpoint": lambda name: _CHECKPOINT_NAMES[name],
    "released_crop": lambda cropped: "centre crop" if cropped else "no crop",
    "normalisation": lambda name: "test batch's norm." if name == TEST_BATCH else "running norm.",
}
_LINE_IN = 0.24  # height of one protocol's line
_OFFSET = 0.7  # of a line's height that its methods are spread over
_BAND, _MOST_OF_BAND = "#DDDDDD", 10


def protocols(table: pd.DataFrame, methods: Mapping[str, str], *, task: Task) -> Figure:
    """Draw how far each convention alone moves each method, one panel per structure and metric.

    Parameters
    ----------
    table : DataFrame
        ``protocols.csv``; its averages over the unseen domains are drawn.
    methods : mapping
        Titles by id, in the order to draw.
    task : Task
        Whose structures are drawn.

    Notes
    -----
    A line for each protocol that differs in one convention from the reference that the column `shift` is measured from
    (the paper's definitions, the last epoch, the configuration's threshold, no crop, running statistics), and one for
    the furthest that all protocols together move a method, either way. The grey band is as wide as the reference's best
    method is from its worst: a convention that reaches out of it moves a row by more than the rows differ. It is drawn
    up to ten times the largest shift, beyond which it says no more.
    """
    table = table[(table["unseen"] == AVERAGE) & table["method"].isin(methods)]
    reference = _reference(table)
    changes = _single_changes(table, reference)
    height = 0.9 + len(task.structures) * (0.45 + _LINE_IN * (len(changes) + 1))
    figure = Figure(figsize=(style.WIDTH_IN, height), layout="constrained")
    axes = figure.subplots(len(task.structures), len(ROLES), sharey=True, squeeze=False)
    for panel, (structure, role) in zip(axes.flat, product(task.structures, ROLES), strict=True):
        cell = table[(table["structure"] == structure.id) & (table["metric"] == role)]
        base = cell[(cell[VARIANT] == list(reference)).all(axis=1)]["mean"]
        _band(panel, base.max() - base.min(), cell["shift"].abs().max())
        for number, method in enumerate(methods):
            place = _OFFSET * (number - (len(methods) - 1) / 2) / len(methods)
            own = cell[cell["method"] == method].set_index(VARIANT)["shift"]
            shifts = [own.get(variant, float("nan")) for variant in changes.values()]
            sign = {"color": style.colour(number), "marker": style.marker(number), "markersize": 3.5, "linestyle": ""}
            panel.plot(shifts, [line + place for line in range(len(changes))], **sign)
            ends = [own.min(), own.max()]
            panel.plot(ends, [len(changes) + place] * 2, **(sign | {"linestyle": "-", "linewidth": 1}))
        panel.axvline(0, color="black", linewidth=0.6)
        panel.set_yticks(range(len(changes) + 1), [*changes, "all together"])
        panel.set_title(f"{structure.title}: {_axis_title(role)}")
        panel.grid(visible=True, axis="y")
    axes[0][0].set_ylim(len(changes) + 0.5, -0.5)
    for panel in axes[-1]:
        panel.set_xlabel("shift from the reference")
    signs: list[Artist] = [
        Line2D([], [], linestyle="", marker=style.marker(k), color=style.colour(k)) for k in range(len(methods))
    ]
    band = Patch(facecolor=_BAND, label="between the best and the worst row")
    style.legend(figure, [*signs, band], [*methods.values(), "best to worst row"])
    return figure


def _reference(table: pd.DataFrame) -> tuple[Any, ...]:
    """Return the protocol that shifts are measured from: of its thresholds that at which nothing is moved."""
    usual = {"definitions": "paper", "checkpoint": "last", "released_crop": 0, "normalisation": RUNNING}
    rows = table[(table[[*usual]] == pd.Series(usual)).all(axis=1)]
    threshold = rows["shift"].abs().groupby(rows["threshold"]).sum().idxmin()
    return tuple((usual | {"threshold": threshold})[name] for name in VARIANT)


def _single_changes(table: pd.DataFrame, reference: tuple[Any, ...]) -> dict[str, tuple[Any, ...]]:
    """Return the protocols that differ from the reference in one convention, by what is changed, in their order."""
    found = {}
    for variant in table[VARIANT].drop_duplicates().itertuples(index=False, name=None):
        changed = [place for place, value in enumerate(variant) if value != reference[place]]
        if len(changed) == 1:
            found[_CHANGES[VARIANT[changed[0]]](variant[changed[0]])] = tuple(variant)
    return found


def _band(panel: Axes, width: float, furthest: float) -> None:
    """Shade how far the best row is from the worst, to both sides of no shift."""
    half = min(width, _MOST_OF_BAND * furthest if furthest else width)
    panel.axvspan(-half, half, color=_BAND, linewidth=0, zorder=0)


def ablation(table: pd.DataFrame, methods: Mapping[str, str], *, task: Task) -> Figure:
    """Draw a study: the mean and its interval for each of its methods, one panel per structure and metric.

    Parameters
    ----------
    table : DataFrame
        Tidy, as ``table1.csv``; averages over its unseen domains are drawn, of the metrics that its protocol shows.
    methods : mapping
        Titles by id, in the order to draw.
    task : Task
        Whose structures are drawn.
    """
    table = table[(table["unseen"] == AVERAGE) & (table["shown"] == 1)]
    shown = [name for name in METRICS if name in set(table["metric"])]
    figure = Figure(figsize=(style.WIDTH_IN, 0.8 + 1.8 * len(task.structures)), layout="constrained")
    axes = figure.subplots(len(task.structures), len(shown), sharex=True, squeeze=False)
    for panel, (structure, metric) in zip(axes.flat, product(task.structures, shown), strict=True):
        cell = table[(table["structure"] == structure.id) & (table["metric"] == metric)]
        cell = cell.set_index("method").reindex([*methods])
        places = range(len(methods))
        panel.vlines(places, cell["low"], cell["high"], color=style.COLOURS[0], linewidth=2, alpha=0.45)
        panel.plot(places, cell["mean"], "o", color=style.COLOURS[0], markersize=4)
        panel.set_xticks(places, [*methods.values()], rotation=35, ha="right", rotation_mode="anchor")
        panel.set_xlim(-0.5, len(methods) - 0.5)
        panel.set_title(f"{structure.title}: {_axis_title(metric)}")
        panel.grid(visible=True, axis="y")
    return figure


def _axis_title(metric: str) -> str:
    """Return a metric's name, unit and direction."""
    shown = METRICS[metric]
    unit = "ROI pixels" if shown.unit == "px" else shown.unit
    return f"{shown.title} ({unit}) {'↑' if shown.better > 0 else '↓'}"
