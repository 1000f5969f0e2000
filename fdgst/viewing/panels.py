"""Titled panels as PNG: how files and mixtures are shown to people."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from fdgst.storage.atomic import atomic

GAP_IN, TITLE_IN, DPI = 0.06, 0.2, 150
LETTERS_PER_INCH = 16  # of the titles' type


@dataclass(frozen=True)
class Panel:
    """A picture and what stands above it.

    Attributes
    ----------
    title : str
    image : ndarray
        uint8 (height, width, 3), or a plane of floats in [0, 1] (height, width), shown in shades of one hue.
    """

    title: str
    image: np.ndarray


def draw(rows: Sequence[Sequence[Panel]], out: Path, *, width_in: float) -> None:
    """Write rows of panels, each row as wide as the sheet; equal panels give equal bytes.

    Parameters
    ----------
    rows : sequence of sequences of Panel
        The panels of a row share one shape.
    out : Path
        PNG.
    width_in : float
        Width of the sheet at 150 dots per inch.
    """
    heights = [_panel_width(row, width_in) * row[0].image.shape[0] / row[0].image.shape[1] for row in rows]
    height_in = sum(heights) + len(rows) * (TITLE_IN + GAP_IN)
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({"font.size": 7.5, "font.family": "DejaVu Sans"})
        figure, top = Figure((width_in, height_in), facecolor="white"), height_in
        for row, tall in zip(rows, heights, strict=True):
            top -= TITLE_IN + tall
            _draw_row(figure, row, bottom=top / height_in, size=(width_in, height_in), tall=tall)
            top -= GAP_IN
        with atomic(out) as part:
            figure.savefig(part, format="png", dpi=DPI, metadata={"Software": None}, pil_kwargs={"optimize": True})


def _panel_width(row: Sequence[Panel], width_in: float) -> float:
    """Share a row's width equally."""
    return (width_in - GAP_IN * (len(row) + 1)) / len(row)


def _draw_row(figure: Figure, row: Sequence[Panel], *, bottom: float, size: tuple[float, float], tall: float) -> None:
    """Put the panels of one row side by side."""
    wide = _panel_width(row, size[0])
    for column, panel in enumerate(row):
        left = GAP_IN + column * (wide + GAP_IN)
        axes = figure.add_axes((left / size[0], bottom, wide / size[0], tall / size[1]))
        # few points stay points; many are averaged, not dropped
        smooth = "nearest" if panel.image.shape[1] < wide * DPI else "antialiased"
        axes.imshow(panel.image, cmap="magma", vmin=0, vmax=1, interpolation=smooth, aspect="auto")
        axes.set_title(_fitting(panel.title, wide), pad=3)
        axes.set_axis_off()


def _fitting(title: str, width_in: float) -> str:
    """Cut the middle out of a title that is wider than its panel."""
    most = max(int(width_in * LETTERS_PER_INCH), 5)
    return title if len(title) <= most else f"{title[: most - most // 2 - 1]}…{title[len(title) - most // 2 :]}"


def outlined(image: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Draw the outlines of disc (green) and cup (blue) into a copy of an image.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, 3)
    label : ndarray of uint8, shape (height, width)
        0 background, 1 rim, 2 cup.
    """
    drawn = image.copy()
    thick = max(1, len(image) // 200)
    for least, colour in ((1, (0, 255, 0)), (2, (60, 120, 255))):
        mask = label >= least
        inner = mask.copy()
        for shift in (thick, -thick):
            for axis in (0, 1):
                inner &= np.roll(mask, shift, axis)
        drawn[mask & ~inner] = colour
    return drawn
