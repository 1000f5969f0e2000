"""Scores of stored logits under several thresholds, for the comparison of protocols. Nothing is trained."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fdgst.errors import DataError
from fdgst.evaluation.score import columns, cropped, matched, named, of_image, score_image, true_masks
from fdgst.inference import NORMALISATIONS
from fdgst.inference.postprocess import at_centre, centre, masks_of
from fdgst.progress import progress
from fdgst.storage.predictions import Predictions, open_predictions
from fdgst.storage.rois import Rois, open_rois
from fdgst.storage.scores import LEADING, write_scores
from fdgst.study.task import Task


def rescore(
    predictions: Sequence[Path],
    rois: Sequence[Path],
    out: Path,
    *,
    task: Task,
    thresholds: Sequence[float],
    nest: bool,
) -> None:
    """Make masks of the stored logits of one run at other thresholds, and score them.

    Parameters
    ----------
    predictions : sequence of Path
        Of one run: of any of its weights, on the unseen domain or on sources of its training (for source validation),
        of the whole ROIs or of their centre, normalised by running statistics or by the test batch's. Each says in its
        settings what it is.
    rois : sequence of Path
        ROI files of all domains that were predicted; of others, too, if need be.
    out : Path
        CSV: `fdgst.storage.scores.LEADING` before the columns of all scores; `snapshot` names the weights,
        `normalisation` whose statistics normalised the images.
    task : Task
        What is measured, and how masks are made.
    thresholds : sequence of float
        Each in (0, 1).
    nest : bool
        Cut a structure to the one that it is within.

    Raises
    ------
    FormatError, DataError
        As `fdgst.evaluation.score.score`; if the predictions are of several runs, or the ROI file of a domain is
        missing.
    """
    places = _domains(rois)
    lines: list[dict[str, Any]] = []
    runs: dict[tuple[str, str, int], Path] = {}
    for path in predictions:
        with open_predictions(path) as predicted:
            runs.setdefault((predicted.method, predicted.unseen, predicted.seed), path)
            if len(runs) > 1:
                raise DataError(
                    f"expected predictions of one run, found those of {' and '.join(map(str, runs.values()))}"
                )
            if predicted.domain not in places:
                raise DataError(f"{path}: expected the ROI file of {predicted.domain!r} among --rois, found none")
            with open_rois(places[predicted.domain]) as truth:
                lines += _scored(predicted, truth, task, thresholds, nest=nest)
    known = columns(task, unit=any("unit" in line for line in lines))
    write_scores(out, pd.DataFrame(lines, columns=[*LEADING, *known]))


def _domains(rois: Sequence[Path]) -> dict[str, Path]:
    """Return the ROI files by the domain that they are of."""
    found = {}
    for path in rois:
        with open_rois(path) as file:
            found[file.domain] = path
    return found


def _scored(
    predicted: Predictions, truth: Rois, task: Task, thresholds: Sequence[float], *, nest: bool
) -> list[dict[str, Any]]:
    """Score one file of predictions at every threshold."""
    rows, centred = matched(predicted, truth, task=task), cropped(predicted)
    window = centre(truth.roi_size_px)
    size_px = tuple(side.stop - side.start for side in window) if centred else truth.roi_size_px
    weights = str(predicted.settings.get("weights", ""))
    normalisation = predicted.settings.get("normalisation", NORMALISATIONS[0])
    lines: list[dict[str, Any]] = []
    description = f"score {predicted.method} ({weights}) on {truth.domain}"
    for number, row in progress(rows, total=len(rows), description=description, unit="image"):
        logits = predicted.logit(number).astype(np.float32)
        true = true_masks(truth, row, task=task, centred=centred)
        for threshold in thresholds:
            masks = masks_of(logits, size_px, threshold=threshold, structures=task.structures, nest=nest)
            whole = at_centre(masks, truth.roi_size_px) if centred else masks
            made = dict(zip(LEADING, (weights, threshold, normalisation), strict=True))
            identity = made | named(predicted, number) | of_image(truth, row)
            lines += score_image(whole, true, identity, task=task, tolerances_px=())  # none that a protocol names
    return lines
