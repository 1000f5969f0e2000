"""Figures of tables: how far the protocol alone moves each method, and the studies beside the table."""

from collections.abc import Mapping
from itertools import product

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from fdgst.evaluation.catalogue import AVERAGE, METRICS, ROLES
from fdgst.evaluation.protocols import CHECKPOINTS, VARIANT
from fdgst.reporting.figures import style
from fdgst.study.task import Task

_CHECKPOINT_NAMES = dict(zip(CHECKPOINTS, ("last", "source val.", "oracle"), strict=True))
_LINE_IN = 0.17  # height of one protocol's line


def protocols(table: pd.DataFrame, methods: Mapping[str, str], *, task: Task) -> Figure:
    """Draw every protocol's means, one line per protocol, one panel per structure and metric.

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
    Thin vertical lines stand at the means that the column `shift` is measured from: the paper's definitions, the last
    epoch, the configuration's threshold and no crop.
    """
    table = table[(table["unseen"] == AVERAGE) & table["method"].isin(methods)]
    variants = table[VARIANT].drop_duplicates().reset_index(drop=True)
    height = 0.9 + len(task.structures) * (0.35 + _LINE_IN * len(variants))
    figure = Figure(figsize=(style.WIDTH_IN, height), layout="constrained")
    axes = figure.subplots(len(task.structures), len(ROLES), sharey=True, sharex="col", squeeze=False)
    for panel, (structure, role) in zip(axes.flat, product(task.structures, ROLES), strict=True):
        cell = table[(table["structure"] == structure.id) & (table["metric"] == role)]
        for number, method in enumerate(methods):
            rows = variants.merge(cell[cell["method"] == method], how="left", on=VARIANT)
            panel.axvline((rows["mean"] - rows["shift"]).median(), color=style.colour(number), linewidth=0.6, alpha=0.6)
            panel.plot(
                rows["mean"], rows.index, style.marker(number), color=style.colour(number), markersize=3.5, alpha=0.8
            )
        panel.set_yticks(variants.index, [_named(variant) for _, variant in variants.iterrows()])
        panel.set_title(f"{structure.title}: {_axis_title(role)}")
        panel.grid(visible=True, axis="y")
    axes[0][0].set_ylim(len(variants) - 0.5, -0.5)
    signs = [Line2D([], [], linestyle="", marker=style.marker(k), color=style.colour(k)) for k in range(len(methods))]
    style.legend(figure, signs, [*methods.values()])
    return figure


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


def _named(variant: pd.Series) -> str:
    """Say in short what one protocol is."""
    crop = ", crop" if variant["released_crop"] else ""
    return f"{variant['definitions']}, {_CHECKPOINT_NAMES[variant['checkpoint']]}, > {variant['threshold']:g}{crop}"


def _axis_title(metric: str) -> str:
    """Return a metric's name, unit and direction."""
    shown = METRICS[metric]
    unit = "ROI pixels" if shown.unit == "px" else shown.unit
    return f"{shown.title} ({unit}) {'↑' if shown.better > 0 else '↓'}"
