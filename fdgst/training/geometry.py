"""The geometric augmentation, for a whole batch at once on its device: enlarge, then crop to the old size.

Coordinates are those of pixel edges: pixel i covers [i, i + 1), its centre is i + 0.5.
"""

from functools import partial

import torch
from torch.nn.functional import grid_sample


def scale_and_crop(
    images: torch.Tensor, bits: torch.Tensor, *, factors: torch.Tensor, offsets: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Enlarge images and masks and crop them back to their size.

    Parameters
    ----------
    images : tensor of float, shape (B, C, H, W)
        Interpolated bilinearly.
    bits : tensor of float, shape (B, H, W)
        Bits of masks as numbers; the nearest is taken, so that none is made up between two others.
    factors : tensor of float, shape (B, 2)
        Enlargement of height and width, >= 1; exactly 1 leaves an axis as it is.
    offsets : tensor of float, shape (B, 2)
        Where the crop begins: 0 at the top or left edge, 1 as far down or right as it fits.

    Returns
    -------
    images : tensor, shape (B, C, H, W)
    bits : tensor, shape (B, H, W)
    """
    rows, columns = (
        _places(size_px, factors[:, axis], offsets[:, axis]) for axis, size_px in enumerate(images.shape[-2:])
    )
    grid = torch.stack(torch.broadcast_tensors(columns[:, None, :], rows[:, :, None]), dim=-1)
    sample = partial(grid_sample, grid=grid, padding_mode="border", align_corners=False)
    return sample(images, mode="bilinear"), sample(bits[:, None], mode="nearest")[:, 0]


def _places(size_px: int, factors: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
    """Return where along an axis each new pixel lies in the old image, (B, size), -1 and 1 being the outer edges."""
    centres = torch.arange(size_px, device=factors.device, dtype=factors.dtype) + 0.5
    # the enlarged image has size * factor pixels, of which the crop leaves out size * (factor - 1)
    starts = offsets * size_px * (factors - 1)
    return (centres + starts[:, None]) / factors[:, None] * (2 / size_px) - 1
