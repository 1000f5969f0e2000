"""From predictions to scores: every metric of every image and structure, and the collection of such files."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fdgst.core.masks import STRUCTURES, labels_to_masks, vertical_cup_to_disc_ratio
from fdgst.core.metrics import dice, dice_released, surface_metrics
from fdgst.errors import DataError
from fdgst.inference.postprocess import at_centre, centre
from fdgst.progress import progress
from fdgst.storage.predictions import Predictions, open_predictions
from fdgst.storage.rois import Rois, open_rois
from fdgst.storage.scores import COLUMNS, read_scores, write_scores


def score(predictions: Path, rois: Path, out: Path, *, split: str) -> None:
    """Score the masks of a file of predictions against the labels of a ROI file.

    Parameters
    ----------
    predictions : Path
        Of one model on one domain.
    rois : Path
        ROI file of that domain.
    out : Path
        CSV with the columns `fdgst.storage.scores.COLUMNS`.
    split : {'train', 'test', 'all'}
        Which of the predicted images to score.

    Raises
    ------
    FormatError
        If a file is damaged or of another kind.
    DataError
        If the two files do not belong together, or a label lacks a structure.
    """
    with open_predictions(predictions) as predicted, open_rois(rois) as truth:
        rows = matched(predicted, truth, split=split)
        shown = progress(rows, total=len(rows), description=f"score {predicted.method} on {truth.domain}", unit="image")
        table = [
            line
            for number, row in shown
            for line in score_image(predicted.mask(number), true_masks(truth, row, predicted), named(predicted, number))
        ]
    write_scores(out, pd.DataFrame(table, columns=COLUMNS))


def collect(paths: Sequence[Path], out: Path) -> None:
    """Join files of scores into one, in the order of their keys.

    Raises
    ------
    FormatError, DataError
        As `fdgst.storage.scores.read_scores`.
    """
    write_scores(out, read_scores(paths))


def score_image(prediction: np.ndarray, truth: np.ndarray, named: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Measure one image; yield a row per structure.

    Parameters
    ----------
    prediction, truth : ndarray of bool, shape (2, R, R)
        Cup, disc. The truth has both; the prediction may be empty.
    named : dict
        The columns that say which image this is, and by which model.

    Yields
    ------
    dict
        `named` and the measures: `dsc` in percent, distances in pixels. A missed structure has `dsc` 0, the ROI's
        diagonal as every distance, and `missed` 1 (method, section 6). `vcdr_prediction` is NaN without a disc.
    """
    shared = {
        "vcdr_truth": vertical_cup_to_disc_ratio(*truth),
        "vcdr_prediction": vertical_cup_to_disc_ratio(*prediction),
        "outside_px": np.count_nonzero(prediction[0] & ~prediction[1]),
    }
    for structure, found, true in zip(STRUCTURES, prediction, truth, strict=True):
        areas = {"truth_px": np.count_nonzero(true), "prediction_px": np.count_nonzero(found)}
        yield {**named, "structure": structure, **_measures(found, true), **areas, **shared}


def _measures(prediction: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Measure one structure, a missed one by convention."""
    if not prediction.any():
        # +1 in both terms of the released Dice leaves 1 / (size + 1) where nothing is predicted
        missed = {"dsc": 0.0, "dsc_released": 100 / (np.count_nonzero(truth) + 1), "missed": 1}
        return missed | dict.fromkeys(("hd", "hd95", "asd", "asd_directed"), math.hypot(*truth.shape))
    dsc = {"dsc": 100 * dice(prediction, truth), "dsc_released": 100 * dice_released(prediction, truth), "missed": 0}
    return dsc | surface_metrics(prediction, truth)._asdict()


def named(predicted: Predictions, number: int) -> dict[str, Any]:
    """Return the columns that say which image and which model a row is about."""
    model = {key: getattr(predicted, key) for key in ("method", "unseen", "seed", "domain")}
    return {**model, "image": predicted.names[number], "cropped": int(cropped(predicted))}


def cropped(predicted: Predictions) -> bool:
    """Say whether the network saw the centre of the ROI only."""
    return bool(predicted.settings.get("crop_centre", False))


def true_masks(truth: Rois, row: int, predicted: Predictions) -> np.ndarray:
    """Return the true cup and disc, bool (2, R, R); where the network saw the centre only, cut to the centre.

    Raises
    ------
    DataError
        If one of them is empty.
    """
    masks = labels_to_masks(truth.label(row))
    if cropped(predicted):  # ASSUME: the released test script cuts image and label alike, so truth outside is nobody's
        window = centre(truth.roi_size_px)
        masks = at_centre(masks[:, window, window], truth.roi_size_px)
    for structure, mask in zip(STRUCTURES, masks, strict=True):
        if not mask.any():
            raise DataError(f"{truth.domain}: image {truth.names[row]}: the label has no {structure} to score against")
    return masks


def matched(predicted: Predictions, truth: Rois, *, split: str) -> list[tuple[int, int]]:
    """Pair the images of a file of predictions with those of a ROI file: (number there, row here).

    Only images of `split` are paired.

    Raises
    ------
    DataError
        If the files speak of two domains, two sizes, or other images than the ROI file's, or none is in the split.
    """
    if predicted.domain != truth.domain:
        raise DataError(f"predictions of {predicted.domain!r} cannot be scored on ROIs of {truth.domain!r}")
    if (side := predicted.file["mask"].shape[-1]) != truth.roi_size_px:
        raise DataError(f"{truth.domain}: predictions of {side} px cannot be scored on ROIs of {truth.roi_size_px} px")
    rows = truth.indices(predicted.settings["split"]).tolist()
    if predicted.names != [truth.names[row] for row in rows]:
        raise DataError(f"{truth.domain}: the predictions are not of the images in the ROI file; predict again")
    wanted = set(truth.indices(split).tolist())
    pairs = [(number, row) for number, row in enumerate(rows) if row in wanted]
    if not pairs:
        raise DataError(f"{truth.domain}: none of the {len(rows)} predicted images is in the split {split!r}")
    return pairs
