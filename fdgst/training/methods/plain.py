"""The plain network: binary cross-entropy on whatever images the run feeds it.

DeepAll is this on originals; FDG, FDG+ST, FDA, AmpMix, CFS and the controls are this on stylised images.
"""

import torch

from fdgst.training.batch import Batch
from fdgst.training.methods.losses import cross_entropy
from fdgst.training.methods.trainer import Trainer


class Plain(Trainer):
    """Minimise the mean cross-entropy."""

    def update(self, batch: Batch) -> torch.Tensor:
        """Make one step on a batch."""
        return self.descend(cross_entropy(self.logits(batch.images), batch.masks))
