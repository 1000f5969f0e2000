"""Masks of any program into scores: read, compared with the truth as they are, never resized or cleaned."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from fdgst.core.resize import resize_grey
from fdgst.data.foreign import ForeignMasks
from fdgst.data.truth import Truth, Truths
from fdgst.errors import DataError
from fdgst.evaluation.score import columns, score_image
from fdgst.progress import Progress
from fdgst.storage.scores import GROUP, UNIT
from fdgst.study.task import Task

SEEN_PX = 32  # size at which masks of all images are compared with all truths
MARGIN = 0.1  # of Dice, by which two swapped masks must each fit the other's image better
_Small = dict[tuple[str, int, str], dict[str, np.ndarray]]


@dataclass(frozen=True)
class Scored:
    """What came of masks.

    Attributes
    ----------
    scores : DataFrame
        As a file of scores: one row per method, image, seed and structure.
    notes : tuple of str
        What the user should know, one line each.
    """

    scores: pd.DataFrame
    notes: tuple[str, ...]


def score_masks(
    masks: Sequence[ForeignMasks],
    truths: Truths,
    *,
    task: Task,
    ids: Mapping[str, str],
    tolerances_px: Sequence[float],
    missing: str,
) -> Scored:
    """Score the masks of every method and seed against the truth.

    Parameters
    ----------
    masks : sequence of ForeignMasks
        From `fdgst.data.foreign.find_masks`.
    truths : Truths
        Images and true masks.
    task : Task
        How grey values are read, and what is measured.
    ids : mapping of str to str
        The id of each domain, by what the table calls it.
    tolerances_px : sequence of float
        Of the normalised surface distance, pixels of the masks.
    missing : {'refuse', 'miss'}
        What an image without a mask is: a fault, or a mask with nothing in it.

    Raises
    ------
    DataError
        With one line per fault of all files, true and predicted: all are read before anything is said.
    """
    faults: list[str] = []
    notes: list[str] = []
    rows: list[dict[str, Any]] = []
    small: _Small = defaultdict(dict)
    for found in masks:
        faults += found.doubtful
        (faults if missing == "refuse" else notes).extend(found.missing.values())
    images = truths.scored
    with Progress(len(images), description=f"score masks of {len(masks)} trainings", unit="image") as shown:
        for truth in images:
            try:
                rows += _scores_of(truth, masks, truths, task, ids, tolerances_px, small, faults)
            except DataError as error:
                faults += error.faults
            shown.advance()
    swapped = [*_swapped(small)]
    if faults:
        raise DataError(*dict.fromkeys(faults), *swapped)
    table = pd.DataFrame(rows, columns=columns(task, unit=bool(truths.unit), tolerances_px=tolerances_px))
    return Scored(table, (*notes, *swapped))


def _scores_of(
    truth: Truth,
    masks: Sequence[ForeignMasks],
    truths: Truths,
    task: Task,
    ids: Mapping[str, str],
    tolerances_px: Sequence[float],
    small: _Small,
    faults: list[str],
) -> Iterator[dict[str, Any]]:
    """Yield the scores of one image's masks; add to `faults` what is wrong with them, and small copies to `small`."""
    greys = truth.greys(task)
    true = truth.planes(greys, task)
    size_px = next(iter(greys.values())).shape
    domain = ids[truth.domain]
    small["", 0, domain][truth.name] = _shrunk(true)
    known = dict(zip(UNIT, (truth.unit_per_px, truths.unit), strict=True)) if truths.unit else {}
    for found in masks:
        key = (truth.domain, truth.name)
        if key in found.files:
            try:
                planes = truth.planes(found.greys(truth, size_px, task), task)
            except DataError as error:
                faults += error.faults
                continue
            small[found.method, found.seed, domain][truth.name] = _shrunk(planes)
        else:
            planes = np.zeros_like(true)
        identity = {"method": found.method, "unseen": domain, "seed": found.seed, "domain": domain}
        identity |= {"image": truth.name, "cropped": 0, GROUP: truth.group, **known}
        if not faults:  # else nothing will come of the scores
            yield from score_image(planes, true, identity, task=task, tolerances_px=tolerances_px)


def _shrunk(planes: np.ndarray) -> np.ndarray:
    """Return masks at a small size, whatever theirs, as one row of 0 and 1."""
    size = (SEEN_PX, SEEN_PX)
    return np.stack([resize_grey(plane.astype(np.uint8), size, rule="nearest") for plane in planes]).ravel()


def _swapped(small: _Small) -> Iterator[str]:
    """Yield a line for each two masks that each fit the other's image far better than their own, and best of all.

    ASSUME: at 32 px a mask still shows whose it is. Where structures lie alike in all images nothing can be seen, and
    nothing is said.
    """
    for (method, seed, domain), predicted in small.items():
        if not method:
            continue
        names = [name for name in predicted if predicted[name].any()]
        if len(names) < 2:
            continue
        masks, true = (
            np.stack([of[name] for name in names]).astype(np.float32) for of in (predicted, small["", 0, domain])
        )
        dice = 2 * masks @ true.T / np.maximum(masks.sum(1)[:, None] + true.sum(1), 1)
        best = dice.argmax(axis=1)
        for one, other in enumerate(best.tolist()):
            gain = min(dice[one, other] - dice[one, one], dice[other, one] - dice[other, other])
            if one < other and best[other] == one and gain > MARGIN:
                named, exchanged = (
                    f"{100 * dice[one, first]:.0f} and {100 * dice[other, second]:.0f}"
                    for first, second in ((one, other), (other, one))
                )
                yield (
                    f"{method}, seed {seed}, {domain}: the masks of {names[one]} and {names[other]} fit each other's"
                    f" image better (Dice at {SEEN_PX} px {named} as they are named, {exchanged} exchanged); are the"
                    f" names swapped?"
                )
