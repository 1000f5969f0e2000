"""How figures look, so that all look alike: sizes, colours, sheets of pictures, and files that are equal to the byte.

A figure is drawn inside `styled` and written by `save`. Charts take the colour, marker, hatching and line style of the
row or domain at a place of its list (`colour`, `marker`, `hatch`, `dashes`), so that nothing is told apart by colour
alone; the colours are those of Okabe and Ito, which the colour-blind tell apart. Pictures stand in a `sheet` and are
shown by `show`; masks are outlined in `TRUTH` and `predicted`, whose first colours are the paper's (Fig. 5). Lengths
are inches at the size a figure is shown.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import YAxis
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import LogLocator, NullFormatter
from PIL import Image

from fdgst.reporting.contrast import stretched
from fdgst.storage.atomic import atomic
from fdgst.storage.rois import Rois
from fdgst.viewing.fonts import OWN, save_with_letters

WIDTH_IN = 7.2  # a page's text width; the report shows figures at this size or a little larger
COLUMN_IN = 3.5  # the width of one of two columns
DPI = 160
GAP_IN, TITLE_IN, LABEL_IN = 0.04, 0.18, 0.2  # of a sheet: between panels, above a titled row, left of a named one
PANEL_PX = 256  # no more pixels than a panel shows: keeps the PDF small, which stores pictures without loss
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000")
MARKERS = "osD^vPX*"
DASHES: tuple[Literal["-", "--", "-.", ":"], ...] = ("-", "--", "-.", ":")
HATCHES = ("", "/////", "...", "xxxx")  # as many as no number of colours: no two signs are alike before the 28th
TRUTH = "#FF0000"
# truth and the first two predicted structures as in the paper, Fig. 5
PREDICTED = (
    "#0000FF",
    "#00FF00",
    "#00FFFF",
    "#FFFF00",
    "#FF00FF",
    "#FFFFFF",
    "#008080",
    "#000000",
)  # first two: Fig. 5

_RC: dict[Any, Any] = {
    "font.family": OWN,  # comes with matplotlib: the same letters on every machine
    "font.size": 7.5,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7.5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.2,
    "hatch.linewidth": 0.4,
    "pdf.fonttype": 42,
    "pdf.compression": 9,
    "path.simplify": True,
    "svg.hashsalt": "fdgst",  # else names inside are drawn by chance
    "text.parse_math": False,  # titles are the user's text, where a dollar is a dollar
}


@contextmanager
def styled() -> Iterator[None]:
    """Draw and save inside this context, so that a user's matplotlibrc changes nothing."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_RC)
        yield


def save(figure: Figure, out: Path) -> list[str]:
    """Write a figure as `out` (PNG) and beside it as PDF and SVG; equal figures and fonts give equal bytes.

    Parameters
    ----------
    figure : Figure
        Drawn under `styled`.
    out : Path
        Ends in ``.png``; PDF and SVG have the same stem.

    Returns
    -------
    list of str
        What could not be drawn, one line: signs that no font here has.
    """
    return save_with_letters(figure, lambda: _write(figure, out))


def _write(figure: Figure, out: Path) -> None:
    """Write a figure in its three forms."""
    with atomic(out.with_suffix(".pdf")) as part:
        figure.savefig(part, format="pdf", metadata={"CreationDate": None, "Creator": None, "Producer": None})
    with atomic(out.with_suffix(".svg")) as part:
        figure.savefig(part, format="svg", metadata={"Date": None, "Creator": None})
    with atomic(out) as part:
        figure.savefig(part, format="png", dpi=DPI, metadata={"Software": None}, pil_kwargs={"optimize": True})


def colour(index: int) -> str:
    """Return the colour of the row, domain or whatever stands at `index` of its list."""
    return COLOURS[index % len(COLOURS)]


def marker(index: int) -> str:
    """Return the marker that goes with `colour(index)`: nothing is told apart by colour alone."""
    return MARKERS[index % len(MARKERS)]


def hatch(index: int) -> str:
    """Return the hatching that goes with `colour(index)`."""
    return HATCHES[index % len(HATCHES)]


def dashes(index: int) -> Literal["-", "--", "-.", ":"]:
    """Return the line style that goes with `colour(index)`."""
    return DASHES[index % len(DASHES)]


def predicted(index: int) -> str:
    """Return the colour of the predicted contour of the structure at `index`: as many as a task may have."""
    return PREDICTED[index]


def aspect(files: Iterable[Rois]) -> float:
    """Return height / width of the panels that ROIs of these files are shown in: those of the tallest."""
    return max(file.roi_size_px[0] / file.roi_size_px[1] for file in files)


def picture(image: np.ndarray, white: int) -> np.ndarray:
    """Return an image as it is shown: uint8 (height, width, 3), white at 255, grey as equal colours.

    Parameters
    ----------
    image : ndarray of uint8 or uint16, shape (height, width, C)
        C is 1 or 3.
    white : int
        Grey level that is shown white.
    """
    shown = image if white == 255 else np.round(image * (255 / white)).astype(np.uint8)
    return shown if shown.shape[-1] == 3 else np.repeat(shown, 3, axis=-1)


def sheet(
    rows: Sequence[tuple[float, float]], columns: int, *, label_in: float, head_in: float = 0.0, foot_in: float = 0.0
) -> tuple[Figure, list[list[Axes]]]:
    """Make a sheet of pictures: rows of equal panels that fill the width.

    Parameters
    ----------
    rows : sequence of (float, float)
        Height / width of a row's panels, and the room above them for a title, inches.
    columns : int
        Panels in a row.
    label_in : float
        Room left of the rows for their names, inches.
    head_in, foot_in : float
        Room above and below the whole, inches.

    Returns
    -------
    figure : Figure
    axes : list of list of Axes
        ``axes[row][column]``, without ticks and frames.
    """
    panel_in = (WIDTH_IN - label_in - GAP_IN * columns) / columns
    total = head_in + foot_in + sum(panel_in * aspect + title_in + GAP_IN for aspect, title_in in rows)
    figure = Figure(figsize=(WIDTH_IN, total))
    axes, top = [], total - head_in
    for aspect, title_in in rows:
        bottom = top - title_in - panel_in * aspect
        lefts = [label_in + column * (panel_in + GAP_IN) for column in range(columns)]
        boxes = [(left / WIDTH_IN, bottom / total, panel_in / WIDTH_IN, panel_in * aspect / total) for left in lefts]
        axes.append([figure.add_axes(box) for box in boxes])
        top = bottom - GAP_IN
    for panel in (panel for row in axes for panel in row):
        panel.set_axis_off()
    return figure, axes


def show(axes: Axes, image: np.ndarray, title: str = "") -> None:
    """Show an RGB picture in grey levels, reduced to what a panel can show; coordinates stay those of `image`."""
    height, width = image.shape[:2]
    axes.imshow(
        fit(image, PANEL_PX), extent=(-0.5, width - 0.5, height - 0.5, -0.5), interpolation="none", aspect="auto"
    )
    if title:
        axes.set_title(title, pad=2)


def show_stretched(axes: Axes, image: np.ndarray, title: str = "") -> None:
    """Show a picture, a nearly black one brighter (`fdgst.reporting.contrast`), and note in it by how much."""
    shown, times = stretched(image)
    show(axes, shown, title)
    if times > 1:
        axes.text(
            0.97, 0.97, f"× {times}", transform=axes.transAxes, color="white", fontsize=6.5, ha="right", va="top",
            path_effects=[withStroke(linewidth=1.5, foreground="black")],
        )  # fmt: skip


def label(axes: Axes, text: str) -> None:
    """Name a row of a sheet, upright left of its first panel."""
    axes.text(-0.03, 0.5, text, transform=axes.transAxes, rotation=90, ha="right", va="center")


def logarithmic(axis: YAxis) -> None:
    """Make an axis logarithmic, with plain numbers at 1, 2 and 5 of each decade."""
    axis.axes.set_yscale("log", nonpositive="clip")
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())


def legend(figure: Figure, handles: Sequence[Artist], names: Sequence[str]) -> None:
    """Say below a figure what its signs mean, in as many columns as its width holds."""
    figure.legend(handles, names, loc="outside lower center", ncols=columns_of_legend(names))


def columns_of_legend(names: Sequence[str]) -> int:
    """Return how many names stand side by side in the width of a figure."""
    column_in = 0.5 + 0.065 * max(len(name) for name in names)
    return max(min(len(names), int(WIDTH_IN / column_in)), 1)


def fit(image: np.ndarray, longest_px: int) -> np.ndarray:
    """Reduce a picture so that its longer side has at most so many pixels (LANCZOS); smaller ones stay as they are.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, 3)
    longest_px : int

    Returns
    -------
    ndarray of uint8, shape (height', width', 3)
    """
    scale = longest_px / max(image.shape[:2])
    if scale >= 1:
        return image
    size = tuple(max(round(side * scale), 1) for side in image.shape[1::-1])
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))
