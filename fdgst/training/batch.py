"""What a training step sees: one mini-batch, ready on the device.

Images are in [-1, 1] (grey level / 127.5 - 1), labels are 0 or 1 in the order (cup, disc), the disc including the
cup. Batches for trainers that need an image and its stylised copy together (`pairs`) hold the contents in their
first half and the copies in the second, in the same order and with the same geometry.
"""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Batch:
    """One mini-batch.

    Attributes
    ----------
    images : tensor of float32, shape (B, 3, S, S)
        In [-1, 1], channels-last in memory.
    labels : tensor of float32, shape (B, 2, S, S)
        0 or 1; (cup, disc).
    domains : tensor of int64, shape (B,)
        Which source domain an image's content comes from: its place among the run's sources, from 0.
    step : int
        Of this stage, from 0.
    epoch : int
        Of this stage, from 0: ``step // steps_per_epoch``.
    """

    images: torch.Tensor
    labels: torch.Tensor
    domains: torch.Tensor
    step: int
    epoch: int
