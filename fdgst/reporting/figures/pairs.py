"""Row against row, image by image: where one gains and where it loses."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from fdgst.evaluation.catalogue import METRICS
from fdgst.reporting.figures import style
from fdgst.study.task import Task

METRIC = "dsc"
MOST = 3  # pairs, where none is declared
WORST = 3  # images that are named: those on which the row falls furthest behind
COLUMNS = 4


def declared(compared: pd.DataFrame, methods: Sequence[str]) -> list[tuple[str, str]]:
    """Return the pairs (row, reference) that were declared; where none was, every row against the first.

    Parameters
    ----------
    compared : DataFrame
        ``significance.csv``.
    methods : sequence of str
        Ids of the rows that may be drawn, in order.
    """
    rows = compared[(compared["family"] == "declared") & compared["method"].isin(methods)]
    rows = rows[rows["reference"].isin(methods)].drop_duplicates(["method", "reference"])
    found = [*zip(rows["method"], rows["reference"], strict=True)]
    return found or [(name, methods[0]) for name in methods[1 : 1 + MOST]]


def pairs(
    scores: pd.DataFrame,
    chosen: Sequence[tuple[str, str]],
    methods: Mapping[str, str],
    domains: Mapping[str, str],
    *,
    task: Task,
) -> Figure:
    """Draw one panel per pair and structure: the Dice of one row over that of the other, a point per image.

    Parameters
    ----------
    scores : DataFrame
        Rows of ``scores.csv``; an image's values are first averaged over the seeds.
    chosen : sequence of (str, str)
        From `declared`.
    methods, domains : mapping
        Titles by id; domains in the order of signs.
    task : Task
        Whose structures are drawn.
    """
    cells = [(pair, item) for pair in chosen for item in task.structures]
    columns = min(COLUMNS, len(task.structures) if len(task.structures) > 1 else len(cells))
    lines = -(-len(cells) // columns)
    side_in = min(style.WIDTH_IN / columns, 2.6)
    figure = Figure(figsize=(max(side_in * columns, style.COLUMN_IN), 0.35 + side_in * lines), layout="constrained")
    axes = figure.subplots(lines, columns, squeeze=False)
    means = scores.groupby(["structure", "method", "unseen", "image"])[METRIC].mean()
    for panel, ((row, reference), item) in zip(axes.flat, cells, strict=False):
        both = means[item.id].unstack("method").reindex(columns=[row, reference]).dropna()
        _panel(panel, both.rename(columns={row: "row", reference: "other"}), [*domains])
        panel.set_title(item.title)
        panel.set_xlabel(f"{methods[reference]}, {METRICS[METRIC].title} (%)")
        panel.set_ylabel(f"{methods[row]}, {METRICS[METRIC].title} (%)")
    for panel in axes.flat[len(cells) :]:
        panel.set_axis_off()
    points = [
        Line2D([], [], linestyle="", marker=style.marker(number), color=style.colour(number), markersize=4)
        for number in range(len(domains))
    ]
    style.legend(figure, points, [*domains.values()])
    return figure


def _panel(axes: Axes, both: pd.DataFrame, domains: Sequence[str]) -> None:
    """Draw the images of one pair and structure; above the diagonal the row is better."""
    for number, domain in enumerate(domains):
        here = both[both.index.get_level_values("unseen") == domain]
        axes.plot(here["other"], here["row"], style.marker(number), color=style.colour(number), markersize=3, alpha=0.7)
    low = both.to_numpy().min() if len(both) else 0.0
    low -= 0.05 * (100 - low) + 0.5
    axes.plot([low, 100], [low, 100], color="#777777", linewidth=0.7)
    axes.set(xlim=(low, 101), ylim=(low, 101), box_aspect=1)
    axes.grid(visible=True)
    _name_worst(axes, both)


def _name_worst(axes: Axes, both: pd.DataFrame) -> None:
    """Mark the points on which the row falls furthest behind by numbers, and name them in the corner opposite."""
    behind = (both["other"] - both["row"]).sort_values(ascending=False, kind="stable").head(WORST)
    names = []
    for number, (unseen, image) in enumerate(behind[behind > 0].index, start=1):
        point = both.loc[(unseen, image)]
        axes.plot(point["other"], point["row"], "o", markersize=6.5, markerfacecolor="none", markeredgecolor="black")
        axes.annotate(str(number), (point["other"], point["row"]), xytext=(5, -5), textcoords="offset points",
                      fontsize=7, path_effects=[withStroke(linewidth=1.8, foreground="white")])  # fmt: skip
        names.append(f"{number}  {image}")
    axes.text(0.02, 0.98, "\n".join(names), transform=axes.transAxes, va="top", fontsize=6.5,
              path_effects=[withStroke(linewidth=1.8, foreground="white")])  # fmt: skip
