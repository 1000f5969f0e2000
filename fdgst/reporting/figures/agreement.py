"""Agreement of the task's measures with the truth (Bland and Altman, 1986)."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D

from fdgst.errors import ConfigError
from fdgst.evaluation.catalogue import columns_of
from fdgst.reporting.figures import style
from fdgst.study.task import Task

LIMIT = 1.96  # standard deviations: 95 % of differences, were they normal
COLUMNS = 4


def agreement(scores: pd.DataFrame, methods: Mapping[str, str], domains: Mapping[str, str], *, task: Task) -> Figure:
    """Draw one Bland-Altman panel per measure and method: difference over mean, bias, and limits of agreement.

    Parameters
    ----------
    scores : DataFrame
        Rows of `scores.csv`; every seed's image is a point. Images that cannot be measured in truth or prediction are
        left out and counted above the panel.
    methods, domains : mapping
        Titles by id, in the order to draw.
    task : Task
        Whose measures are drawn, one block of panels each; a rim's four sides are four.

    Raises
    ------
    ConfigError
        If the task has no measures.
    """
    measured = {name: title for item in task.measures for name, title in columns_of(item).items()}
    if not measured:
        raise ConfigError("figure agreement: expected a task with measures, found none (task.measures)")
    lines = -(-len(methods) // COLUMNS)
    height_in = 0.3 + (0.2 + 2.2 * lines) * len(measured)
    figure = Figure(figsize=(style.WIDTH_IN, height_in), layout="constrained")
    once = scores.drop_duplicates(["method", "unseen", "seed", "image"])  # the rows of all structures repeat them
    for block, (name, title) in zip(
        figure.subfigures(len(measured), 1, squeeze=False).flat, measured.items(), strict=True
    ):
        _block(block, once, name, title, methods, [*domains])
    points = [
        Line2D([], [], linestyle="", marker=style.marker(number), color=style.colour(number), markersize=4)
        for number in range(len(domains))
    ]
    style.legend(figure, points, [*domains.values()])
    return figure


def _block(
    figure: SubFigure, scores: pd.DataFrame, name: str, title: str, methods: Mapping[str, str], domains: list[str]
) -> None:
    """Draw one measure: a panel per method."""
    lines, columns = -(-len(methods) // COLUMNS), min(len(methods), COLUMNS)
    axes = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
    for panel, (method, method_title) in zip(axes.flat, methods.items(), strict=False):
        _panel(panel, scores[scores["method"] == method], name, method_title, domains)
    for panel in axes.flat[len(methods) :]:
        panel.set_axis_off()
    for panel in axes[-1]:
        panel.set_xlabel("mean of true and predicted")
    figure.supylabel(f"{title},\npredicted minus true", fontsize=7.5, multialignment="center")


def _panel(axes: Axes, rows: pd.DataFrame, name: str, title: str, domains: list[str]) -> None:
    """Draw one method's points, bias and limits."""
    read = rows.dropna(subset=[f"{name}_truth", f"{name}_prediction"])
    true, predicted = read[f"{name}_truth"].to_numpy(), read[f"{name}_prediction"].to_numpy()
    difference, mean = predicted - true, (predicted + true) / 2
    for number, domain in enumerate(domains):
        here = (read["unseen"] == domain).to_numpy()
        axes.plot(
            mean[here], difference[here], style.marker(number), color=style.colour(number), markersize=2.5, alpha=0.7
        )
    axes.grid(visible=True, axis="y")
    note = f"n = {len(read)}, not measured {len(rows) - len(read)}"
    if len(read) > 1:
        bias, spread = difference.mean(), difference.std(ddof=1)
        low, high = bias - LIMIT * spread, bias + LIMIT * spread
        for level, dash in ((bias, "-"), (low, "--"), (high, "--")):
            axes.axhline(level, color="black", linewidth=0.9, linestyle=dash)
        digits = 3 if max(abs(low), abs(high)) < 10 else 0
        note = f"bias {bias:+.{digits}f} ({low:+.{digits}f}, {high:+.{digits}f})\n{note}"
    axes.set_title(f"{title}\n{note}", fontsize=6.5)
