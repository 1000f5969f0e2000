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

from fdgst.errors import ConfigError
from fdgst.reporting.figures import style
from fdgst.storage.predictions import open_predictions
from fdgst.storage.rois import open_rois
from fdgst.study.task import Task

WORST = 5
KEYS = ["unseen", "seed", "image"]
IN_A_LINE, NOTED = 2, 4  # structures' Dice in a line of a panel; of more than so many the mean is noted
_FOOT_IN = 0.22
Model = tuple[str, str, int]


def models(predictions: Sequence[Path]) -> dict[Model, Path]:
    """Return files of predictions on unseen domains by method, unseen domain and seed: each file says what it is.

    Raises
    ------
    ConfigError
        One line per file that is of another domain than the unseen one, or of the same model as another file.
    FormatError
        If a file cannot be read.
    """
    found: dict[Model, Path] = {}
    faults = []
    for path in predictions:
        with open_predictions(path) as file:
            model = (file.method, file.unseen, file.seed)
            if file.domain != file.unseen:
                faults.append(f"{path}: expected predictions on the unseen {file.unseen!r}, found {file.domain!r}")
            elif model in found:
                faults.append(f"{path}: of the same method, unseen domain and seed as {found[model]}; give one of them")
            else:
                found[model] = path
    if faults:
        raise ConfigError(*faults)
    return found


class Pictures:
    """Opens ROI files and predictions, gives their pixels, and draws one image with its contours.

    Parameters
    ----------
    rois : sequence of Path
        ROI files.
    predictions : mapping
        From `models`.
    task : Task
        Whose structures are outlined.
    """

    def __init__(self, rois: Sequence[Path], predictions: Mapping[Model, Path], task: Task) -> None:
        self._stack = ExitStack()
        files = [self._stack.enter_context(open_rois(path)) for path in rois]
        self._rois = {file.domain: file for file in files}
        self._predictions, self._task = predictions, task

    def __enter__(self) -> "Pictures":
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the files."""
        self._stack.close()

    @property
    def aspect(self) -> float:
        """Height / width of a panel."""
        return style.aspect(self._rois.values())

    def draw(self, axes: Axes, scores: pd.DataFrame) -> None:
        """Draw one image: truth red, each predicted structure in its colour, and the Dice of each.

        Parameters
        ----------
        axes : Axes
            A panel of a sheet.
        scores : DataFrame
            The rows of `scores.csv` of one method, unseen domain, seed and image: one per structure.
        """
        method, unseen, seed, image = scores[["method", "unseen", "seed", "image"]].iloc[0]
        style.show_stretched(axes, self.picture(unseen, image))
        for truth in self.truth(unseen, image):
            _contour(axes, truth, style.TRUTH)
        for number, mask in enumerate(self.predicted(method, unseen, seed, image)):
            _contour(axes, mask, style.predicted(number))
        axes.text(0.03, 0.03, self.note(scores), transform=axes.transAxes, color="white", fontsize=6.5,
                  path_effects=[withStroke(linewidth=1.5, foreground="black")])  # fmt: skip

    def note(self, scores: pd.DataFrame) -> str:
        """Write the Dice of each structure, some in a line; of many, which would cover the picture, the mean."""
        dice = scores.set_index("structure")["dsc"]
        if len(dice) > NOTED:
            return f"mean {dice.mean():.1f}"
        parts = [f"{name} {dice[name]:.1f}" for name in self._task.ids]
        return "\n".join(", ".join(parts[first : first + IN_A_LINE]) for first in range(0, len(parts), IN_A_LINE))

    def picture(self, unseen: str, image: str) -> np.ndarray:
        """Return an image as it is shown, uint8 (H, W, 3)."""
        rois = self._rois[unseen]
        return style.picture(rois.image(rois.names.index(image)), rois.white)

    def truth(self, unseen: str, image: str) -> np.ndarray:
        """Return its true masks, bool (K, H, W)."""
        rois = self._rois[unseen]
        return rois.masks(rois.names.index(image))

    def predicted(self, method: str, unseen: str, seed: int, image: str) -> np.ndarray:
        """Return the masks that a model predicts, bool (K, H, W)."""
        with open_predictions(self._predictions[method, unseen, seed]) as predictions:
            return predictions.masks_of(predictions.names.index(image))


def contours(
    rois: Sequence[Path],
    predictions: Mapping[Model, Path],
    scores: pd.DataFrame,
    methods: Mapping[str, str],
    domains: Mapping[str, str],
    *,
    task: Task,
) -> Figure:
    """Draw Figure 5: one row per method, one column per unseen domain, the same image in a column.

    Parameters
    ----------
    rois, predictions
        ROI files, and what `models` returns, of all domains and methods.
    scores : DataFrame
        Of the same models.
    methods, domains : mapping
        Titles by id, in the order of rows and columns.
    task : Task
        Whose structures are outlined.

    Notes
    -----
    ASSUME: a column shows the image whose Dice, averaged over methods and structures, is the median of its domain,
    and the lowest seed. The paper does not say how it chose.
    """
    with Pictures(rois, predictions, task) as pictures:
        rows = [(pictures.aspect, 0.0)] * len(methods)
        figure, axes = style.sheet(rows, len(domains), label_in=style.LABEL_IN, head_in=0.3, foot_in=_foot_in(task))
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
    _legend(figure, task)
    return figure


def gallery(
    rois: Sequence[Path],
    predictions: Mapping[Model, Path],
    scores: pd.DataFrame,
    methods: Mapping[str, str],
    domains: Mapping[str, str],
    *,
    task: Task,
) -> Figure:
    """Draw the `WORST` images of each method, by Dice averaged over the structures, each image by its worst seed.

    Parameters
    ----------
    rois, predictions, scores, methods, domains, task
        As for `contours`.
    """
    with Pictures(rois, predictions, task) as pictures:
        rows = [(pictures.aspect, 0.3)] * len(methods)
        figure, axes = style.sheet(rows, WORST, label_in=style.LABEL_IN, foot_in=_foot_in(task))
        for panels, (method, title) in zip(axes, methods.items(), strict=True):
            style.label(panels[0], title)
            images = scores[scores["method"] == method].groupby(KEYS)
            worst = images["dsc"].mean().sort_values(kind="stable").reset_index().drop_duplicates(["unseen", "image"])
            for panel, (unseen, seed, image) in zip(panels, worst[:WORST][KEYS].to_numpy(), strict=False):
                pictures.draw(panel, images.get_group((unseen, seed, image)))
                panel.set_title(f"{domains[unseen]}\n{image}, seed {seed}", pad=2, fontsize=6.5)
    _legend(figure, task)
    return figure


def _median_image(scores: pd.DataFrame) -> str:
    """Return the image whose mean Dice is the lower median."""
    means = scores.groupby("image")["dsc"].mean().sort_values(kind="stable")
    return str(means.index[(len(means) - 1) // 2])


def _contour(axes: Axes, mask: np.ndarray, colour: str) -> None:
    """Draw the boundary of a mask, if it has one."""
    if mask.any() and not mask.all():
        axes.contour(mask, levels=[0.5], colors=[colour], linewidths=0.9)


def _names(task: Task) -> dict[str, str]:
    """Return what the colours of contours mean, in the order of a legend."""
    predicted = {f"predicted {item.title}": style.predicted(number) for number, item in enumerate(task.structures)}
    return {"truth": style.TRUTH} | predicted


def _columns(task: Task) -> int:
    """Return how many entries of the legend stand side by side."""
    return style.columns_of_legend([*_names(task)])


def _foot_in(task: Task) -> float:
    """Return the room that the legend needs below a sheet, inches."""
    return _FOOT_IN + 0.15 * (-(-len(_names(task)) // _columns(task)) - 1)


def _legend(figure: Figure, task: Task) -> None:
    """Say below the sheet what the colours are."""
    names = _names(task)
    pale = [withStroke(linewidth=2.2, foreground="#BBBBBB")]  # white and yellow on white paper
    lines = [Line2D([], [], color=colour, path_effects=pale) for colour in names.values()]
    note = figure.legend(lines, [*names], loc="lower center", ncols=_columns(task), borderaxespad=0.1)
    note.set_in_layout(False)
