"""Pictures of predictions: Figure 5 of the paper, and a gallery of the images that each method fails on."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from fdgst.core.masks import labels_to_masks
from fdgst.reporting.figures import style
from fdgst.reporting.figures.inputs import Run
from fdgst.storage.predictions import open_predictions
from fdgst.storage.rois import open_rois

WORST = 5
KEYS = ["unseen", "seed", "image"]
_FOOT_IN = 0.22


class Pictures:
    """Opens ROI files and predictions, and draws one image with its contours.

    Parameters
    ----------
    rois : sequence of Path
        ROI files.
    runs : sequence of Run
        Whose ``predictions.h5`` may be asked for.
    """

    def __init__(self, rois: Sequence[Path], runs: Sequence[Run]) -> None:
        self._stack = ExitStack()
        files = [self._stack.enter_context(open_rois(path)) for path in rois]
        self._rois = {file.domain: file for file in files}
        self._folders = {(run.method, run.unseen, run.seed): run.folder for run in runs}

    def __enter__(self) -> "Pictures":
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the files."""
        self._stack.close()

    def draw(self, axes: Axes, scores: pd.DataFrame) -> None:
        """Draw one image: truth red, predicted cup blue, predicted disc green, and its Dice.

        Parameters
        ----------
        axes : Axes
            A panel of a sheet.
        scores : DataFrame
            The rows of `scores.csv` of one method, unseen domain, seed and image: one per structure.
        """
        first = scores.iloc[0]
        rois = self._rois[first["unseen"]]
        row = rois.names.index(first["image"])
        style.show(axes, rois.image(row))
        for truth in labels_to_masks(rois.label(row)):
            _contour(axes, truth, style.TRUTH)
        for mask, colour in zip(self._masks(first), (style.CUP, style.DISC), strict=True):
            _contour(axes, mask, colour)
        dice = scores.set_index("structure")["dsc"]
        note = f"cup {dice['cup']:.1f}, disc {dice['disc']:.1f}"
        axes.text(0.03, 0.03, note, transform=axes.transAxes, color="white", fontsize=6.5,
                  path_effects=[withStroke(linewidth=1.5, foreground="black")])  # fmt: skip

    def _masks(self, row: pd.Series) -> np.ndarray:
        """Return the predicted cup and disc of one row of the scores."""
        folder = self._folders[row["method"], row["unseen"], row["seed"]]
        with open_predictions(folder / "predictions.h5") as predictions:
            return predictions.mask(predictions.names.index(row["image"]))


def contours(
    rois: Sequence[Path],
    runs: Sequence[Run],
    scores: pd.DataFrame,
    methods: Mapping[str, str],
    domains: Mapping[str, str],
) -> Figure:
    """Draw Figure 5: one row per method, one column per unseen domain, the same image in a column.

    Parameters
    ----------
    rois, runs
        Of all domains and methods.
    scores : DataFrame
        Of the same runs.
    methods, domains : mapping
        Titles by id, in the order of rows and columns.

    Notes
    -----
    ASSUME: a column shows the image whose Dice, averaged over methods and structures, is the median of its domain,
    and the lowest seed. The paper does not say how it chose.
    """
    figure, axes = style.sheet(
        [(1.0, 0.0)] * len(methods), len(domains), label_in=style.LABEL_IN, head_in=0.3, foot_in=_FOOT_IN
    )
    with Pictures(rois, runs) as pictures:
        for column, (domain, title) in enumerate(domains.items()):
            of_domain = scores[(scores["unseen"] == domain) & (scores["seed"] == scores["seed"].min())]
            if of_domain.empty:
                continue
            image = _median_image(of_domain)
            axes[0][column].set_title(f"{title}\n{image}", pad=2)
            for row, method in enumerate(methods):
                shown = of_domain[(of_domain["method"] == method) & (of_domain["image"] == image)]
                if not shown.empty:
                    pictures.draw(axes[row][column], shown)
    for panels, title in zip(axes, methods.values(), strict=True):
        style.label(panels[0], title)
    _legend(figure)
    return figure


def gallery(
    rois: Sequence[Path],
    runs: Sequence[Run],
    scores: pd.DataFrame,
    methods: Mapping[str, str],
    domains: Mapping[str, str],
) -> Figure:
    """Draw the `WORST` images of each method, by Dice averaged over the structures, each image by its worst seed.

    Parameters
    ----------
    rois, runs, scores, methods, domains
        As for `contours`.
    """
    figure, axes = style.sheet([(1.0, 0.3)] * len(methods), WORST, label_in=style.LABEL_IN, foot_in=_FOOT_IN)
    with Pictures(rois, runs) as pictures:
        for panels, (method, title) in zip(axes, methods.items(), strict=True):
            style.label(panels[0], title)
            images = scores[scores["method"] == method].groupby(KEYS)
            worst = images["dsc"].mean().sort_values(kind="stable").reset_index().drop_duplicates(["unseen", "image"])
            for panel, (unseen, seed, image) in zip(panels, worst[:WORST][KEYS].to_numpy(), strict=False):
                pictures.draw(panel, images.get_group((unseen, seed, image)))
                panel.set_title(f"{domains[unseen]}\n{image}, seed {seed}", pad=2, fontsize=6.5)
    _legend(figure)
    return figure


def _median_image(scores: pd.DataFrame) -> str:
    """Return the image whose mean Dice is the lower median."""
    means = scores.groupby("image")["dsc"].mean().sort_values(kind="stable")
    return str(means.index[(len(means) - 1) // 2])


def _contour(axes: Axes, mask: np.ndarray, colour: str) -> None:
    """Draw the boundary of a mask, if it has one."""
    if mask.any() and not mask.all():
        axes.contour(mask, levels=[0.5], colors=[colour], linewidths=0.9)


def _legend(figure: Figure) -> None:
    """Say below the sheet what the colours are."""
    names = {"truth": style.TRUTH, "predicted cup": style.CUP, "predicted disc": style.DISC}
    lines = [Line2D([], [], color=colour) for colour in names.values()]
    note = figure.legend(lines, [*names], loc="lower center", ncols=3, borderaxespad=0.1)
    note.set_in_layout(False)
