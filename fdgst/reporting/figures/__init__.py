"""Figures of the report and the paper: one module per family, drawn without pyplot, equal bytes for equal inputs.

A drawing function takes files, tables and titles and returns a `matplotlib.figure.Figure`; `make` gives it its inputs
and saves what it draws.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fdgst.errors import ConfigError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from fdgst.study.slices import Column, Row
    from fdgst.study.task import Task


@dataclass(frozen=True)
class FigureInputs:
    """What the command line may give a figure; each takes what it needs.

    Attributes
    ----------
    rois, photographs, predictions, runs, scores, tables : sequence of Path
        ROI files; whole photographs (content, style); predictions on unseen domains; runs' folders or files in them;
        files of scores; other CSV files.
    methods, domains
        In the order to draw; none: the ids of the scores, sorted.
    task : Task
        Whose structures and measures are drawn.
    drawn : bool
        Whether the photographs are drawings.
    """

    rois: Sequence[Path]
    photographs: Sequence[Path]
    predictions: Sequence[Path]
    runs: Sequence[Path]
    scores: Sequence[Path]
    tables: Sequence[Path]
    methods: Sequence[Row]
    domains: Sequence[Column]
    task: Task
    drawn: bool = False


def make(name: str, out: Path, inputs: FigureInputs) -> list[str]:
    """Draw a figure and write it as PNG and, beside it, PDF and SVG; return what could not be drawn, a line each.

    Parameters
    ----------
    name : str
        One of `FIGURES`.
    out : Path
        Ends in ``.png``.
    inputs : FigureInputs
        Must hold what the figure needs.

    Raises
    ------
    ConfigError
        If an input is missing, or `out` is no PNG.
    DataError, FormatError
        If an input cannot be read.
    """
    from fdgst.reporting.figures import style

    needs, draw = FIGURES[name]
    faults = [f"figure {name}: needs --{need}" for need in needs if not getattr(inputs, need)]
    if out.suffix != ".png":
        faults.append(f"--out: expected a file that ends in .png (PDF and SVG are written beside it), found {out}")
    if faults:
        raise ConfigError(*faults)
    with style.styled():
        return style.save(draw(inputs), out)


def _samples(inputs: FigureInputs) -> Figure:
    """Draw Figure 1."""
    from fdgst.reporting.figures.domains import samples

    return samples(inputs.rois)


def _stylised(which: str) -> Callable[[FigureInputs], Figure]:
    """Return the drawing of Figure 2, Figure 3, or as written beside as released."""

    def draw(inputs: FigureInputs) -> Figure:
        from fdgst.reporting.figures import stylisation

        return getattr(stylisation, which)(stylisation.pairs(inputs.rois, inputs.photographs, drawn=inputs.drawn))

    return draw


def _predicted(which: str) -> Callable[[FigureInputs], Figure]:
    """Return the drawing of Figure 5 or of the gallery."""

    def draw(inputs: FigureInputs) -> Figure:
        from fdgst.reporting.figures import contours

        found = contours.models(inputs.predictions)
        scores, methods, domains = _scored(inputs)
        scores = scores[[key in found for key in zip(scores["method"], scores["unseen"], scores["seed"], strict=True)]]
        if scores.empty:
            raise ConfigError(f"--scores: expected scores of the {len(found)} models predicted by, found none of them")
        return getattr(contours, which)(inputs.rois, found, scores, methods, domains, task=inputs.task)

    return draw


def _boxes(inputs: FigureInputs) -> Figure:
    """Draw the box plots."""
    from fdgst.reporting.figures.boxes import boxes

    return boxes(*_scored(inputs), task=inputs.task)


def _agreement(inputs: FigureInputs) -> Figure:
    """Draw the Bland-Altman panels."""
    from fdgst.reporting.figures.agreement import agreement

    return agreement(*_scored(inputs), task=inputs.task)


def _ranks(inputs: FigureInputs) -> Figure:
    """Draw the mean ranks."""
    from fdgst.reporting.figures.inputs import table, titles_of_methods
    from fdgst.reporting.figures.ranks import ranks

    read = table(inputs.tables, NEEDED["ranks"])
    return ranks(read, titles_of_methods(inputs.methods, read["method"]))


def _pairs(inputs: FigureInputs) -> Figure:
    """Draw row against row, image by image."""
    from fdgst.evaluation.catalogue import upper_bounds
    from fdgst.reporting.figures.inputs import table
    from fdgst.reporting.figures.pairs import declared, pairs

    scores, methods, domains = _scored(inputs)
    rivals = [name for name in methods if name not in upper_bounds(inputs.methods)]
    if len(rivals) < 2:
        raise ConfigError("figure pairs: expected two rows to compare or more, found one")
    chosen = declared(table(inputs.tables, NEEDED["pairs"]), rivals)
    return pairs(scores, chosen, methods, domains, task=inputs.task)


def _study(which: str) -> Callable[[FigureInputs], Figure]:
    """Return the drawing of the protocols or of a study."""

    def draw(inputs: FigureInputs) -> Figure:
        from fdgst.reporting.figures import studies
        from fdgst.reporting.figures.inputs import table, titles_of_methods

        read = table(inputs.tables, NEEDED[which])
        present = set(read["method"])
        methods = {name: title for name, title in titles_of_methods(inputs.methods, present).items() if name in present}
        return getattr(studies, which)(read, methods, task=inputs.task)

    return draw


def _curves(inputs: FigureInputs) -> Figure:
    """Draw the learning curves."""
    from fdgst.evaluation.catalogue import upper_bounds
    from fdgst.reporting.figures.curves import PRETRAINED, curves
    from fdgst.reporting.figures.inputs import runs, titles, titles_of_methods

    found = runs(inputs.runs)
    methods = titles_of_methods(inputs.methods, [run.method for run in found if run.method != PRETRAINED])
    domains = titles(inputs.domains, [run.unseen for run in found])
    return curves(found, methods, domains, from_the_first_step=upper_bounds(inputs.methods))


def _scored(inputs: FigureInputs) -> tuple[Any, dict[str, str], dict[str, str]]:
    """Read the scores; return them with the titles of methods and domains."""
    from fdgst.evaluation.catalogue import read_of_task
    from fdgst.reporting.figures.inputs import titles, titles_of_methods

    table = read_of_task(inputs.scores, inputs.task)
    methods = titles_of_methods(inputs.methods, table["method"])
    domains = titles(inputs.domains, table["unseen"])
    return table[table["method"].isin(methods) & table["unseen"].isin(domains)], methods, domains


_CELL = ("method", "structure", "metric", "unseen", "mean")
NEEDED = {  # columns
    "protocols": (*_CELL, "definitions", "threshold", "checkpoint", "released_crop", "shift", "normalisation"),
    "ablation": (*_CELL, "low", "high", "shown"),
    "ranks": ("method", "rank", "low", "high", "first"),
    "pairs": ("method", "reference", "family"),
}
FIGURES: dict[str, tuple[tuple[str, ...], Callable[[FigureInputs], Figure]]] = {
    "fig1": (("rois",), _samples),
    "fig2": (("rois",), _stylised("sweep")),
    "fig3": (("rois",), _stylised("thresholds")),
    "released": (("rois",), _stylised("released")),
    "fig5": (("rois", "predictions", "scores"), _predicted("contours")),
    "gallery": (("rois", "predictions", "scores"), _predicted("gallery")),
    "boxes": (("scores",), _boxes),
    "agreement": (("scores",), _agreement),
    "ranks": (("tables",), _ranks),
    "pairs": (("scores", "tables"), _pairs),
    "curves": (("runs",), _curves),
    "protocols": (("tables",), _study("protocols")),
    "ablation": (("tables",), _study("ablation")),
}
