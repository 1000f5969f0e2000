"""Titled panels as PNG: how files and mixtures are shown to people, and the outlines of structures on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnchoredOffsetbox, HPacker, TextArea

from fdgst.storage.atomic import atomic
from fdgst.viewing.fonts import OWN, save_with_letters

GAP_IN, TITLE_IN, DPI = 0.06, 0.2, 150
LETTERS_PER_INCH = 16  # of the titles' type
# of structures, in order: told apart on photographs of tissue and in grey, by most colour-blind eyes too
COLOURS = ("#00e000", "#3c78ff", "#ffb000", "#e040fb", "#00d8e0", "#ff5050", "#f0f000", "#ffffff")

Words = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Panel:
    """A picture and what stands above it.

    Attributes
    ----------
    title : str or pairs of (text, colour)
        As it is: no sign in it is read as mathematics.
    image : ndarray or None
        uint8 (height, width, 3), or a plane of floats in [0, 1] (height, width), shown in shades of one hue. None: the
        place stays empty, and a row without any picture is as high as its titles.
    """

    title: str | Words
    image: np.ndarray | None


def draw(rows: Sequence[Sequence[Panel]], out: Path, *, width_in: float) -> list[str]:
    """Write rows of panels, each row as wide as the sheet; equal panels give equal bytes.

    Returns what could not be drawn, one line: letters that no font here has.

    Parameters
    ----------
    rows : sequence of sequences of Panel
        The pictures of a row share one shape.
    out : Path
        PNG.
    width_in : float
        Width of the sheet at 150 dots per inch.
    """
    heights = [TITLE_IN + _tall(row, width_in) for row in rows]
    height_in = sum(heights) + GAP_IN * len(rows)
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({"font.size": 7.5, "font.family": OWN})
        figure = Figure((width_in, height_in), facecolor="white")
        strips = figure.subfigures(len(rows), 1, height_ratios=[high + GAP_IN for high in heights], squeeze=False)
        for strip, row, high in zip(strips[:, 0], rows, heights, strict=True):
            _draw_row(strip, row, width_in=width_in, high=high)
        return save_with_letters(figure, lambda: _write(figure, out))


def _write(figure: Figure, out: Path) -> None:
    """Write a figure as PNG."""
    with atomic(out) as part:
        figure.savefig(part, format="png", dpi=DPI, metadata={"Software": None}, pil_kwargs={"optimize": True})


def _tall(row: Sequence[Panel], width_in: float) -> float:
    """Return the height of a row's pictures, inches."""
    shapes = [panel.image.shape for panel in row if panel.image is not None]
    return _wide(row, width_in) * shapes[0][0] / shapes[0][1] if shapes else 0.01


def _wide(row: Sequence[Panel], width_in: float) -> float:
    """Share a row's width equally."""
    return (width_in - GAP_IN * (len(row) + 1)) / len(row)


def _draw_row(strip: matplotlib.figure.SubFigure, row: Sequence[Panel], *, width_in: float, high: float) -> None:
    """Put the panels of one row side by side, their titles above."""
    wide, total = _wide(row, width_in), high + GAP_IN
    side = GAP_IN / width_in
    axes = strip.subplots(
        1,
        len(row),
        squeeze=False,
        gridspec_kw={
            "left": side, "right": 1 - side, "bottom": GAP_IN / total, "top": 1 - TITLE_IN / total,
            "wspace": GAP_IN / wide,
        },
    )[0]  # fmt: skip
    for place, panel in zip(axes, row, strict=True):
        place.set_axis_off()
        if panel.image is not None:
            # few points stay points; many are averaged, not dropped
            smooth = "nearest" if panel.image.shape[1] < wide * DPI else "antialiased"
            place.imshow(panel.image, cmap="magma", vmin=0, vmax=1, interpolation=smooth, aspect="auto")
        if isinstance(panel.title, str):
            place.set_title(_fitting(panel.title, wide), pad=3, parse_math=False)
        else:
            _colour_key(place, panel.title)


def _colour_key(place: matplotlib.axes.Axes, words: Words) -> None:
    """Write words of several colours side by side, on grey: some of the colours are light."""
    areas: list[matplotlib.artist.Artist] = [
        TextArea(text, textprops={"color": colour, "parse_math": False}) for text, colour in words
    ]
    key = AnchoredOffsetbox(
        loc="lower center",
        child=HPacker(children=areas, sep=10, pad=1),
        bbox_to_anchor=(0.5, 1.0),
        bbox_transform=place.transAxes,
        borderpad=0,
    )
    key.patch.set(facecolor="#303030", edgecolor="none")
    place.add_artist(key)


def _fitting(title: str, width_in: float) -> str:
    """Cut the middle out of a title that is wider than its panel."""
    most = max(int(width_in * LETTERS_PER_INCH), 5)
    return title if len(title) <= most else f"{title[: most - most // 2 - 1]}…{title[len(title) - most // 2 :]}"


def legend(structures: Sequence[str]) -> Words:
    """Return the structures' ids, each in the colour of its outline."""
    return tuple((structure, COLOURS[place]) for place, structure in enumerate(structures))


def levels(image: np.ndarray) -> np.ndarray:
    """Bring an image of one or three channels, 8 or 16 bits, to RGB of 8 bits; 16 bits are shown by their upper 8."""
    shown = (image >> 8).astype(np.uint8) if image.dtype == np.uint16 else image
    return np.repeat(shown, 3, axis=2) if shown.shape[2] == 1 else shown


def outlined(image: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Draw the outlines of structures into a copy of an image, each in its own of `COLOURS`.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, 3)
    masks : ndarray of bool, shape (K, height, width)
        At most 8; where outlines meet, the first structure's is seen.
    """
    drawn = image.copy()
    thick = max(1, min(image.shape[:2]) // 200)
    for mask, colour in list(zip(masks, COLOURS, strict=False))[::-1]:
        inner = mask.copy()
        for shift in (thick, -thick):
            for axis in (0, 1):
                inner &= np.roll(mask, shift, axis)
        drawn[mask & ~inner] = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return drawn
