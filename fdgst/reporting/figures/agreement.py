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
        left out and counted above the panel.
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
    for panel in axes[-1]:
        panel.set_xlabel("mean of true and predicted")
    figure.supylabel("vCDR, predicted minus true", fontsize=7.5)
    points = [
        Line2D([], [], linestyle="", marker=style.marker(number), color=style.colour(number), markersize=4)
        for number in range(len(domains))
    ]
    style.legend(figure, points, [*domains.values()])
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
    axes.grid(visible=True, axis="y")
    note = f"n = {len(read)}, without disc {len(rows) - len(read)}"
    if len(read) > 1:
        bias, spread = difference.mean(), difference.std(ddof=1)
        low, high = bias - LIMIT * spread, bias + LIMIT * spread
        for level, dash in ((bias, "-"), (low, "--"), (high, "--")):
            axes.axhline(level, color="black", linewidth=0.9, linestyle=dash)
        note = f"bias {bias:+.3f} ({low:+.3f}, {high:+.3f})\n{note}"
    axes.set_title(f"{title}\n{note}", fontsize=6.5)
