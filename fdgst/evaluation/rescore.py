"""Scores of stored logits under several thresholds, for the comparison of protocols. Nothing is trained."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fdgst.evaluation.score import cropped, matched, named, score_image, true_masks
from fdgst.inference.postprocess import at_centre, centre, masks_of
from fdgst.progress import progress
from fdgst.storage.predictions import open_predictions
from fdgst.storage.rois import open_rois
from fdgst.storage.scores import COLUMNS, LEADING, write_scores


def rescore(predictions: Path, rois: Path, out: Path, *, snapshot: str, thresholds: Sequence[float]) -> None:
    """Make masks of stored logits at other thresholds, and score them.

    Parameters
    ----------
    predictions : Path
        Of one model on one domain: the unseen one, or a source of its training (for source validation).
    rois : Path
        ROI file of that domain.
    out : Path
        CSV: `fdgst.storage.scores.LEADING` before the columns of all scores.
    snapshot : str
        Which weights the predictions are of: ``last``, or a name that sorts by epoch (``epoch0040``).
    thresholds : sequence of float
        Each in (0, 1).

    Raises
    ------
    FormatError, DataError
        As `fdgst.evaluation.score.score`.
    """
    lines: list[dict[str, Any]] = []
    with open_predictions(predictions) as predicted, open_rois(rois) as truth:
        rows = matched(predicted, truth, split="all")
        window = centre(truth.roi_size_px) if cropped(predicted) else slice(0, truth.roi_size_px)
        cut = bool(predicted.settings["cup_in_disc"])
        description = f"score {predicted.method} ({snapshot}) on {truth.domain}"
        for number, row in progress(rows, total=len(rows), description=description, unit="image"):
            logits, true = predicted.logit(number).astype(np.float32), true_masks(truth, row, predicted)
            for threshold in thresholds:
                masks = masks_of(logits, window.stop - window.start, threshold=threshold, cup_in_disc=cut)
                whole = at_centre(masks, truth.roi_size_px) if cropped(predicted) else masks
                of = {"snapshot": snapshot, "threshold": threshold, **named(predicted, number)}
                lines += score_image(whole, true, of)
    write_scores(out, pd.DataFrame(lines, columns=[*LEADING, *COLUMNS]))
