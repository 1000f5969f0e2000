"""The contour of a structure and the ring around it: binary morphology on batches of masks, on their device.

Neighbours are the 4 that share a side; pixels outside the image belong to no mask.
"""

import torch
from torch.nn import functional


def contour(masks: torch.Tensor) -> torch.Tensor:
    """Return each mask without its erosion: its outermost pixels.

    Parameters
    ----------
    masks : tensor of float, shape (B, C, height, width)
        0 or 1.

    Returns
    -------
    tensor of the same shape and type
    """
    outside = functional.pad(1 - masks, (1, 1, 1, 1), value=1.0)
    return masks * dilate(outside, times=1)[:, :, 1:-1, 1:-1]


def ring(masks: torch.Tensor, *, width: int) -> torch.Tensor:
    """Return each mask dilated `width` times, without the mask itself; shapes and types as in `contour`."""
    return dilate(masks, times=width) - masks


def dilate(masks: torch.Tensor, *, times: int) -> torch.Tensor:
    """Return masks that grew by their 4-neighbours `times` times; shapes and types as in `contour`."""
    for _ in range(times):
        rows = functional.max_pool2d(masks, (3, 1), stride=1, padding=(1, 0))
        masks = torch.maximum(rows, functional.max_pool2d(masks, (1, 3), stride=1, padding=(0, 1)))
    return masks
