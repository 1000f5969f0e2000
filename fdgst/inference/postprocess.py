"""From the network's logits to masks at ROI size: what predictions and protocols share. numpy and scipy, no torch."""

from collections.abc import Iterable, Sequence

import numpy as np
from scipy.special import expit

from fdgst.core.masks import postprocess
from fdgst.study.task import Structure

CENTRE_FRACTION = 512 / 800  # what the released test script keeps of a ROI, in width and height


def masks_of(
    logits: np.ndarray, size_px: tuple[int, int], *, threshold: float, structures: Sequence[Structure], nest: bool
) -> np.ndarray:
    """Make the masks of one image: bilinear to ROI size, sigmoid, threshold, regions and holes of each structure.

    Parameters
    ----------
    logits : ndarray of float, shape (K, h, w)
        One plane per structure, at network size, before the sigmoid.
    size_px : (int, int)
        Height and width of the masks.
    threshold : float
        In (0, 1), see `fdgst.core.masks.postprocess`.
    structures : sequence of Structure
        In the order of the planes: which components are kept, what becomes of holes, what lies within what.
    nest : bool
        Cut each structure to the one that it is within; where that is empty, so is what should be in it.

    Returns
    -------
    ndarray of bool, shape (K, *size_px)
        Empty where the network predicts nothing.

    Raises
    ------
    ValueError
        If there are not as many planes as structures.
    """
    masks = np.zeros((len(structures), *size_px), bool)
    window = _reached(logits, size_px, threshold)  # a pixel between two that are below the threshold is below it, too
    probability = expit(resize_bilinear(logits, size_px, window))
    for mask, plane, structure in zip(masks, probability, structures, strict=True):
        mask[window] = postprocess(plane, threshold, regions=structure.regions, holes=structure.holes)
    return nested(masks, structures) if nest else masks


def _reached(logits: np.ndarray, size_px: tuple[int, int], threshold: float) -> tuple[slice, slice]:
    """Return the rows and columns of masks that some logit above the threshold has a part in."""
    above = (expit(logits) > threshold - 1e-6).any(axis=0)  # what rounds to the threshold is looked at
    windows = []
    for axis, size in enumerate(size_px):
        low, high, _ = _neighbours(above.shape[axis], size)
        hot = above.any(axis=1 - axis)
        places = np.flatnonzero(hot[low] | hot[high])
        windows.append(slice(places[0], places[-1] + 1) if len(places) else slice(0, 0))
    return windows[0], windows[1]


def nested(masks: np.ndarray, structures: Sequence[Structure]) -> np.ndarray:
    """Cut each mask to all that its structure is within: its parent, that one's parent, and so on."""
    place = {structure.id: number for number, structure in enumerate(structures)}
    parent = {structure.id: structure.within for structure in structures}
    cut = masks.copy()
    for structure in structures:
        for holder in _holders(structure.id, parent):
            cut[place[structure.id]] &= masks[place[holder]]
    return cut


def _holders(structure: str, parent: dict[str, str | None]) -> Iterable[str]:
    """Yield the structures that hold one, from its parent outwards."""
    holder = parent[structure]
    while holder is not None:
        yield holder
        holder = parent[holder]


def resize_bilinear(
    planes: np.ndarray, size_px: tuple[int, int], window: tuple[slice, slice] = (slice(None), slice(None))
) -> np.ndarray:
    """Resize planes as torch's ``interpolate(mode="bilinear", align_corners=False)`` does.

    Parameters
    ----------
    planes : ndarray of float, shape (..., h, w)
    size_px : (int, int)
        Height and width of the result. Reducing samples the planes and does not low-pass them.
    window : (slice, slice)
        Rows and columns of the result that are wanted.

    Returns
    -------
    ndarray of float32, shape (..., *size_px), or as large as the window
    """
    height, width = planes.shape[-2:]
    planes = planes.astype(np.float32)
    low, high, weight = (part[window[0]] for part in _neighbours(height, size_px[0]))
    tall = planes[..., low, :] + weight[:, None] * (planes[..., high, :] - planes[..., low, :])
    low, high, weight = (part[window[1]] for part in _neighbours(width, size_px[1]))
    return tall[..., low] + weight * (tall[..., high] - tall[..., low])


def _neighbours(side: int, size_px: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return, for each new pixel of an axis, the two old ones that it lies between, and the weight of the second."""
    # pixel centres: output i lies at (i + .5) side/size - .5 of the input, and before the first centre at the first
    place = np.maximum((np.arange(size_px) + 0.5) * (side / size_px) - 0.5, 0)
    low = np.minimum(place.astype(int), side - 1)
    return low, np.minimum(low + 1, side - 1), (place - low).astype(np.float32)


def centre(size_px: tuple[int, int]) -> tuple[slice, slice]:
    """Return the rows and columns of the centre of a ROI that the released test script keeps: 512/800 of each side."""
    rows, columns = (_middle(side) for side in size_px)
    return rows, columns


def _middle(side: int) -> slice:
    """Return the middle 512/800 of an axis."""
    kept = round(side * CENTRE_FRACTION)
    first = (side - kept) // 2
    return slice(first, first + kept)


def at_centre(masks: np.ndarray, size_px: tuple[int, int]) -> np.ndarray:
    """Put masks of the centre back into an empty ROI, shape (..., *size_px)."""
    whole = np.zeros((*masks.shape[:-2], *size_px), masks.dtype)
    whole[(..., *centre(size_px))] = masks
    return whole
