"""Which row comes first, over all cells of the table: mean ranks with their intervals."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from fdgst.reporting.figures import style


def ranks(table: pd.DataFrame, methods: Mapping[str, str]) -> Figure:
    """Draw the mean rank of each row, the best at the top, with its interval and how often it comes first.

    Parameters
    ----------
    table : DataFrame
        ``ranks.csv``.
    methods : mapping
        Titles by id.
    """
    table = table[table["method"].isin(methods)].sort_values("rank", kind="stable")
    lines = range(len(table))
    figure = Figure(figsize=(style.COLUMN_IN, 0.55 + 0.22 * len(table)), layout="constrained")
    axes = figure.subplots()
    axes.hlines(lines, table["low"], table["high"], color=style.COLOURS[0], linewidth=2.5, alpha=0.45)
    axes.plot(table["rank"], lines, "o", color=style.COLOURS[0], markersize=4.5)
    axes.set_yticks(lines, [methods[name] for name in table["method"]])
    axes.set_ylim(len(table) - 0.5, -0.5)
    axes.set_xlim(0.8, max(len(table), 2) + 0.2)
    axes.xaxis.set_major_locator(MultipleLocator(max(1, len(table) // 8)))
    axes.set_xlabel("mean rank (1: best in every cell)")
    axes.grid(visible=True, axis="x")
    shares = axes.secondary_yaxis("right")
    shares.set_yticks(lines, [f"{100 * share:.0f} %" for share in table["first"]])
    shares.tick_params(length=0)
    shares.spines["right"].set_visible(False)
    axes.set_title("first in", loc="right", fontsize=7, pad=3)
    return figure
