"""Masks as the grey values that their task gives them: what is read off a file again is what was written."""

from collections.abc import Sequence

import numpy as np

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
        table = np.array([_value(bits, own, task) for bits in range(2 ** len(own))])
        bits = np.zeros(masks.shape[1:], np.uint8)
        for place, structure in enumerate(own):
            bits |= masks[task.place(structure.id)].view(np.uint8) << np.uint8(place)
        greys[column] = table.astype(np.uint8 if table.max() < 256 else np.uint16)[bits]
    return greys


def _value(bits: int, structures: Sequence[Structure], task: Task) -> int:
    """Return the grey value of a set of structures, or of the largest part of it that has one."""
    wanted = {place for place in range(len(structures)) if bits >> place & 1}
    parts = [{place for place in wanted if part >> place & 1} for part in range(2 ** len(structures))]
    for part in sorted(parts, key=lambda chosen: (-len(chosen), sorted(chosen))):
        value = _value_of(part, structures, task)
        if value is not None:
            return value
    return 0


def _value_of(wanted: set[int], structures: Sequence[Structure], task: Task) -> int | None:
    """Return a grey value that means exactly some structures.

    ASSUME: 0 or white where they do, as most mask files have them; else the middle of the first run of such values.
    """
    levels = np.arange(256 if _highest(task) < 256 else 65536)
    fits = np.ones(len(levels), bool)
    for place, structure in enumerate(structures):
        inside = np.logical_or.reduce([(levels >= low) & (levels <= high) for low, high in structure.values])
        fits &= inside == (place in wanted)
    if not wanted and task.background:
        fits &= np.logical_or.reduce([(levels >= low) & (levels <= high) for low, high in task.background])
    if not fits.any():
        return None
    for extreme in (0, len(levels) - 1):
        if fits[extreme]:
            return extreme
    run = np.flatnonzero(fits)
    run = run[: np.flatnonzero(np.append(np.diff(run), 2) > 1)[0] + 1]
    return int(run[len(run) // 2])


def _highest(task: Task) -> int:
    """Return the highest grey value that the task speaks of."""
    return max(high for ranges in (task.background, *(item.values for item in task.structures)) for _, high in ranges)
