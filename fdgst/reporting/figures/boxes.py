"""Box plots of the scores: what a table's means hide."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from fdgst.reporting.figures import style
from fdgst.reporting.figures.inputs import STRUCTURES

MANY = 6  # boxes of more methods need the whole width
THIN = {"linewidth": 0.6}
METRICS = {"dsc": "DSC (%)", "hd": "HD (ROI pixels)", "asd": "ASD (ROI pixels)"}


def boxes(scores: pd.DataFrame, methods: Mapping[str, str], domains: Mapping[str, str]) -> Figure:
    """Draw one panel per metric and structure, one group of boxes per unseen domain, one box per method.

    Parameters
    ----------
    scores : DataFrame
        Rows of `scores.csv`; an image's values are first averaged over the seeds.
    methods, domains : mapping
        Titles by id, in the order to draw.
    """
    side_by_side = len(methods) <= MANY
    shape = (len(METRICS), 2) if side_by_side else (2 * len(METRICS), 1)
    figure = Figure(figsize=(style.WIDTH_IN, 0.5 + 1.95 * shape[0]), layout="constrained")
    axes = figure.subplots(*shape, sharex=True, sharey="row", squeeze=False)
    for panel, (metric, structure) in zip(axes.flat, product(METRICS, STRUCTURES), strict=True):
        values = scores[scores["structure"] == structure].groupby(["method", "unseen", "image"])[metric].mean()
        _panel(panel, values, methods, domains)
        panel.set_ylabel(f"{STRUCTURES[structure]}: {METRICS[metric]}")
        if metric != "dsc":
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
