"""Whether grey values are the masks that a task asks for: what is refused, with what it seems to be, and what is told.

All is judged from the task alone: which grey values belong to which structure, which to the background, which
structure lies within which.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import numpy as np

from fdgst.core.masks import masks_of_greys
from fdgst.data.photographs import pixels_of
from fdgst.study.task import Range, Structure, Task

LARGEST_CLASS = 8  # of class numbers: a task has at most 8 structures
SPREAD, SPREAD_FRACTION = 32, 0.25  # a mask keeps to its values: within 1/32 of the depth but for a quarter of it
# of one that was resampled with many small structures half may lie between them, if each range still has one value that
# stands out: in a photograph a commonest value is 1 to 5 % of a range
EDGES_FRACTION, OUTSTANDING = 0.5, 0.08
# JPEG writes values beside those that were drawn, up to so far from them in most files of the quality that programs use
NEAR, DRAWN_FRACTION = 20, 0.01  # and of the image, the least that one drawn value fills: soft edges have less of each
_JPEG = b"\xff\xd8\xff"
_KEYS = 2**16


def mask_faults(paths: Mapping[str, Path | str], greys: Mapping[str, np.ndarray], task: Task) -> Iterator[str]:
    """Yield a line for each reason why grey values are not the masks of an image.

    Parameters
    ----------
    paths : mapping of str to Path
        For each mask column its file, named in the lines.
    greys : mapping of str to ndarray of uint8 or uint16, shape (height, width)
        For each mask column its values.
    task : Task
    """
    found = [*value_faults(paths, greys, task)]
    yield from found
    if found:
        return  # what such values leave of the structures says nothing more
    planes = _planes(greys, task)
    odd = [*_inverted(paths, planes, greys, task)] or [*_identical(paths, planes, greys, task)]
    yield from odd or _missing(paths, planes, task)


def value_faults(paths: Mapping[str, Path | str], greys: Mapping[str, np.ndarray], task: Task) -> Iterator[str]:
    """Yield a line for each mask file whose values are not the task's: all that can be wrong with a prediction.

    A prediction may lack a structure, fill the image, or give two structures the same pixels: that is what scores are
    about. Parameters as of `mask_faults`.
    """
    for column in task.columns:
        if fault := _column_fault(paths[column], greys[column], column, task):
            yield fault


def mask_warnings(paths: Mapping[str, Path | str], greys: Mapping[str, np.ndarray], task: Task) -> Iterator[str]:
    """Yield a line for each thing that is odd about usable masks: parameters as of `mask_faults`."""
    planes = _planes(greys, task)
    for item in task.structures:
        if item.within is None:
            continue
        place, inner, outer = paths[item.column], planes[item.id], planes[item.within]
        outside = int((inner & ~outer).sum())
        touching = int((inner & outer & _beside(~outer)).sum())
        if outside:
            yield f"{place}: {item.id} reaches out of {item.within}, {pixels_of(outside)}"
        if touching:
            yield f"{place}: {item.id} touches the outside of {item.within}, {pixels_of(touching)}"
    for column in task.columns:
        ranges = ", ".join(f"{item.id} {spell(item.values)}" for item in _of_column(task, column))
        values, counts = _histogram(greys[column])
        modes = _modes(values, counts, column, task)
        stray = int(counts[values != modes].sum())
        if stray:
            usual = ", ".join(map(str, sorted(set(modes.tolist()))))
            yield f"{paths[column]}: {pixels_of(stray)} of other values than {usual}; read as {ranges}"


def spell(ranges: tuple[Range, ...]) -> str:
    """Write ranges of grey values: ``0 to 50, 255``."""
    return ", ".join(f"{low}" if low == high else f"{low} to {high}" for low, high in ranges)


def _column_fault(path: Path | str, grey: np.ndarray, column: str, task: Task) -> str:
    """Say why the values of one mask file are none of the task's, nothing if they may be."""
    values, counts = _histogram(grey)
    keys = _keys(column, task)[values]
    unknown = counts[keys == 0].sum()
    classes = f"class numbers {', '.join(map(str, values[:4]))}{', ...' if len(values) > 4 else ''}"
    if len(values) > 1 and values[-1] <= LARGEST_CLASS and (unknown or len(set(keys.tolist())) == 1):
        read = "read as one and the same" if not unknown else f"{unknown / grey.size:.1%} of the pixels unknown"
        return f"{path}: expected {_expected(column, task)}, found {classes} ({read})?{_advice(values, column, task)}"
    if unknown:
        strange = ", ".join(map(str, values[keys == 0][:3])) + (", ..." if (keys == 0).sum() > 3 else "")
        return (
            f"{path}: expected {_expected(column, task)}, found {pixels_of(int(unknown))} of other values"
            f" ({unknown / grey.size:.1%}: {strange}); is it a mask?"
        )
    modes = _modes(values, counts, column, task)
    if (strays := _strays(values, counts, keys, modes)).any() and _is_jpeg(path):
        span = values[strays]
        return (
            f"{path}: expected a mask whose values are kept, found a JPEG with {pixels_of(int(counts[strays].sum()))}"
            f" of values {spell(((int(span[0]), int(span[-1])),))}; save it as PNG, or give values such as [[128, 255]]"
        )
    far = np.abs(values - modes) > np.iinfo(grey.dtype).max // SPREAD
    allowed = EDGES_FRACTION if _stand_out(values, counts, modes) else SPREAD_FRACTION
    if counts[far].sum() > allowed * grey.size:
        return (
            f"{path}: expected {_expected(column, task)}, found {counts[far].sum() / grey.size:.1%} of the pixels"
            f" spread over their ranges; is it a mask?"
        )
    return ""


def _inverted(
    paths: Mapping[str, Path | str], planes: Mapping[str, np.ndarray], greys: Mapping[str, np.ndarray], task: Task
) -> Iterator[str]:
    """Yield a line if the structure that ROIs are cut around covers all corners.

    ASSUME: there is background in a corner of every such ROI.
    """
    for item in task.structures:
        if item.id == task.around and covers_corners(planes[item.id]):
            values = _some(greys[item.column])
            yield (
                f"{paths[item.column]}: expected background in a corner, found {item.id} in all (values {values}); is"
                f" it inverted?"
            )


def _identical(
    paths: Mapping[str, Path | str], planes: Mapping[str, np.ndarray], greys: Mapping[str, np.ndarray], task: Task
) -> Iterator[str]:
    """Yield a line for each structure that fills exactly the one that holds it, where no image may be without it."""
    for item in task.structures:
        plane = planes[item.id]
        if item.within and not item.optional and plane.any() and (plane == planes[item.within]).all():
            yield (
                f"{paths[item.column]}: expected {item.id} to be a part of {item.within}, found both the same in every"
                f" pixel (values {_some(greys[item.column])}); is it a mask of {item.within} alone?"
            )


def covers_corners(plane: np.ndarray) -> bool:
    """Tell whether a mask (height, width) is set in all four corners."""
    return bool(plane[:: max(len(plane) - 1, 1), :: max(plane.shape[1] - 1, 1)].all())


def _some(grey: np.ndarray) -> str:
    """Write the first values of a mask."""
    return ", ".join(map(str, np.unique(grey)[:4]))


def _missing(paths: Mapping[str, Path | str], planes: Mapping[str, np.ndarray], task: Task) -> Iterator[str]:
    """Yield a line for each mask file without a structure that no image may be without."""
    for column in task.columns:
        absent = [item for item in _of_column(task, column) if not item.optional and not planes[item.id].any()]
        if absent:
            names = " and ".join(f"{item.id} (values {spell(item.values)})" for item in absent)
            yield f"{paths[column]}: expected {names}, found none; draw it, exclude the image, or set optional: true"


def _expected(column: str, task: Task) -> str:
    """Say which values the task knows in a column."""
    known = [f"{spell(item.values)} ({item.id})" for item in _of_column(task, column)]
    return "the values " + ", ".join([*known, f"{spell(task.background) or 'none'} (background)"])


def _advice(values: np.ndarray, column: str, task: Task) -> str:
    """Say what to declare for class numbers, in full where their number fits: the outermost structure comes first."""
    items = sorted(_of_column(task, column), key=lambda item: len(task.holders(item.id)))
    if [*values.tolist()] != [*range(len(items) + 1)]:
        return " declare them in task.background and in the structures' values"
    number = {item.id: place for place, item in enumerate(items, 1)}
    told = []
    for item in items:
        own = sorted(place for name, place in number.items() if item.id in (name, *task.holders(name)))
        told.append(f"{item.id} [{', '.join(f'[{place}, {place}]' for place in own)}]")
    return f" set background: [[0, 0]] and values: {', '.join(told)}"


def _planes(greys: Mapping[str, np.ndarray], task: Task) -> dict[str, np.ndarray]:
    """Return the masks of an image by structure, bool (height, width)."""
    return dict(zip(task.ids, masks_of_greys(greys, task.structures), strict=True))


def _of_column(task: Task, column: str) -> list[Structure]:
    """Return the structures that are read from a mask column."""
    return [item for item in task.structures if item.column == column]


def _histogram(grey: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of a mask, ascending, and the number of their pixels."""
    counts = np.bincount(grey.ravel())
    values = np.flatnonzero(counts)
    return values, counts[values]


def _modes(values: np.ndarray, counts: np.ndarray, column: str, task: Task) -> np.ndarray:
    """Return for each value the commonest one that means the same."""
    keys = _keys(column, task)[values]
    modes = values.copy()
    for key in set(keys.tolist()):
        same = keys == key
        modes[same] = values[same][counts[same].argmax()]
    return modes


def _strays(values: np.ndarray, counts: np.ndarray, keys: np.ndarray, modes: np.ndarray) -> np.ndarray:
    """Mark the values that are `NEAR` a commoner one of another meaning: changed a little, they mean something else.

    Only what fills `DRAWN_FRACTION` of the image is a value that was drawn; of soft edges each value is rare.
    """
    marked = np.zeros(len(values), bool)
    for mode in np.unique(modes):
        place = np.searchsorted(values, mode)
        if counts[place] >= DRAWN_FRACTION * counts.sum():
            near = np.abs(values.astype(int) - int(mode)) <= NEAR
            marked |= near & (keys != keys[place]) & (counts < counts[place])
    return marked


def _is_jpeg(path: Path | str) -> bool:
    """Tell whether a mask's file is a JPEG, whatever its name."""
    try:
        with Path(path).open("rb") as file:
            return file.read(len(_JPEG)) == _JPEG
    except OSError:
        return False


def _stand_out(values: np.ndarray, counts: np.ndarray, modes: np.ndarray) -> bool:
    """Tell whether the commonest value of each range is that of a good part of the range's pixels."""
    return all(counts[values == mode].sum() >= OUTSTANDING * counts[modes == mode].sum() for mode in np.unique(modes))


@cache
def _keys(column: str, task: Task) -> np.ndarray:
    """Return for each grey value what it means: bit k for the column's structure k, the next for background; or 0."""
    items = _of_column(task, column)
    keys = _table(task.background).astype(np.int32) << len(items)
    for place, item in enumerate(items):
        keys |= _table(item.values).astype(np.int32) << place
    return keys


@cache
def _table(ranges: tuple[Range, ...]) -> np.ndarray:
    """Return for each grey value, up to 65535, whether one of the ranges holds it."""
    levels = np.arange(_KEYS)
    return np.logical_or.reduce([(low <= levels) & (levels <= high) for low, high in ranges] or [levels < 0])


def _beside(mask: np.ndarray) -> np.ndarray:
    """Mark the pixels with one of a mask above, below, left or right of them; beyond the border there is nothing."""
    padded = np.pad(mask, 1)
    return padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:]
