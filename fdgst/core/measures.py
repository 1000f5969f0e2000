"""Measures: numbers that are read off the masks of one image, such as how high one structure is against another."""

import math

import numpy as np

from fdgst.core.masks import bounding_box

KINDS = ("height_ratio", "width_ratio", "area_ratio", "area", "rim_width")
SIDES = ("top", "right", "bottom", "left")


def measure(kind: str, inner: np.ndarray, outer: np.ndarray | None, /) -> float | tuple[float, float, float, float]:
    """Measure one structure, or one against another.

    Parameters
    ----------
    kind : {'height_ratio', 'width_ratio', 'area_ratio', 'area', 'rim_width'}
        A ratio divides the height (the rows from a mask's first to its last), the width or the area of `inner` by
        that of `outer`. ``area`` counts the pixels of `inner`. ``rim_width`` is how far `outer` reaches beyond
        `inner` on each of four sides.
    inner : ndarray of bool, shape (height, width)
        The structure that is measured.
    outer : ndarray of bool, shape (height, width), or None
        The structure that it is measured against; None for an area.

    Returns
    -------
    float, or tuple of four
        A ratio is NaN where `outer` is empty, else 0 where `inner` is; it is above 1 where `inner` is larger.
        Pixels for an area. ``rim_width``: pixels at the top, right, bottom and left, negative where `inner` reaches
        further; NaN where either is empty.

    Raises
    ------
    ValueError
        If the kind is unknown, or there is nothing to measure against.
    """
    if kind not in KINDS:
        raise ValueError(f"measure must be one of {KINDS}, got {kind!r}")
    if kind == "area":
        return float(inner.sum())
    if outer is None:
        raise ValueError(f"measure {kind!r} needs a second structure, got None")
    if kind == "area_ratio":
        return _ratio(int(inner.sum()), int(outer.sum()))
    (rows, columns), (outer_rows, outer_columns) = bounding_box(inner), bounding_box(outer)
    if kind == "height_ratio":
        return _ratio(_length(rows), _length(outer_rows))
    if kind == "width_ratio":
        return _ratio(_length(columns), _length(outer_columns))
    if not _length(rows) or not _length(outer_rows):
        return (math.nan,) * 4
    return (
        float(rows.start - outer_rows.start),
        float(outer_columns.stop - columns.stop),
        float(outer_rows.stop - rows.stop),
        float(columns.start - outer_columns.start),
    )


def names(identifier: str, kind: str) -> tuple[str, ...]:
    """Return what the numbers of a measure are called: its id, with the four sides where it has four."""
    return tuple(f"{identifier}_{side}" for side in SIDES) if kind == "rim_width" else (identifier,)


def _ratio(part: int, whole: int) -> float:
    """Divide; NaN by nothing."""
    return part / whole if whole else math.nan


def _length(window: slice) -> int:
    """Return how many rows or columns a window has."""
    return window.stop - window.start
