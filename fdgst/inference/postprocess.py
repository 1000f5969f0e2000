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
    probability = expit(resize_bilinear(logits, size_px))
    masks = np.stack(
        [
            postprocess(plane, threshold, regions=structure.regions, holes=structure.holes)
            for plane, structure in zip(probability, structures, strict=True)
        ]
    )
    return nested(masks, structures) if nest else masks


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


def resize_bilinear(planes: np.ndarray, size_px: tuple[int, int]) -> np.ndarray:
    """Resize planes as torch's ``interpolate(mode="bilinear", align_corners=False)`` does.

    Parameters
    ----------
    planes : ndarray of float, shape (..., h, w)
    size_px : (int, int)
        Height and width of the result. Reducing samples the planes and does not low-pass them.

    Returns
    -------
    ndarray of float32, shape (..., *size_px)
    """
    height, width = planes.shape[-2:]
    planes = planes.astype(np.float32)
    low, high, weight = _neighbours(height, size_px[0])
    tall = planes[..., low, :] + weight[:, None] * (planes[..., high, :] - planes[..., low, :])
    low, high, weight = _neighbours(width, size_px[1])
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
