"""Learning curves: the training loss over the steps, pre-training included where its history is given."""

from collections.abc import Collection, Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from fdgst.reporting.figures import style
from fdgst.reporting.figures.inputs import FigureRun, table

PRETRAINED = "pretrained"  # the folder of pre-trainings stands where others have their method's
COLUMNS = 2
_HISTORY = ["step", "learning_rate", "loss"]


def curves(
    runs: Sequence[FigureRun],
    methods: Mapping[str, str],
    domains: Mapping[str, str],
    *,
    from_the_first_step: Collection[str] = (),
) -> Figure:
    """Draw one panel per unseen domain, one line per method (mean over the seeds), from the first step of pre-training.

    Parameters
    ----------
    runs : sequence of FigureRun
        Whose ``history.csv`` to draw; pre-trainings among them are drawn in black, before the methods.
    methods, domains : mapping
        Titles by id, in the order to draw.
    from_the_first_step : collection of str
        Methods that do not begin where pre-training ends: their own history holds it.

    Notes
    -----
    Dotted lines stand where the learning rate changes. The loss is that of the method: rows whose trainers minimise
    different losses cannot be compared by its height.
    """
    lines = -(-len(domains) // COLUMNS)
    figure = Figure(figsize=(style.WIDTH_IN, 0.6 + 1.9 * lines), layout="constrained")
    axes = figure.subplots(lines, min(len(domains), COLUMNS), sharex=True, sharey=True, squeeze=False)
    for panel, (domain, title) in zip(axes.flat, domains.items(), strict=False):
        _panel(panel, [run for run in runs if run.unseen == domain], [*methods], from_the_first_step)
        panel.set_title(f"unseen: {title}")
        panel.set_xlabel("step")
        panel.tick_params(labelbottom=True)
    for panel in axes.flat[len(domains) :]:
        panel.set_axis_off()
    figure.supylabel("training loss", fontsize=7.5)
    drawn = [Line2D([], [], color=style.colour(k), linestyle=style.dashes(k)) for k in range(len(methods))]
    style.legend(figure, [Line2D([], [], color="black"), *drawn], ["pre-training", *methods.values()])
    return figure


def _panel(axes: Axes, runs: Sequence[FigureRun], methods: Sequence[str], from_the_first_step: Collection[str]) -> None:
    """Draw the curves of one unseen domain."""
    before = _mean(runs, PRETRAINED)
    pretrained = 0 if before.empty else int(before.index[-1])
    axes.plot(before.index, before["loss"], color="black", linewidth=1)
    changes = {pretrained} if pretrained else set()
    for number, method in enumerate(methods):
        curve, offset = _mean(runs, method), 0 if method in from_the_first_step else pretrained
        axes.plot(
            curve.index + offset, curve["loss"], color=style.colour(number), linestyle=style.dashes(number), linewidth=1
        )
        rate = curve["learning_rate"]
        changes |= {int(step) + offset for step in curve.index[rate.diff().fillna(0) != 0]}
    for step in changes:
        axes.axvline(step, color="#999999", linewidth=0.8, linestyle=":")
    style.logarithmic(axes.yaxis)
    axes.grid(visible=True, axis="y")


def _mean(runs: Sequence[FigureRun], method: str) -> pd.DataFrame:
    """Average the histories of a method's seeds, by step; empty if there is none."""
    paths = [run.folder / "history.csv" for run in runs if run.method == method]
    together = table(paths, _HISTORY) if paths else pd.DataFrame(columns=_HISTORY, dtype=float)
    return together.groupby("step")[["learning_rate", "loss"]].mean()
