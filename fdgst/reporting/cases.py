"""Best, median and worst image of each cell of the table, with outlines, as the report shows them on a click.

One file of JSON holds each picture once, however many cells show it. Outlines are paths of SVG: of a picture's longer
side there are `UNITS`, so that they stay sharp at any size and take a few hundred bytes.
"""

import base64
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from fdgst.evaluation.catalogue import AVERAGE, CELL, METRICS, PROTOCOLS, per_image, read_compared
from fdgst.progress import progress
from fdgst.reporting.contrast import stretched
from fdgst.storage.atomic import write_text
from fdgst.study.slices import TableSettings

PLACES = ("best", "median", "worst")
PICTURE_PX, QUALITY = 192, 80  # of a picture's longer side; of JPEG: some 5 kB each
UNITS = 400


class Pixels(Protocol):
    """Where images and masks come from: ROI files and predictions, or anyone's folders."""

    def picture(self, unseen: str, image: str) -> np.ndarray | None:
        """Return an image, uint8 (height, width, 3), or None where there is none to show."""

    def truth(self, unseen: str, image: str) -> np.ndarray:
        """Return its true masks, bool (K, height, width), in the order of the task."""

    def predicted(self, method: str, unseen: str, seed: int, image: str) -> np.ndarray:
        """Return the masks that a method predicts, bool (K, height, width)."""


def make_cases(out: Path, *, settings: TableSettings, scores: Sequence[Path], pixels: Pixels) -> None:
    """Write the file of cases; equal inputs give equal bytes.

    Parameters
    ----------
    out : Path
        JSON with three lists. `cells`: method, structure, metric, unseen, and `shown`, the places in `predictions` with
        the image's value (see `choose`). `predictions`: method, seed, `picture` (a place in `pictures`) and `outlines`,
        one per structure. `pictures`: unseen, image, `size` (width and height in units), `times`
        (how many times brighter it is shown, see `fdgst.reporting.contrast`), `source` (a data URI, or
        empty) and `outlines` of the truth.
    settings : TableSettings
        What the table shows.
    scores : sequence of Path
        Files of scores.
    pixels : Pixels
        Images and masks.

    Raises
    ------
    FormatError, DataError, ConfigError
        If the scores cannot be read or compared, or a file of pixels cannot be read.

    Notes
    -----
    ASSUME: with several seeds an image's value is their mean, as in the table, and the masks are those of the lowest.
    """
    table = read_compared(scores, settings.methods, settings.domains, task=settings.task)
    seed = int(table["seed"].min())
    predictions: dict[tuple[str, str, str], int] = {}
    cells = []
    for cell, chosen in choose(per_image(table, task=settings.task, protocol=settings.protocol), settings.protocol):
        found = [(cell[0], unseen, image) for unseen, image in chosen.index]
        places = [predictions.setdefault(key, len(predictions)) for key in found]
        named = dict(zip(("method", "structure", "metric", "unseen"), cell, strict=True))
        cells.append(named | {"shown": [*zip(places, chosen.round(6).tolist(), strict=True)]})
    images = [*dict.fromkeys((unseen, image) for _, unseen, image in predictions)]
    places_of_images = {key: place for place, key in enumerate(images)}
    shown = progress(predictions, total=len(predictions), description="cases", unit="image")
    record = {
        "cells": cells,
        "predictions": [
            {
                "method": method, "seed": seed, "picture": places_of_images[unseen, image],
                "outlines": [outline(mask) for mask in pixels.predicted(method, unseen, seed, image)],
            }
            for method, unseen, image in shown
        ],
        "pictures": [_picture(pixels, *key) for key in images],
    }  # fmt: skip
    write_text(out, json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")


def choose(long: pd.DataFrame, protocol: str) -> list[tuple[tuple[str, ...], pd.Series]]:
    """Choose the images of every cell: the best, the lower median and the worst; of two that are equal the first.

    Parameters
    ----------
    long : DataFrame
        From `fdgst.evaluation.catalogue.per_image`.
    protocol : {'paper', 'released'}
        Whose metrics the table shows.

    Returns
    -------
    list of (cell, Series)
        Cell: method, structure, metric, unseen domain (`AVERAGE`: of all images). The series holds the values of the
        images, means over the seeds, by unseen domain and image, in the order of `PLACES`. An image without a value
        is not among them, and a cell without any is left out.
    """
    found: list[tuple[tuple[str, ...], pd.Series]] = []
    for cell, values in means_of_images(long, protocol).items():
        for unseen in (*values.index.unique("unseen"), AVERAGE):
            here = values.dropna() if unseen == AVERAGE else values.xs(unseen, drop_level=False).dropna()
            ordered = here.sort_values(ascending=bool(METRICS[cell[2]].better < 0), kind="stable")
            if len(ordered):
                places = [0, len(ordered) // 2, len(ordered) - 1]
                found.append(((*cell, str(unseen)), ordered.iloc[places]))
    return found


def means_of_images(long: pd.DataFrame, protocol: str) -> dict[tuple[str, ...], pd.Series]:
    """Average each image over the seeds: by method, structure and metric of the table, a series by domain and image.

    Parameters
    ----------
    long, protocol
        As of `choose`.
    """
    shown = long[long["metric"].isin(PROTOCOLS[protocol].values())]
    return {
        (str(method), str(structure), str(metric)): rows.groupby(["unseen", "image"], sort=False)["value"].mean()
        for (method, structure, metric), rows in shown.groupby(CELL, sort=False)  # type: ignore[misc]
    }


def outline(mask: np.ndarray) -> str:
    """Return the boundary of a mask as a path of SVG, in units of which the longer side has `UNITS`.

    Parameters
    ----------
    mask : ndarray of bool, shape (height, width)

    Returns
    -------
    str
        Closed lines between the centres of the pixels inside and outside, rounded to whole units; empty for an empty
        mask.
    """
    from contourpy import contour_generator

    if not mask.any():
        return ""
    scale = UNITS / max(mask.shape)
    lines = contour_generator(z=np.pad(mask, 1).astype(float)).lines(0.5)  # padded: closed at the border, too
    return "".join(_path(np.rint((np.asarray(line) - 0.5) * scale).astype(int)) for line in lines)


def _path(points: np.ndarray) -> str:
    """Write a closed line, (n, 2), without points that lie on the line between their neighbours."""
    steps = np.diff(points, axis=0)
    steps = steps[np.any(steps, axis=1)]
    cross = steps[:-1, 0] * steps[1:, 1] - steps[:-1, 1] * steps[1:, 0]
    turns = np.flatnonzero((cross != 0) | ((steps[:-1] * steps[1:]).sum(1) < 0)) + 1
    joined = np.add.reduceat(steps, [0, *turns]) if len(steps) else steps
    rest = "".join(f"l{x} {y}" for x, y in joined[:-1])  # z draws the last
    return f"M{points[0, 0]} {points[0, 1]}{rest}z"


def _picture(pixels: Pixels, unseen: str, image: str) -> dict[str, Any]:
    """Return an image with its true outlines."""
    truth, shown = pixels.truth(unseen, image), pixels.picture(unseen, image)
    height, width = truth.shape[1:]
    scale = UNITS / max(height, width)
    bright, times = (None, 1) if shown is None else stretched(shown)
    return {
        "unseen": unseen, "image": image, "size": [round(width * scale), round(height * scale)], "times": times,
        "source": "" if bright is None else _jpeg(bright), "outlines": [outline(mask) for mask in truth],
    }  # fmt: skip


def _jpeg(image: np.ndarray) -> str:
    """Return a small copy of an image as a data URI."""
    from PIL import Image

    small = Image.fromarray(image)
    small.thumbnail((PICTURE_PX, PICTURE_PX), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, format="JPEG", quality=QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
