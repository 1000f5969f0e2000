"""FedDG's episodic learning at structure boundaries, sources pooled (Liu et al., "FedDG", CVPR 2021).

A batch holds images x in its first half and their stylised copies x^ in its second.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import nn
from torch.func import functional_call
from torch.nn import functional

from fdgst.models.maps import WithMap
from fdgst.study.training import Training
from fdgst.training.batch import Batch
from fdgst.training.methods.boundary import contour, ring
from fdgst.training.methods.losses import contrastive_loss, dice_loss
from fdgst.training.methods.trainer import Trainer

INNER_RATE = 1e-3
CLIP = 100.0
CONTRAST_WEIGHT = 0.1
RING_PX = 5


class FedDG(Trainer):
    """Minimise Dice(x; theta) + Dice(x^; theta') + .1 (C_1 + ... + C_K), theta' one inner step away from theta.

    ASSUME: batch normalisation's running statistics are those of x under theta, the pass that prediction repeats. A
    mixture with those of x^, which each pass normalises by itself, would fit neither; what theta' gathers goes to
    buffers that nothing reads.
    """

    pairs: ClassVar = True
    augmentation: ClassVar = "needed"
    needs_head: ClassVar = True
    passes: ClassVar = 2

    def __init__(
        self, network: nn.Module, *, settings: Training, options: Mapping[str, Any], sources: int, seed: int
    ) -> None:
        super().__init__(network, settings=settings, options=options, sources=sources, seed=seed)
        self.with_map = WithMap(network)
        self.unread = {name: buffer.clone() for name, buffer in self.with_map.named_buffers()}

    def update(self, batch: Batch) -> torch.Tensor:
        """Make one step."""
        self._train()
        images, copies = batch.images.chunk(2)
        masks = batch.masks[: len(images)]  # the copies have the same
        theta = dict(self.with_map.named_parameters())
        logits, features = self._pass(theta, images)
        inner = dice_loss(logits, masks)
        shifted, shifted_features = self._pass(inner_step(theta, inner) | self.unread, copies)
        contrast = boundary_contrast(torch.stack([features, shifted_features]), masks)
        return self.descend(inner + dice_loss(shifted, masks) + CONTRAST_WEIGHT * contrast)

    def compile(self) -> None:
        """Leave everything as it is: a compiled pass gives its buffers up after one of the two backward passes."""

    def _pass(self, theta: Mapping[str, torch.Tensor], images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return float32 logits and the decoder's last map under the parameters (and buffers) `theta`."""
        with self.autocast():
            logits, features = functional_call(self.with_map, dict(theta), (images,))
        return logits.float(), features.float()


def inner_step(theta: Mapping[str, torch.Tensor], loss: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return theta' = theta - 1e-3 clip(grad loss, 100), to first order: the gradient counts as a constant.

    ASSUME: clipped entry by entry to [-100, 100]. The graph of `loss` is kept; a parameter that it does not reach
    stays as it is.
    """
    gradients = torch.autograd.grad(loss, list(theta.values()), retain_graph=True, allow_unused=True)
    return {
        name: parameter if gradient is None else parameter - INNER_RATE * gradient.clamp(-CLIP, CLIP)
        for (name, parameter), gradient in zip(theta.items(), gradients, strict=True)
    }


def boundary_contrast(maps: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """Return the sum over structures of the contrast of contours against rings, over x and x^.

    Parameters
    ----------
    maps : tensor, shape (2, n, channels, height, width)
        The decoder's last map of x (theta) and of x^ (theta').
    masks : tensor, shape (n, structures, H, W)
        Of both, 0 or 1.

    Returns
    -------
    scalar tensor
        Images whose contour or ring is empty are skipped, structure by structure (ASSUME).
    """
    regions = torch.stack([contour(masks), ring(masks, width=RING_PX)])  # (2 classes, n, structures, H, W)
    filled = regions.flatten(3).any(3).all(0)  # (n, structures)
    embeddings = embed(maps, regions)  # (structures, 2 classes, 2 passes, n, channels)
    passes = len(maps)
    classes = torch.arange(2, device=maps.device).repeat_interleave(passes * masks.shape[0])
    losses = [
        contrastive_loss(embedding.flatten(0, 2), classes, valid.repeat(2 * passes))
        for embedding, valid in zip(embeddings, filled.T, strict=True)
    ]
    return torch.stack(losses).sum()


def embed(maps: torch.Tensor, regions: torch.Tensor) -> torch.Tensor:
    """Average the maps over regions.

    Parameters
    ----------
    maps : tensor, shape (passes, n, channels, height, width)
    regions : tensor, shape (classes, n, structures, H, W)
        0 or 1, at the masks' size.

    Returns
    -------
    tensor, shape (structures, classes, passes, n, channels)
        ASSUME: a map smaller than the masks is repeated to their size (as nearest neighbours are), which is the
        same as shrinking the regions by averaging. Zero where a region is empty.
    """
    height, width = maps.shape[-2:]
    shares = functional.adaptive_avg_pool2d(regions.flatten(0, 1), (height, width)).unflatten(0, regions.shape[:2])
    sums = torch.einsum("pnchw,knshw->skpnc", maps, shares)
    return sums / shares.sum((3, 4)).permute(2, 0, 1)[:, :, None, :, None].clamp(min=1e-12)
