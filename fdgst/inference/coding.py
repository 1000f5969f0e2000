"""Masks as the grey values that their task gives them: what is read off a file again is what was written."""

from collections.abc import Mapping, Sequence

import numpy as np

from fdgst.core.masks import masks_of_greys
from fdgst.study.task import Structure, Task


def grey_masks(masks: np.ndarray, task: Task) -> dict[str, np.ndarray]:
    """Write masks as grey values.

    Parameters
    ----------
    masks : ndarray of bool, shape (K, height, width)
    task : Task

    Returns
    -------
    dict of str to ndarray of uint8 or uint16, shape (height, width)
        By mask column. Where no value means the structures that a pixel has, as of an inner structure outside its
        parent, it gets the value of most of them (ASSUME: the earlier, where several sets are as large).
    """
    greys = {}
    for column in task.columns:
        own = [structure for structure in task.structures if structure.column == column]
        values = _values(own, task)
        table = np.array([_closest(bits, values) for bits in range(2 ** len(own))])
        bits = np.zeros(masks.shape[1:], np.uint8)
        for place, structure in enumerate(own):
            bits |= masks[task.place(structure.id)].view(np.uint8) << np.uint8(place)
        greys[column] = table.astype(np.uint8 if table.max() < 256 else np.uint16)[bits]
    return greys


def _values(structures: Sequence[Structure], task: Task) -> dict[int, int]:
    """Return a grey value for every set of structures that has any; bit k of a set is structure k.

    ASSUME: 0 or white where they mean it, as most mask files have them; else the middle of the first run of values.
    """
    levels = np.arange(256 if _highest(task) < 256 else 65536)
    masks = masks_of_greys({structure.column: levels for structure in structures}, structures)
    sets = (masks << np.arange(len(masks))[:, None]).sum(axis=0)
    if task.background:
        known = np.logical_or.reduce([(levels >= low) & (levels <= high) for low, high in task.background])
        sets[(sets == 0) & ~known] = -1  # a value that means nothing
    values = {}
    for bits in np.unique(sets[sets >= 0]):
        fits = np.flatnonzero(sets == bits)
        run = fits[: np.flatnonzero(np.append(np.diff(fits), 2) > 1)[0] + 1]
        extremes = [level for level in (0, len(levels) - 1) if sets[level] == bits]
        values[int(bits)] = extremes[0] if extremes else int(run[len(run) // 2])
    return values


def _closest(bits: int, values: Mapping[int, int]) -> int:
    """Return the grey value of a set of structures, or of the largest part of it that has one."""
    parts = [part for part in values if part & ~bits == 0]
    return values[min(parts, key=_order)] if parts else 0


def _order(part: int) -> tuple[int, list[int]]:
    """Sort sets of structures: larger ones first, then those of earlier structures."""
    places = [place for place in range(part.bit_length()) if part >> place & 1]
    return -len(places), places


def _highest(task: Task) -> int:
    """Return the highest grey value that the task speaks of."""
    return max(high for ranges in (task.background, *(item.values for item in task.structures)) for _, high in ranges)
