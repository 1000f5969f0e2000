"""From predictions to scores: every metric of every image and structure, and the collection of such files."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fdgst.core.measures import measure
from fdgst.core.metrics import compare
from fdgst.errors import DataError
from fdgst.evaluation.catalogue import columns_of
from fdgst.inference.postprocess import at_centre, centre
from fdgst.progress import progress
from fdgst.storage import SPLITS
from fdgst.storage.predictions import Predictions, open_predictions
from fdgst.storage.rois import Rois, open_rois
from fdgst.storage.scores import DISTANCES, GROUP, UNIT, nsd_column, read_scores, write_scores
from fdgst.storage.scores import columns as columns_of_scores
from fdgst.study.strict import in_words
from fdgst.study.task import Task


def columns(task: Task, *, unit: bool = False, tolerances_px: Sequence[float] = ()) -> tuple[str, ...]:
    """Return the columns of a file of scores, in order; parameters as of `fdgst.storage.scores.columns`."""
    measures = [name for item in task.measures for name in columns_of(item)]
    return columns_of_scores(measures, unit=unit, tolerances_px=tolerances_px)


def score(predictions: Path, rois: Path, out: Path, *, task: Task, tolerances_px: Sequence[float]) -> None:
    """Score the masks of a file of predictions against the masks of a ROI file.

    Parameters
    ----------
    predictions : Path
        Of one model on one domain.
    rois : Path
        ROI file of that domain.
    out : Path
        CSV with the columns that `columns` returns.
    task : Task
        What is measured.
    tolerances_px : sequence of float
        Of the normalised surface distance, pixels of the ROI.

    Raises
    ------
    FormatError
        If a file is damaged or of another kind.
    DataError
        If the two files do not belong together, or a true mask lacks a structure that is not optional.
    """
    with open_predictions(predictions) as predicted, open_rois(rois) as truth:
        rows = matched(predicted, truth, task=task)
        shown = progress(rows, total=len(rows), description=f"score {predicted.method} on {truth.domain}", unit="image")
        table = [
            line
            for number, row in shown
            for line in score_image(
                predicted.masks_of(number),
                true_masks(truth, row, task=task, centred=cropped(predicted)),
                named(predicted, number) | of_image(truth, row),
                task=task,
                tolerances_px=tolerances_px,
            )
        ]
        known = columns(task, unit=bool(truth.unit), tolerances_px=tolerances_px)
    write_scores(out, pd.DataFrame(table, columns=known))


def collect(paths: Sequence[Path], out: Path) -> None:
    """Join files of scores into one, in the order of their keys.

    Raises
    ------
    FormatError, DataError
        As `fdgst.storage.scores.read_scores`.
    """
    write_scores(out, read_scores(paths))


def score_image(
    prediction: np.ndarray,
    truth: np.ndarray,
    identity: dict[str, Any],
    *,
    task: Task,
    tolerances_px: Sequence[float],
) -> Iterator[dict[str, Any]]:
    """Measure one image; yield a row per structure.

    Parameters
    ----------
    prediction, truth : ndarray of bool, shape (K, H, W)
        In the order of the task's structures. The truth has all but optional ones; the prediction may be empty.
    identity : dict
        The columns that say which image this is, and by which model.
    task : Task
        K structures, and the measures of them.
    tolerances_px : sequence of float
        Of the normalised surface distance.

    Yields
    ------
    dict
        `identity` and the measurements: `dsc` and `nsd_...` in percent, distances in pixels. A structure that is missed
        has `dsc` 0, `nsd_...` 0, the image's diagonal as every distance, and `missed` 1 (method, section 6). One that
        the truth lacks has no distances and no `nsd_...`; its `dsc` is 100 if the prediction lacks it too, else 0 and
        `false_alarm` is 1 (section 8).
        ``{measure}_truth`` and ``{measure}_prediction`` are NaN where the mask does not allow to measure;
        `outside_px` counts the structure's predicted pixels outside the one that it is within, 0 without one.
    """
    measures = {f"{name}_truth": value for name, value in measured(truth, task).items()}
    measures |= {f"{name}_prediction": value for name, value in measured(prediction, task).items()}
    for structure, found, true in zip(task.structures, prediction, truth, strict=True):
        areas = {"truth_px": np.count_nonzero(true), "prediction_px": np.count_nonzero(found)}
        outside = found & ~prediction[task.place(structure.within)] if structure.within else np.zeros_like(found)
        areas["outside_px"] = np.count_nonzero(outside)
        yield {**identity, "structure": structure.id, **_metrics(found, true, tolerances_px), **areas, **measures}


def measured(masks: np.ndarray, task: Task) -> dict[str, float]:
    """Return the task's measures of one image's masks, bool (K, H, W), by column."""
    found: dict[str, float] = {}
    for item in task.measures:
        outer = masks[task.place(item.to)] if item.to else None
        value = measure(item.kind, masks[task.place(item.of)], outer)
        found |= zip(columns_of(item), value if isinstance(value, tuple) else (value,), strict=True)
    return found


def _metrics(prediction: np.ndarray, truth: np.ndarray, tolerances_px: Sequence[float]) -> dict[str, float]:
    """Measure one structure; by convention where it is missed, or absent in the truth."""
    there, found = truth.any(), prediction.any()
    counts = {"missed": int(there and not found), "false_alarm": int(found and not there)}
    nsd = [*map(nsd_column, tolerances_px)]
    if not there:
        share = 0.0 if found else 100.0
        return {"dsc": share, "dsc_released": share, **dict.fromkeys([*DISTANCES, *nsd], math.nan), **counts}
    if not found:
        # +1 in both terms of the released Dice leaves 1 / (size + 1) where nothing is predicted
        shares = {"dsc": 0.0, "dsc_released": 100 / (np.count_nonzero(truth) + 1), **dict.fromkeys(nsd, 0.0)}
        return shares | dict.fromkeys(DISTANCES, math.hypot(*truth.shape)) | counts
    measured = compare(prediction, truth, tolerances_px=tolerances_px)
    shares = {"dsc": 100 * measured.dice, "dsc_released": 100 * measured.dice_released}
    within = {name: 100 * share for name, share in zip(nsd, measured.nsd, strict=True)}
    return shares | measured.surface._asdict() | within | counts


def of_image(truth: Rois, row: int) -> dict[str, Any]:
    """Return the columns that say what an image is of: its group, and what a pixel measures where that is known."""
    known = dict(zip(UNIT, (truth.units_per_px[row], truth.unit), strict=True)) if truth.unit else {}
    return {GROUP: truth.groups[row], **known}


def named(predicted: Predictions, number: int) -> dict[str, Any]:
    """Return the columns that say which image and which model a row is about."""
    model = {key: getattr(predicted, key) for key in ("method", "unseen", "seed", "domain")}
    return {**model, "image": predicted.names[number], "cropped": int(cropped(predicted))}


def cropped(predicted: Predictions) -> bool:
    """Say whether the network saw the centre of the ROI only."""
    return predicted.settings.get("view") == "centre"


def true_masks(truth: Rois, row: int, *, task: Task, centred: bool) -> np.ndarray:
    """Return the true masks of one image, bool (K, H, W); where the network saw the centre only, cut to the centre.

    Raises
    ------
    DataError
        If a structure that is not optional is empty.
    """
    masks = truth.masks(row)
    if centred:  # ASSUME: the released test script cuts image and mask alike, so truth outside is nobody's
        masks = at_centre(masks[(..., *centre(truth.roi_size_px))], truth.roi_size_px)
    for structure, mask in zip(task.structures, masks, strict=True):
        if not structure.optional and not mask.any():
            raise DataError(f"{truth.domain}: image {truth.names[row]}: the truth has no {structure.id} to score")
    return masks


def matched(predicted: Predictions, truth: Rois, *, task: Task) -> list[tuple[int, int]]:
    """Pair the images of a file of predictions with those of a ROI file: (number there, row here).

    Raises
    ------
    DataError
        If the files speak of two domains, other structures than the task, two sizes, or other images than the ROI
        file's.
    """
    if predicted.domain != truth.domain:
        raise DataError(
            f"predictions of {predicted.domain!r} cannot be scored on ROIs of {truth.domain!r}; give both of one domain"
        )
    for name, found in (("predictions", predicted.structures), ("ROIs", truth.structures)):
        if tuple(found) != task.ids:
            structures = f"the structures {', '.join(task.ids)}, found {', '.join(found)}"
            raise DataError(f"{truth.domain}: {name}: expected {structures}; make them again")
    if predicted.roi_size_px != truth.roi_size_px:
        sizes = in_words(predicted.roi_size_px), in_words(truth.roi_size_px)
        raise DataError(f"{truth.domain}: predictions of {sizes[0]} cannot be scored on ROIs of {sizes[1]}")
    split = predicted.settings.get("split")
    if split not in (*SPLITS, "all"):
        raise DataError(f"{truth.domain}: predictions: expected those of a split, found {split!r}; predict again")
    rows = truth.indices(split).tolist()
    if predicted.names != [truth.names[row] for row in rows]:
        raise DataError(f"{truth.domain}: the predictions are not of the images in the ROI file; predict again")
    return list(enumerate(rows))
