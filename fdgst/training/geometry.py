"""The geometric augmentation, for a whole batch at once on its device: enlarge, then crop to the old size.

Coordinates are those of pixel edges: pixel i covers [i, i + 1), its centre is i + 0.5.
"""

from functools import partial

import torch
from torch.nn.functional import grid_sample


def scale_and_crop(
    images: torch.Tensor, labels: torch.Tensor, *, factors: torch.Tensor, offsets: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Enlarge images and label maps and crop them back to their size.

    Parameters
    ----------
    images : tensor of float, shape (B, C, S, S)
        Interpolated bilinearly.
    labels : tensor of float, shape (B, S, S)
        Class numbers; the nearest is taken, so that no class is made up between two others.
    factors : tensor of float, shape (B, 2)
        Enlargement of height and width, >= 1; exactly 1 leaves an axis as it is.
    offsets : tensor of float, shape (B, 2)
        Where the crop begins: 0 at the top or left edge, 1 as far down or right as it fits.

    Returns
    -------
    images : tensor, shape (B, C, S, S)
    labels : tensor, shape (B, S, S)
    """
    size_px = images.shape[-1]
    centres = torch.arange(size_px, device=images.device, dtype=factors.dtype) + 0.5
    # the enlarged image has S * factor pixels, of which the crop leaves out S * (factor - 1)
    starts = offsets * size_px * (factors - 1)
    edges = (centres + starts[:, :, None]) / factors[:, :, None]  # (B, 2, S): in the old image
    rows, columns = (edges * (2 / size_px) - 1).unbind(1)  # grid_sample's units: -1 and 1 are the outer edges
    grid = torch.stack(torch.broadcast_tensors(columns[:, None, :], rows[:, :, None]), dim=-1)
    sample = partial(grid_sample, grid=grid, padding_mode="border", align_corners=False)
    return sample(images, mode="bilinear"), sample(labels[:, None], mode="nearest")[:, 0]
