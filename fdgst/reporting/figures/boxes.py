"""Box plots of the scores: what a table's means hide."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from fdgst.reporting.figures import style
from fdgst.study.task import Task

MANY = 6  # boxes of more methods need the whole width
SIDE_BY_SIDE = 2  # so many structures are columns; of more, metrics are
THIN = {"linewidth": 0.6}
METRICS = {"dsc": "DSC (%)", "hd": "HD (ROI pixels)", "asd": "ASD (ROI pixels)"}


def boxes(scores: pd.DataFrame, methods: Mapping[str, str], domains: Mapping[str, str], *, task: Task) -> Figure:
    """Draw one panel per metric and structure, one group of boxes per unseen domain, one box per method.

    Parameters
    ----------
    scores : DataFrame
        Rows of `scores.csv`; an image's values are first averaged over the seeds.
    methods, domains : mapping
        Titles by id, in the order to draw.
    task : Task
        Whose structures are drawn.
    """
    cells = [(metric, item) for metric in METRICS for item in task.structures]
    shape = (len(METRICS), len(task.structures))
    if len(task.structures) > SIDE_BY_SIDE:
        cells, shape = [(metric, item) for item in task.structures for metric in METRICS], shape[::-1]
    if len(methods) > MANY:
        shape = (len(cells), 1)
    figure = Figure(figsize=(style.WIDTH_IN, 0.5 + 1.95 * shape[0]), layout="constrained")
    axes = figure.subplots(
        *shape, sharex=True, sharey="row" if len(task.structures) <= SIDE_BY_SIDE else "none", squeeze=False
    )
    for panel, (metric, item) in zip(axes.flat, cells, strict=True):
        values = scores[scores["structure"] == item.id].groupby(["method", "unseen", "image"])[metric].mean().dropna()
        _panel(panel, values, methods, domains)
        panel.set_ylabel(f"{item.title}: {METRICS[metric]}")
        if metric != "dsc" and (values > 0).any():
            style.logarithmic(panel.yaxis)
    patches = [Patch(facecolor=style.colour(k), hatch=style.hatch(k), alpha=0.5) for k in range(len(methods))]
    style.legend(figure, patches, [*methods.values()])
    return figure


def _panel(axes: Axes, values: pd.Series, methods: Mapping[str, str], domains: Mapping[str, str]) -> None:
    """Draw the boxes of one metric and structure."""
    groups: dict[Any, np.ndarray] = {key: group.to_numpy() for key, group in values.groupby(level=["method", "unseen"])}
    width = 0.8 / len(methods)
    for number, method in enumerate(methods):
        present = [place for place, domain in enumerate(domains) if (method, domain) in groups]
        if not present:
            continue
        data = [groups[method, [*domains][place]] for place in present]
        places = np.array(present) + (number - (len(methods) - 1) / 2) * width
        outliers = {"marker": ".", "markersize": 2.5, "markerfacecolor": style.colour(number), "markeredgewidth": 0}
        drawn = axes.boxplot(
            data, positions=places, widths=0.85 * width, patch_artist=True, manage_ticks=False,
            flierprops=outliers, medianprops={"color": "black", "linewidth": 1},
            boxprops=THIN, whiskerprops=THIN, capprops=THIN,
        )  # fmt: skip
        for box in drawn["boxes"]:
            box.set_facecolor(style.colour(number))
            box.set_alpha(0.5)
            box.set_hatch(style.hatch(number))
    axes.set_xticks(range(len(domains)), [*domains.values()])
    axes.grid(visible=True, axis="y")
