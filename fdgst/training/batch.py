"""What a training step sees: one mini-batch, ready on the device.

Images are in [-1, 1], black to white; masks are 0 or 1, one plane per structure in the order of the task, and overlap
where the structures do. Batches for trainers that need an image and its stylised copy together (`pairs`) hold the
contents in their first half and the copies in the second, in the same order and with the same geometry.
"""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Batch:
    """One mini-batch.

    Attributes
    ----------
    images : tensor of float32, shape (B, C, H, W)
        In [-1, 1], channels-last in memory.
    masks : tensor of float32, shape (B, K, H, W)
        0 or 1; one plane per structure.
    domains : tensor of int64, shape (B,)
        Which source domain an image's content comes from: its place among the run's sources, from 0.
    step : int
        Of this stage, from 0.
    epoch : int
        Of this stage, from 0: ``step // steps_per_epoch``.
    """

    images: torch.Tensor
    masks: torch.Tensor
    domains: torch.Tensor
    step: int
    epoch: int
