"""What a clinician reads: agreement of the predicted vertical cup-to-disc ratio (vCDR) with the truth."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from fdgst.reporting.figures import style

LIMIT = 1.96  # standard deviations: 95 % of differences, were they normal (Bland and Altman, 1986)
COLUMNS = 4


def agreement(scores: pd.DataFrame, methods: Mapping[str, str], domains: Mapping[str, str]) -> Figure:
    """Draw one Bland-Altman panel per method: difference over mean, bias, and limits of agreement.

    Parameters
    ----------
    scores : DataFrame
        Rows of `scores.csv`; every seed's image is a point. Images without a predicted disc have no vCDR: they are
        left out and counted in the title.
    methods, domains : mapping
        Titles by id, in the order to draw.
    """
    lines = -(-len(methods) // COLUMNS)
    columns = min(len(methods), COLUMNS)
    figure = Figure(figsize=(style.WIDTH_IN, 0.5 + 2.2 * lines), layout="constrained")
    axes = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
    once = scores.drop_duplicates(["method", "unseen", "seed", "image"])  # vCDR stands in the rows of both structures
    for panel, (method, title) in zip(axes.flat, methods.items(), strict=False):
        _panel(panel, once[once["method"] == method], title, [*domains])
    for panel in axes.flat[len(methods) :]:
        panel.set_axis_off()
    figure.supxlabel("mean of true and predicted vCDR", fontsize=7.5)
    figure.supylabel("predicted - true vCDR", fontsize=7.5)
    points = [
        Line2D([], [], linestyle="", marker=style.marker(number), color=style.colour(number), markersize=4)
        for number in range(len(domains))
    ]
    figure.legend(points, [*domains.values()], loc="outside lower center", ncols=min(len(domains), 6))
    return figure


def _panel(axes: Axes, rows: pd.DataFrame, title: str, domains: list[str]) -> None:
    """Draw one method's points, bias and limits."""
    read = rows.dropna(subset=["vcdr_prediction"])
    difference = (read["vcdr_prediction"] - read["vcdr_truth"]).to_numpy()
    mean = ((read["vcdr_prediction"] + read["vcdr_truth"]) / 2).to_numpy()
    for number, domain in enumerate(domains):
        here = (read["unseen"] == domain).to_numpy()
        axes.plot(
            mean[here], difference[here], style.marker(number), color=style.colour(number), markersize=2.5, alpha=0.7
        )
    without = len(rows) - len(read)
    axes.set_title(title + (f" ({without} without disc)" if without else ""))
    axes.grid(visible=True, axis="y")
    if len(read) < 2:
        return
    bias, spread = difference.mean(), difference.std(ddof=1)
    for level, dash in ((bias, "-"), (bias - LIMIT * spread, "--"), (bias + LIMIT * spread, "--")):
        axes.axhline(level, color="black", linewidth=0.9, linestyle=dash)
    note = f"bias {bias:+.3f}\nlimits {bias - LIMIT * spread:+.3f}, {bias + LIMIT * spread:+.3f}\nn = {len(read)}"
    axes.text(0.03, 0.97, note, transform=axes.transAxes, va="top", fontsize=6.5, bbox=_BACKGROUND)


_BACKGROUND = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1}
